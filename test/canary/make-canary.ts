/** Unique credentials of a service's own form, so that a find tells which request leaked. */
import { randomInt } from 'node:crypto';
import { findService } from '../../src/providers/catalog';
import type { Canary } from './find-secrets';

type Fields = Readonly<Record<string, string>>;

const RANDOM_TAIL = 28;
const CLASSES = ['0123456789', 'abcdef', 'ghijklmnopqrstuvwxyz', 'ABCDEF', 'GHIJKLMNOPQRSTUVWXYZ'] as const;

/** Every canary made so far. */
export class Canaries {
  readonly all: Canary[] = [];

  /** A credential like `sample` whose secret fields are unique. */
  credential(name: string, serviceId: string, sample: Fields): Fields {
    const entry = findService(serviceId);
    if (entry === undefined) throw new Error(`${serviceId} is not in the catalogue`);
    const changed = Object.entries(sample).map(([field, value]) => {
      if (entry.fields[field]?.secret !== true || value.length < RANDOM_TAIL) return [field, value];
      return [field, this.text(`${name} ${serviceId} ${field}`, value)];
    });
    return Object.fromEntries(changed) as Fields;
  }

  /** A text like `sample` whose last 28 letters and digits are random, each of its own kind. */
  text(name: string, sample: string): string {
    const value = [...sample].map((c, i) => (i < sample.length - RANDOM_TAIL ? c : anyLike(c))).join('');
    this.all.push({ name, value });
    return value;
  }
}

function anyLike(character: string): string {
  const alphabet = CLASSES.find((letters) => letters.includes(character));
  return alphabet === undefined ? character : alphabet.charAt(randomInt(alphabet.length));
}
