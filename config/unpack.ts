/**
 * What the single-file program carries and the system must see as files: addons with the libraries
 * beside them, profiles, models, pages. Unpacked once, each group into a folder named by its content,
 * and compared with the hashes in the program each time a process is about to use it.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { getAsset, getRawAsset } from 'node:sea';
import { zstdDecompressSync } from 'node:zlib';
import { PpuriError } from './errors.ts';
import {
  isPrivate,
  isTrusted,
  look,
  makePlace,
  places,
  type RuntimePlace,
  unsafe,
} from './runtime-place.ts';

export type Unpacked = 'files' | 'onnxruntime-node' | 'better-sqlite3' | 'serialport';

export interface PackedFile {
  /** From the folder of its group. */
  readonly path: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

export interface PackedGroup {
  /** The folder's name; changes with the content. */
  readonly folder: string;
  readonly files: readonly PackedFile[];
}

/** The asset `manifest.json`. Each file is the asset `<group>/<path>`, compressed with zstd. */
export type Manifest = Readonly<Record<Unpacked, PackedGroup>>;

/** Gives the compressed bytes of one asset. */
export type ReadAsset = (key: string) => ArrayBuffer | Uint8Array;

const chunk = Buffer.alloc(1 << 18);
const verified = new Map<Unpacked, string>();

/** Absolute path of `path` within `group`. Throws `unpack-failed` where no directory will do. */
export function unpackedPath(group: Unpacked, path: string): string {
  const known = verified.get(group);
  if (known !== undefined) return join(known, path);
  const manifest = JSON.parse(getAsset('manifest.json', 'utf8')) as Manifest;
  const folder = unpackGroup(group, manifest[group], getRawAsset, places());
  verified.set(group, folder);
  return join(folder, path);
}

const groups: readonly Unpacked[] = ['files', 'onnxruntime-node', 'better-sqlite3', 'serialport'];

/**
 * The role `unpack`, which a package's installation runs: unpacks everything, says where, and
 * removes what other versions unpacked there, unless `PPURI_UNPACK` is `beside`: an update whose
 * version before still runs. Throws `unpack-failed`.
 */
export function runUnpack(): void {
  const folders = groups.map((group) => unpackedPath(group, '').replace(/\/$/, ''));
  const tidied = process.env.PPURI_UNPACK === 'beside' ? [] : folders;
  const ours = new RegExp(`^(?:(?:${groups.join('|')})-[0-9a-f]{16}|\\.(?:new|damaged)-.*)$`);
  for (const place of new Set(tidied.map((folder) => dirname(folder))))
    for (const name of readdirSync(place).filter((known) => ours.test(known)))
      if (!folders.includes(join(place, name)))
        rmSync(join(place, name), { recursive: true, force: true });
  process.stdout.write(`${folders.join('\n')}\n`);
}

/** The folder of a group: in the first place that has it whole, else in the first that takes it. */
export function unpackGroup(
  group: Unpacked,
  packed: PackedGroup,
  read: ReadAsset,
  all: readonly RuntimePlace[],
): string {
  const found = all.find(({ path }) => isWhole(join(path, packed.folder), packed.files));
  if (found !== undefined && unsafe(found.path) === null) return join(found.path, packed.folder);
  const reasons: string[] = [];
  for (const place of all.filter(({ writable }) => writable)) {
    try {
      return write(place, packed, (path) => read(`${group}/${path}`));
    } catch (thrown) {
      reasons.push(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }
  throw new PpuriError('unpack-failed', `the program cannot unpack its parts: ${reasons[0]}`, {
    operation: `unpack ${group}`,
    subject: all.map(({ path }) => path).join(', '),
    hint: 'run it once as root, or name a directory that only you can write to in PPURI_RUNTIME_DIR',
    cause: reasons.join('; '),
  });
}

/** Every file is there, ours or root's, nobody else's to change, and what the program carries. */
function isWhole(folder: string, files: readonly PackedFile[]): boolean {
  return isPrivate(folder) && files.every((file) => isSound(join(folder, file.path), file));
}

function isSound(path: string, { bytes, sha256 }: PackedFile): boolean {
  const stat = look(path);
  if (stat === undefined || !stat.isFile() || stat.size !== bytes) return false;
  return (stat.mode & 0o022) === 0 && isTrusted(stat.uid) && hashOf(path) === sha256;
}

/** In pieces: the largest file is 46 MB, and the process that asks is to stay small. */
function hashOf(path: string): string | null {
  const hash = createHash('sha256');
  let file: number | null = null;
  try {
    file = openSync(path, 'r');
    for (;;) {
      const got = readSync(file, chunk, 0, chunk.length, null);
      if (got === 0) return hash.digest('hex');
      hash.update(chunk.subarray(0, got));
    }
  } catch {
    return null; // A bad block of the card, or not ours to read: not used, and unpacked anew.
  } finally {
    if (file !== null) closeSync(file);
  }
}

/**
 * Beside its place and renamed into it, so that others see all or nothing. Not synced to the disk:
 * what a power cut leaves half is found by its hash and unpacked anew.
 */
function write(
  place: RuntimePlace,
  { folder, files }: PackedGroup,
  read: (path: string) => ArrayBuffer | Uint8Array,
): string {
  const umask = process.umask(0o777 & ~place.mode);
  let made: string | null = null;
  try {
    makePlace(place);
    made = mkdtempSync(join(place.path, '.new-'));
    for (const { path } of files) {
      const file = join(made, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, zstdDecompressSync(read(path)), { mode: 0o444 });
    }
    chmodSync(made, place.mode);
    putInPlace(made, join(place.path, folder), files);
    return join(place.path, folder);
  } finally {
    process.umask(umask);
    if (made !== null) rmSync(made, { recursive: true, force: true });
  }
}

function putInPlace(made: string, target: string, files: readonly PackedFile[]): void {
  if (look(target) !== undefined) {
    // Another process of the program may have been faster.
    if (isWhole(target, files)) return;
    const damaged = mkdtempSync(join(dirname(target), '.damaged-'));
    renameSync(target, join(damaged, 'was'));
    rmSync(damaged, { recursive: true, force: true });
  }
  try {
    renameSync(made, target);
  } catch (thrown) {
    if (!isWhole(target, files)) throw thrown;
  }
}
