/** What the disk and the real store on it take: syncs, commits, bytes of a record. */
import { closeSync, fdatasyncSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { PpuriError } from '../../config/errors.ts';
import type { Profile } from '../../config/profile.ts';
import { newBoot } from '../health/boot.ts';
import { forkRole } from '../role.ts';
import { createKeeper, type Keeper } from '../store/keeper.ts';
import { storePaths } from '../store/paths.ts';
import { type Spread, spreadOf } from './latencies.ts';
import { deviceWrittenBytes, givenBytesOf } from './proc.ts';
import { RecordMaker } from './record-maker.ts';

export interface StoreFigures {
  /** One page written and synced to the disk. */
  readonly syncMs: Spread;
  /** One record, committed at once. */
  readonly commitMs: Spread;
  /** Bytes to the disk for one shot that is committed alone, hardly ever with what the journal of the
   * file system adds; null: the kernel does not say. */
  readonly bytesPerShot: number | null;
}

const pageBytes = 4096;
const syncs = 200;
const firstCommits = 20;
const commits = 400;
/** A slow disk takes its time for each. */
const longestMs = 15_000;

export function diskError(cause: unknown, subject: string): PpuriError {
  if (cause instanceof PpuriError) return cause;
  const code = cause instanceof Error && 'code' in cause ? cause.code : '';
  const message = cause instanceof Error ? cause.message : String(cause);
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  return new PpuriError(full ? 'store-full' : 'store-unavailable', message, {
    operation: 'measure the disk',
    subject,
    hint: full ? 'delete what is not needed on this disk' : '`ppuri doctor` looks at the disk',
    cause,
  });
}

/** In `dir`, which exists. Throws `store-full` or `store-unavailable`. `goOn`: false ends it early. */
export async function measureStore(
  dir: string,
  profile: Profile,
  goOn: () => boolean,
): Promise<StoreFigures> {
  try {
    const syncMs = spreadOf(await syncTimes(join(dir, 'sync'), goOn));
    return { syncMs, ...(await measureCommits(join(dir, 'commits'), profile, goOn)) };
  } catch (cause) {
    throw diskError(cause, dir);
  }
}

async function syncTimes(file: string, goOn: () => boolean): Promise<number[]> {
  const page = Buffer.alloc(pageBytes, 1);
  const times: number[] = [];
  const until = performance.now() + longestMs;
  const fd = openSync(file, 'wx');
  try {
    while (times.length < syncs && goOn() && performance.now() < until) {
      const begun = performance.now();
      writeSync(fd, page);
      fdatasyncSync(fd);
      times.push(performance.now() - begun);
      // So that a Ctrl-C is heard on a disk that takes a second for each.
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    closeSync(fd);
  }
  return times;
}

async function measureCommits(path: string, profile: Profile, goOn: () => boolean) {
  const maker = new RecordMaker(profile, 1);
  const quiet = (): void => undefined;
  const log = { info: quiet, warn: quiet, error: quiet };
  const keeper = createKeeper({ fork: forkRole, path, boot: newBoot(), log, onEvent: quiet });
  const { database } = storePaths(path);
  try {
    const { state, lastError, pid } = await keeper.opened();
    if (state === 'down')
      throw diskError(new Error(lastError?.message ?? 'the store does not open'), path);
    // The room that a new store sets aside is no part of what a shot takes.
    await commitTimes(keeper, maker, firstCommits, goOn);
    // Not write_bytes, which counts whole folios: five times what goes to the disk.
    const given = (): number | null => (pid === null ? null : givenBytesOf(pid));
    const [own, device, size] = [given(), deviceWrittenBytes(path), statSync(database).size];
    const times = await commitTimes(keeper, maker, commits, goOn);
    const ownBytes = minus(given(), own);
    // Its end puts the log into the file, which every store does sooner or later.
    await keeper.close();
    const grown = statSync(database).size - size;
    const counts = [
      ownBytes === null ? null : ownBytes + grown + times.length * pageBytes,
      minus(deviceWrittenBytes(path), device),
    ].filter((bytes) => bytes !== null);
    const isKnown = counts.length > 0 && times.length > 0;
    return {
      commitMs: spreadOf(times),
      // Each sync ends in a page that is not full; the device counts what others write, too.
      bytesPerShot: isKnown ? Math.min(...counts) / times.length : null,
    };
  } finally {
    await keeper.close();
  }
}

function minus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a - b;
}

async function commitTimes(
  keeper: Keeper,
  maker: RecordMaker,
  count: number,
  goOn: () => boolean,
): Promise<number[]> {
  const times: number[] = [];
  const until = performance.now() + longestMs;
  while (times.length < count && goOn() && performance.now() < until) {
    const { body, at } = maker.next();
    const begun = performance.now();
    keeper.keep(body, at);
    await keeper.flush();
    times.push(performance.now() - begun);
  }
  return times;
}
