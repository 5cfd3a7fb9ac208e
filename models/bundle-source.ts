/** A bundle wherever it comes from: a folder, an archive, or a stick that holds one of those. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BundleSource } from './bundle.ts';
import { bundleInvalid, checkFileNames, readFolder } from './bundle-files.ts';
import { readRegularFile } from './regular-file.ts';
import { maxArchiveBytes, readTar } from './tar.ts';

/** A stick with more than this on it is not searched through. */
const maxLooked = 1000;

/** Throws `model-invalid`. */
export async function readSource(path: string): Promise<BundleSource> {
  if (!path.endsWith('.tar')) return { from: path, files: await readFolder(path) };
  const bytes = await readRegularFile(path, {
    maxBytes: maxArchiveBytes,
    tooLargeHint: 'use a smaller model',
    refuse: (why, hint, cause) => bundleInvalid(path, `cannot read it: ${why}`, hint, cause),
  });
  const files = readTar(bytes, path);
  checkFileNames(path, [...files.keys()]);
  return { from: path, files };
}

/** Where bundles lie in a folder and the folders in it: folders with a manifest, and archives. */
export async function bundlesOn(dir: string): Promise<string[]> {
  const found: string[] = [];
  const inside = await entriesOf(dir);
  for (const { name, isFolder } of inside) {
    const path = join(dir, name);
    if (!isFolder && name.endsWith('.tar')) found.push(path);
    if (!isFolder) continue;
    if (await holdsManifest(path)) found.push(path);
    else
      for (const deeper of await entriesOf(path)) {
        const below = join(path, deeper.name);
        const isArchive = !deeper.isFolder && deeper.name.endsWith('.tar');
        if (isArchive || (deeper.isFolder && (await holdsManifest(below)))) found.push(below);
      }
  }
  return found.sort();
}

/** Hidden ones are the system's: trash, indexes, and the shadows that some put beside each file. */
async function entriesOf(dir: string): Promise<{ name: string; isFolder: boolean }[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw bundleInvalid(dir, `cannot look for bundles: ${why}`, 'is the stick still there?', cause);
  });
  return entries
    .filter((entry) => !entry.name.startsWith('.') && (entry.isDirectory() || entry.isFile()))
    .slice(0, maxLooked)
    .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
}

async function holdsManifest(dir: string): Promise<boolean> {
  return stat(join(dir, 'model.yaml')).then(
    (stats) => stats.isFile(),
    () => false,
  );
}
