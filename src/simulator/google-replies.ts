/** Replies that Google's APIs share. */
import type { SimulatedReply } from './service';

/** Google's error envelope: https://cloud.google.com/apis/design/errors */
export function googleError(code: number, status: string, message: string, reason?: string): SimulatedReply {
  const details = reason && [
    { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com', metadata: {} },
  ];
  return { status: code, body: { error: { code, message, status, ...(details && { details }) } } };
}

/** 429 of Google APIs. */
export const quotaExceeded = googleError(
  429,
  'RESOURCE_EXHAUSTED',
  'Resource has been exhausted (e.g. check quota).',
  'RATE_LIMIT_EXCEEDED',
);
/** 503 of Google APIs. */
export const unavailable = googleError(503, 'UNAVAILABLE', 'The service is currently unavailable.');
/** 404 for a path that no Google API has. */
export const htmlNotFound: SimulatedReply = {
  status: 404,
  headers: { 'content-type': 'text/html; charset=UTF-8' },
  body: '<!DOCTYPE html><html lang=en><title>Error 404 (Not Found)!!1</title></html>',
};
/** An unknown or deleted API key: 400. */
export const invalidKey = googleError(
  400,
  'INVALID_ARGUMENT',
  'API key not valid. Please pass a valid API key.',
  'API_KEY_INVALID',
);
/** A live API key that may not call this API. */
export const blockedService = googleError(
  403,
  'PERMISSION_DENIED',
  'Requests to this API are blocked.',
  'API_KEY_SERVICE_BLOCKED',
);
