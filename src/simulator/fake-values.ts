/**
 * Values of made-up credentials: deterministic, well formed, and plainly no one's. They are computed, so that no
 * literal in this repository looks like a key to a secret scanner.
 */
import { createHash } from 'node:crypto';

const digest = (tag: string): Buffer => createHash('sha512').update(`simulated:${tag}`).digest();

/** `length` characters of lower-case hex. */
export function fakeHex(tag: string, length: number): string {
  return digest(tag).toString('hex').repeat(2).slice(0, length);
}

/** `length` decimal digits, the first not 0. */
export function fakeDigits(tag: string, length: number): string {
  const digits = BigInt(`0x${digest(tag).toString('hex')}`).toString();
  return `7${digits}`.slice(0, length);
}

/** `length` letters and digits that begin with "simulated" where there is room. */
export function fakeText(tag: string, length: number): string {
  const plain = tag.replace(/[^A-Za-z0-9]/g, '');
  const fill = BigInt(`0x${digest(tag).toString('hex')}`)
    .toString(36)
    .repeat(3);
  const word = length >= plain.length + 13 ? `simulated${plain}` : length >= 17 ? 'simulated' : '';
  return `${word}${fill}`.slice(0, length);
}

/** As {@link fakeText}, in capital letters and digits. */
export function fakeUpper(tag: string, length: number): string {
  return fakeText(tag, length).toUpperCase();
}

/** `length` lower-case letters that begin with "simulated" where there is room. */
export function fakeLetters(tag: string, length: number): string {
  return fakeText(tag, length).replace(/[0-9]/g, (digit) => 'qwertyuiop'.charAt(Number(digit)));
}

/** A UUID of version 4 form. */
export function fakeUuid(tag: string): string {
  const hex = fakeHex(tag, 32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}
