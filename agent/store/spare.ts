/**
 * Room that is taken while there is plenty, for the day the disk is full: a write-ahead log of its
 * full size, so that commits need no new blocks, and a ballast file that is given up when they do.
 */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

const mib = 1024 * 1024;
export const walBytes = 8 * mib;
const ballastBytes = 4 * mib;
const block = Buffer.alloc(256 * 1024);

function freeBytes(dir: string): number {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
}

/** On a small or nearly full disk only an eighth of what is free is taken. */
const share = (bytes: number, free: number): number =>
  Math.min(bytes, Math.floor(free / 8 / 4096) * 4096);

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Zeros from the end of the file up to `bytes`, on the disk. */
function extend(path: string, flags: 'r+' | 'a', bytes: number): void {
  const file = openSync(path, flags, 0o640);
  try {
    let { size } = fstatSync(file);
    while (size < bytes)
      size += writeSync(file, block, 0, Math.min(block.length, bytes - size), size);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Lengthens the log of an open database with zeros, which SQLite takes for its end. Throws what the
 * file system says; the store works without.
 */
export function lengthenWal(database: string): void {
  const wal = `${database}-wal`;
  const bytes = share(walBytes, freeBytes(dirname(database)));
  if (sizeOf(wal) < bytes) extend(wal, 'r+', bytes);
}

/** Makes the ballast where it is missing and there is room. Throws what the file system says. */
export function makeBallast(path: string): void {
  const bytes = share(ballastBytes, freeBytes(dirname(path)));
  if (bytes > 0 && sizeOf(path) < bytes) extend(path, 'a', bytes);
}

/** Gives the ballast's room back; false when there was none. */
export function dropBallast(path: string): boolean {
  const had = sizeOf(path) > 0;
  rmSync(path, { force: true });
  return had;
}
