/** From a name in the configuration to the folder of a bundle: added, shipped, or a path. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { parse } from 'yaml';
import { PpuriError } from '../config/errors.ts';
import { nearest } from '../config/nearest.ts';
import { shippedPath } from '../config/shipped.ts';
import { bundleInvalid } from './bundle-files.ts';

export interface FindOptions {
  /** Directory of the store; added bundles lie in `<storePath>/models/<name>/<version>/`. */
  readonly storePath?: string;
  /** The version the store's pointer says is active for this name. */
  readonly activeVersion?: string;
  /** Where shipped bundles lie; absent: beside this file. */
  readonly shippedPath?: string;
}

export interface BundlePlace {
  readonly name: string;
  /** Null for a shipped bundle or a path: the manifest knows. */
  readonly version: string | null;
  readonly dir: string;
  readonly origin: 'added' | 'shipped' | 'path';
}

/** Whether a folder came with the program. */
export function isShipped(dir: string): boolean {
  return dirname(resolve(dir)) === resolve(shippedPath('models'));
}

/**
 * `nameOrPath`: `diecast-defect`, `diecast-defect@1.2.0`, or a path (it has a separator or starts
 * with a dot). An added bundle stands before a shipped one of the same name: the active version,
 * else the newest. Throws `model-invalid` naming what there is, and `store-unavailable` when added
 * ones cannot be looked for. Nothing is verified here.
 */
export async function findBundle(
  nameOrPath: string,
  options: FindOptions = {},
): Promise<BundlePlace> {
  if (nameOrPath.includes('/') || nameOrPath.includes(sep) || nameOrPath.startsWith('.'))
    return { name: nameOrPath, version: null, dir: resolve(nameOrPath), origin: 'path' };
  const [name = '', wanted] = nameOrPath.split('@', 2);
  const places = await listBundles(options);
  const added = places.filter((place) => place.name === name && place.origin === 'added');
  const version = wanted ?? options.activeVersion;
  const shipped = places.find((place) => place.name === name && place.origin === 'shipped');
  if (version === undefined) {
    const newest = added[0] ?? shipped;
    if (newest !== undefined) return newest;
    throw unknownBundle(nameOrPath, name, places);
  }
  const found = added.find((one) => one.version === version);
  if (found !== undefined) return found;
  const withIt = shipped === undefined ? null : await writtenVersion(shipped.dir);
  if (shipped !== undefined && withIt === version) return shipped;
  if (shipped === undefined && added.length === 0) throw unknownBundle(nameOrPath, name, places);
  const known = [
    ...added.map((place) => place.version),
    ...(withIt === null ? [] : [`${withIt} (shipped)`]),
  ];
  const message = `there is no version ${version} of ${name}`;
  throw bundleInvalid(nameOrPath, message, `there are: ${known.join(', ')}`);
}

/** The version in a manifest that nothing has verified yet; null when it gives none. */
async function writtenVersion(dir: string): Promise<string | null> {
  const manifest: unknown = parse(await readFile(join(dir, 'model.yaml'), 'utf8'));
  if (typeof manifest !== 'object' || manifest === null || !('version' in manifest)) return null;
  return typeof manifest.version === 'string' ? manifest.version : null;
}

function unknownBundle(nameOrPath: string, name: string, places: readonly BundlePlace[]) {
  const names = [...new Set(places.map((place) => place.name))];
  const like = nearest(name, names);
  const hint = like === null ? `models: ${names.join(', ')}` : `did you mean "${like}"?`;
  return bundleInvalid(nameOrPath, `there is no model "${name}"`, `${hint}; or give a path`);
}

/** Added bundles, newest version first, then shipped ones. Throws `store-unavailable`. */
export async function listBundles(options: FindOptions = {}): Promise<BundlePlace[]> {
  const places: BundlePlace[] = [];
  const root = options.storePath === undefined ? null : join(options.storePath, 'models');
  for (const name of root === null ? [] : await folders(root)) {
    const versions = await folders(join(root ?? '', name));
    for (const version of versions.sort(compareVersions).reverse()) {
      const dir = join(root ?? '', name, version);
      places.push({ name, version, dir, origin: 'added' });
    }
  }
  const shipped = options.shippedPath ?? shippedPath('models');
  for (const name of await folders(shipped)) {
    const dir = join(shipped, name);
    if (await isFile(join(dir, 'model.yaml')))
      places.push({ name, version: null, dir, origin: 'shipped' });
  }
  return places;
}

/** Half-written bundles start with a dot and are not listed. Throws `store-unavailable`. */
async function folders(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
      .sort();
  } catch (thrown) {
    if (isMissing(thrown)) return [];
    throw unreadable(path, thrown);
  }
}

function unreadable(path: string, cause: unknown): PpuriError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new PpuriError('store-unavailable', `added models cannot be looked for: ${why}`, {
    operation: 'look for models',
    subject: path,
    hint: 'the store must be a directory that this user may read: see `store.path`, or use sudo',
    cause,
  });
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (thrown) {
    if (isMissing(thrown)) return false;
    throw thrown;
  }
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
}

/** Numbers by value, text by letters: 1.10.0 after 1.9.0, 1.0.0 after 1.0.0-rc1. */
export function compareVersions(a: string, b: string): number {
  const [coreA = '', preA] = a.split('-', 2);
  const [coreB = '', preB] = b.split('-', 2);
  const core = coreA.localeCompare(coreB, 'en', { numeric: true });
  if (core !== 0 || preA === preB) return core;
  if (preA === undefined) return 1;
  if (preB === undefined) return -1;
  return preA.localeCompare(preB, 'en', { numeric: true });
}
