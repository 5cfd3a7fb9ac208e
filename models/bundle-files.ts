/** The files of a bundle: listed, hashed, and checked against SHA256SUMS before anything is read. */
import { createHash } from 'node:crypto';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PpuriError } from '../config/errors.ts';
import { fileKind, readRegularFile } from './regular-file.ts';
import { signatureName } from './signing.ts';

export const sumsName = 'SHA256SUMS';
/** Not covered by the sums: the list itself and the signature over it. */
const uncovered = new Set([sumsName, signatureName]);
const safeName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
export const maxFiles = 64;
export const maxFileBytes = 64 * 1024 * 1024;

export function bundleInvalid(
  dir: string,
  message: string,
  hint: string,
  cause?: unknown,
): PpuriError {
  const details = { operation: 'read a model bundle', subject: dir, hint, cause };
  return new PpuriError('model-invalid', message, details);
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The text of SHA256SUMS for these files, in the form `sha256sum -c` reads. */
export function sumsOf(files: Readonly<Record<string, Uint8Array>>): string {
  return Object.keys(files)
    .sort()
    .map((name) => `${sha256(files[name] ?? new Uint8Array())}  ${name}\n`)
    .join('');
}

/** Files of a bundle as read once, by name, the list of sums and the signature among them. */
export type BundleFiles = ReadonlyMap<string, Uint8Array>;

/**
 * Every file of a bundle's folder, read once: what is judged is what is copied, whatever becomes of
 * the folder meanwhile. Throws `model-invalid` for an oddly named file, a symbolic link or a folder.
 */
export async function readFolder(dir: string): Promise<BundleFiles> {
  const files = new Map<string, Uint8Array>();
  for (const name of await listFiles(dir)) files.set(name, await readBundleFile(dir, name));
  return files;
}

/** Throws `model-invalid` for a missing, extra, changed or oddly named file. */
export function checkSums(dir: string, files: BundleFiles): void {
  const list = files.get(sumsName);
  if (list === undefined)
    throw bundleInvalid(dir, `there is no ${sumsName}`, '`ppuri model add` makes a bundle');
  const sums = parseSums(dir, new TextDecoder().decode(list));
  for (const name of files.keys())
    if (!sums.has(name) && !uncovered.has(name))
      throw bundleInvalid(dir, `${name} is not listed in ${sumsName}`, 'remove the extra file');
  for (const [name, sum] of sums) checkSum(dir, name, sum, files.get(name));
}

function checkSum(dir: string, name: string, sum: string, bytes: Uint8Array | undefined): void {
  if (bytes === undefined)
    throw bundleInvalid(dir, `${name} is listed in ${sumsName} but missing`, 'copy it again');
  if (sha256(bytes) !== sum)
    throw bundleInvalid(
      dir,
      `${name} differs from its sum in ${sumsName}`,
      'copy the bundle again, or build it anew with `ppuri model add`',
    );
}

/** Throws `model-invalid` for more, odder or alike named files than a bundle has. */
export function checkFileNames(dir: string, names: readonly string[]): void {
  if (names.length > maxFiles)
    throw bundleInvalid(dir, `the bundle holds ${names.length} files`, 'is it a bundle at all?');
  const seen = new Map<string, string>();
  for (const name of names) {
    if (!safeName.test(name))
      throw bundleInvalid(
        dir,
        `${quoted(name)} is no allowed file name`,
        'use letters, digits, . _ -',
      );
    const other = seen.get(name.toLowerCase());
    if (other !== undefined)
      throw bundleInvalid(dir, `${other} and ${name} are one name on many disks`, 'rename one');
    seen.set(name.toLowerCase(), name);
  }
}

/** A name from outside in a message: short, and without what moves a terminal's cursor. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
}

async function listFiles(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw bundleInvalid(dir, `cannot read the bundle: ${why}`, 'check the path', cause);
  });
  checkFileNames(dir, names);
  for (const name of names) await checkFile(dir, name);
  return names;
}

async function checkFile(dir: string, name: string): Promise<void> {
  const stat = await lstat(join(dir, name)).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw bundleInvalid(dir, `cannot read ${name}: ${why}`, 'is the stick still there?', cause);
  });
  if (!stat.isFile())
    throw bundleInvalid(dir, `${name} is ${fileKind(stat)}`, 'a bundle holds regular files only');
}

/** Throws `model-invalid` for a file that is larger than 64 MiB or cannot be read. */
function readBundleFile(dir: string, name: string): Promise<Buffer> {
  return readRegularFile(join(dir, name), {
    maxBytes: maxFileBytes,
    tooLargeHint: 'use a smaller model',
    refuse: (why, hint, cause) => bundleInvalid(dir, `cannot read ${name}: ${why}`, hint, cause),
  });
}

function parseSums(dir: string, text: string): Map<string, string> {
  const sums = new Map<string, string>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const [, sum, name] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line.trimEnd()) ?? [];
    const where = `${sumsName} line ${index + 1}`;
    if (sum === undefined || name === undefined)
      throw bundleInvalid(dir, `${where} is not "<sha256>  <file>"`, 'make it with sha256sum');
    if (!safeName.test(name) || uncovered.has(name))
      throw bundleInvalid(
        dir,
        `${where}: ${quoted(name)} is no allowed file name`,
        'plain names only',
      );
    if (sums.has(name))
      throw bundleInvalid(dir, `${where}: ${name} is listed twice`, 'list each file once');
    sums.set(name, sum);
  }
  return sums;
}
