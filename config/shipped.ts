/**
 * Where the files lie that come with the program: beside the source in a checkout, unpacked from
 * the program itself where it is one single file. The only module that asks which of the two it is.
 */
import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';
import { type Unpacked, unpackedPath } from './unpack.ts';

/** What a role or a room may ask for, by its path from the root of the source. */
export type ShippedPath = 'config/profiles' | 'models' | 'agent/panel/web/dist' | 'config/install';

/** Whether this is the single-file program; there it is itself what fork would start. */
export function inOneFile(): boolean {
  return isSea();
}

/** Absolute. In the single file it unpacks what is not there whole; throws `unpack-failed` then. */
export function shippedPath(path: ShippedPath): string {
  if (inOneFile()) return unpackedPath('files', path);
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

/**
 * Loads a native addon of the single file; the loaders of the packages that have one are patched
 * to come here. Throws `unpack-failed`, and what the dynamic linker says.
 */
export function loadAddon(group: Exclude<Unpacked, 'files'>, file: string): unknown {
  const target = { exports: {} };
  process.dlopen(target, unpackedPath(group, file));
  return target.exports;
}

/**
 * The same, loaded by the first use of one of `names`, its functions and classes: for an addon that
 * every process would load and few use.
 */
export function lazyAddon(
  group: Exclude<Unpacked, 'files'>,
  file: string,
  names: readonly string[],
): Record<string, unknown> {
  let loaded: unknown = null;
  const part = (name: string): CallableFunction => {
    loaded ??= loadAddon(group, file);
    return Reflect.get(Object(loaded), name);
  };
  const standIn = (name: string) =>
    function (...args: unknown[]): unknown {
      const real = part(name);
      return new.target === undefined
        ? Reflect.apply(real, undefined, args)
        : Reflect.construct(real, args);
    };
  return Object.fromEntries(names.map((name) => [name, standIn(name)]));
}
