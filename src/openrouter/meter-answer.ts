/** Reads from a copy of an answer's bytes what it cost. Keeps its end only, so that its length costs no memory. */
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { createParser } from 'eventsource-parser';
import type { UsageRecord } from '../contract/gateway';
import { readUsage } from './read-usage';

export type MeteredUsage = Pick<
  UsageRecord,
  | 'servedModel'
  | 'generationId'
  | 'promptTokens'
  | 'completionTokens'
  | 'reasoningTokens'
  | 'cachedTokens'
  | 'costUsd'
  | 'upstreamCostUsd'
  | 'isByok'
>;

/** What an answer says of itself, as far as it was read. */
export interface Metered {
  readonly usage: Partial<MeteredUsage>;
  /** It tells of an error although its status was 200. */
  readonly failed: boolean;
}

export interface AnswerMeter {
  push(chunk: Buffer): void;
  /** True once something else than a comment has come. */
  hasData(): boolean;
  finish(): Metered;
}

/** The usage comes in one of the last events; none of ours is larger than a few KiB. */
const TAIL_BYTES = 64 * 1024;
/** Larger answers are metered by asking for their generation. */
const MAX_JSON_BYTES = 1024 * 1024;
const MAX_INFLATED_BYTES = 8 * MAX_JSON_BYTES;
/** Events of a stream that tell of more than a piece of text: parsing all of them would cost more than passing them on. */
const TELLING = /"(?:usage|error)"/;
const DATA_FIELD = /(?:^|[\r\n])data:/;
const DATA_FIELD_LENGTH = 6;

/** For an answer of this type (`text/event-stream` or JSON) and encoding. */
export function createMeter(contentType: string, contentEncoding: string): AnswerMeter {
  return /^text\/event-stream/i.test(contentType) ? meterEvents() : meterJson(contentEncoding);
}

function meterEvents(): AnswerMeter {
  const tail: Buffer[] = [];
  let size = 0;
  let seen = false;
  let before = '';
  return {
    push(chunk) {
      if (!seen) {
        const text = before + chunk.toString('latin1');
        seen = DATA_FIELD.test(text);
        before = text.slice(-DATA_FIELD_LENGTH);
      }
      tail.push(chunk);
      size += chunk.length;
      for (let first = tail[0]; first !== undefined && size - first.length >= TAIL_BYTES; first = tail[0]) {
        size -= first.length;
        tail.shift();
      }
    },
    hasData: () => seen,
    finish: () => readEvents(Buffer.concat(tail).toString('utf8')),
  };
}

function readEvents(text: string): Metered {
  let found: Metered = { usage: {}, failed: false };
  let last: string | null = null;
  const read = (data: string): void => {
    const said = readUsage(data);
    if (said !== null)
      found = { usage: { ...found.usage, ...said.usage }, failed: found.failed || said.failed };
  };
  const parser = createParser({
    onEvent({ data }) {
      // The first event may have lost its beginning; the last one is `[DONE]`.
      if (TELLING.test(data)) read(data);
      else if (data.startsWith('{')) last = data;
    },
  });
  parser.feed(text);
  // Who answered is told by each event; without a usage one of them is enough.
  if (found.usage.servedModel === undefined && last !== null) read(last);
  return found;
}

function meterJson(contentEncoding: string): AnswerMeter {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    push(chunk) {
      size += chunk.length;
      if (size <= MAX_JSON_BYTES) chunks.push(chunk);
      else chunks.length = 0;
    },
    hasData: () => size > 0,
    finish() {
      const nothing = { usage: {}, failed: false };
      if (size > MAX_JSON_BYTES) return nothing;
      const text = inflate(Buffer.concat(chunks), contentEncoding);
      return (text === null ? null : readUsage(text)) ?? nothing;
    },
  };
}

/** Null when it cannot be read: what it cost is asked for later. */
export function inflate(bytes: Buffer, contentEncoding: string): string | null {
  const options = { maxOutputLength: MAX_INFLATED_BYTES };
  try {
    switch (contentEncoding.toLowerCase()) {
      case '':
      case 'identity':
        return bytes.toString('utf8');
      case 'gzip':
        return gunzipSync(bytes, options).toString('utf8');
      case 'br':
        return brotliDecompressSync(bytes, options).toString('utf8');
      case 'deflate':
        return inflateSync(bytes, options).toString('utf8');
      default:
        return null;
    }
  } catch {
    return null;
  }
}
