/** Looks for secrets in bytes, however they were written there. */

/** A secret to look for; `name` is what a failure tells of it. */
export interface Canary {
  readonly name: string;
  readonly value: string;
}

/** A piece of a store: a row, a file, a reply. */
export interface Piece {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Characters of a window; a leak that shows a whole window is found, also when the rest was cut off. */
const WINDOW = 12;
/** Hints may show this many characters at the end. */
const HINT = 4;

/** Every way a text may be written, name → bytes to look for; the same bytes appear once. */
export function formsOf(text: string): ReadonlyMap<string, Buffer> {
  const escaped = JSON.stringify(text).slice(1, -1);
  const forms: [string, string][] = [
    ['raw', text],
    ['lower case', text.toLowerCase()],
    ...[0, 1, 2].map((shift): [string, string] => [`base64 +${shift}`, base64At(text, shift)]),
    ...[0, 1, 2].map((shift): [string, string] => [
      `base64url +${shift}`,
      urlAlphabet(base64At(text, shift)),
    ]),
    ['hex', Buffer.from(text).toString('hex')],
    ['HEX', Buffer.from(text).toString('hex').toUpperCase()],
    ['URL', encodeURIComponent(text)],
    ['form', new URLSearchParams({ a: text }).toString().slice(2)],
    ['JSON', escaped],
    ['JSON in JSON', JSON.stringify(escaped).slice(1, -1)],
  ];
  const known = new Map<string, Buffer>();
  const seen = new Set<string>();
  for (const [form, written] of forms) {
    if (!seen.has(written)) known.set(form, Buffer.from(written));
    seen.add(written);
  }
  return known;
}

/** Where the canaries are: one line per canary, form and piece. Empty is good. */
export function findSecrets(pieces: readonly Piece[], canaries: readonly Canary[]): string[] {
  const needles = indexNeedles(canaries);
  const found = new Set<string>();
  for (const { name, bytes } of pieces) {
    for (let at = 0; at + LEAD <= bytes.length; at += 1) {
      const lead = bytes.readInt32LE(at);
      if (needles.filter[slotOf(lead)] === 0) continue;
      for (const needle of needles.byLead.get(lead) ?? []) {
        const end = at + needle.bytes.length;
        if (bytes.compare(needle.bytes, 0, undefined, at, Math.min(end, bytes.length)) === 0) {
          found.add(`${needle.name} in ${name}`);
        }
      }
    }
  }
  return [...found];
}

interface Needle {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Bytes by which a needle is first recognised: thousands of them then cost one pass. */
const LEAD = 4;
const FILTER_BITS = 20;

function slotOf(lead: number): number {
  return Math.imul(lead, 0x9e3779b1) >>> (32 - FILTER_BITS);
}

function indexNeedles(canaries: readonly Canary[]) {
  const filter = new Uint8Array(1 << FILTER_BITS);
  const byLead = new Map<number, Needle[]>();
  for (const { name, value } of canaries) {
    for (const window of windowsOf(value)) {
      for (const [form, bytes] of formsOf(window)) {
        const lead = bytes.readInt32LE(0);
        filter[slotOf(lead)] = 1;
        byLead.set(lead, [...(byLead.get(lead) ?? []), { name: `${name} (${form})`, bytes }]);
      }
    }
  }
  return { filter, byLead };
}

/** True when the text is in one of the pieces, as it is. */
export function holds(pieces: readonly Piece[], text: string): boolean {
  return pieces.some(({ bytes }) => bytes.includes(text));
}

/** Two windows before the part a hint may show. */
export function windowsOf(secret: string): string[] {
  if (secret.length < 2 * WINDOW + HINT) throw new Error('a canary needs at least 28 characters');
  const end = secret.length - HINT;
  return [secret.slice(end - 2 * WINDOW, end - WINDOW), secret.slice(end - WINDOW, end)];
}

/** The characters of the base64 text that depend on nothing but `text`, when `shift` bytes come before it. */
function base64At(text: string, shift: number): string {
  const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(text)]);
  const encoded = bytes.toString('base64');
  const head = [0, 2, 3][shift] as number;
  const tail = [0, 3, 2][bytes.length % 3] as number;
  return encoded.slice(head, encoded.length - tail);
}

function urlAlphabet(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_');
}
