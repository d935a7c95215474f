/** Compares what a source imports with what its room may. */
import { posix } from 'node:path';
import { isBuiltin } from 'node:module';
import { readSource, type Import } from './read-imports';
import { roomOf, ROOMS, type Room } from './rooms';

/** One line per broken rule, in words that name the cure's place. */
export function findViolations(file: string, source: string): readonly string[] {
  const name = roomOf(file);
  const room = name === undefined ? undefined : ROOMS[name];
  if (name === undefined || room === undefined) return [`${file} is in no room`];
  const facts = readSource(source);
  const broken = facts.imports
    .filter((one) => !isAllowed(file, room, one))
    .map(({ specifier, typeOnly }) => `${name} may not import ${typeOnly ? 'type ' : ''}${specifier}`);
  const processes = facts.process
    .filter((member) => !(room.process ?? []).includes(member))
    .map((member) => `${name} may not use process.${member}`);
  return [
    ...broken,
    ...processes,
    ...(facts.exportsDefault ? ['a default export'] : []),
    ...(facts.exportsAll ? ['export *'] : []),
  ].map((rule) => `${file}: ${rule}`);
}

/** The file an import names, without its ending; null for packages. */
export function targetOf(file: string, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null;
  return posix.normalize(posix.join(posix.dirname(file), specifier));
}

function isAllowed(file: string, room: Room, { specifier, typeOnly }: Import): boolean {
  const target = targetOf(file, specifier);
  if (target === null) {
    if (isBuiltin(specifier)) return room.node && specifier.startsWith('node:');
    return room.packages.includes(packageOf(specifier));
  }
  const allowed = [...room.values, ...(typeOnly ? (room.types ?? []) : [])];
  if (roomOf(`${target}.ts`) === roomOf(file) || roomOf(target) === roomOf(file)) return true;
  // A folder is imported by its index.
  return allowed.some((prefix) =>
    prefix.endsWith('/') ? `${target}/`.startsWith(prefix) : [target, `${target}/index`].includes(prefix),
  );
}

function packageOf(specifier: string): string {
  const [first = '', second = ''] = specifier.split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
}
