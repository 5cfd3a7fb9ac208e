/**
 * What the store has written to the disk in a day, by the counters of the block device: a loop device
 * with an ext4 of its own. Records come from the real keeper at so many readings a second, evenly
 * spaced, which is the worst case (no two of them share a commit), or at random. The journal of the file system
 * and one checkpoint of all that was written are in it. Needs root. In full:
 *
 *   node test/faults/bytes-a-day.ts --seconds 600 --readings 50
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { RecordMaker } from '../../agent/bench/record-maker.ts';
import { newBoot } from '../../agent/health/boot.ts';
import { forkRole } from '../../agent/role.ts';
import { Random } from '../../agent/simulator/random.ts';
import { createKeeper, type Keeper } from '../../agent/store/keeper.ts';
import { profile } from '../../bench/shop-words.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { SmallDisk } from '../fixtures/small-disk.ts';

export const paces = ['even', 'random'] as const;
export type Pace = (typeof paces)[number];

export interface BytesOptions {
  readonly pace: Pace;
  readonly readingsPerSecond: number;
  readonly seconds: number;
  readonly seed: number;
}

export interface BytesReport extends BytesOptions {
  readonly records: number;
  readonly commits: number;
  readonly bytesPerRecord: number;
  readonly gigabytesPerDay: number;
}

const mebibytes = 256;
const sectorBytes = 512;
const secondsPerDay = 86_400;
const settleSeconds = 3;

/** Bytes the device was told to write so far, with all that the file system still held back. */
function writtenTo(disk: SmallDisk): number {
  execFileSync('sync', ['-f', disk.root]);
  const device = execFileSync('findmnt', ['-no', 'SOURCE', disk.root], { encoding: 'utf8' });
  const stat = readFileSync(`/sys/block/${basename(device.trim())}/stat`, 'utf8');
  return Number(stat.trim().split(/\s+/)[6]) * sectorBytes;
}

/** Hands out records until the time is up; how many. */
async function work(
  keeper: Keeper,
  maker: RecordMaker,
  recordsPerSecond: number,
  seconds: number,
  random: Random | null,
): Promise<number> {
  const begun = performance.now();
  let records = 0;
  for (let dueMs = 0; dueMs < seconds * 1000; records += 1) {
    const waitMs = begun + dueMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const { body, at } = maker.next();
    keeper.keep(body, at);
    const share = random === null ? 1 : -Math.log(1 - random.between(0, 1));
    dueMs += (share * 1000) / recordsPerSecond;
  }
  return records;
}

export async function measureBytes(options: BytesOptions): Promise<BytesReport> {
  const { pace, readingsPerSecond, seconds, seed } = options;
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-bytes-'));
  const disk = new SmallDisk(dir, mebibytes);
  const quiet = (): void => undefined;
  let commits = 0;
  const keeper = createKeeper({
    fork: (role, more) => {
      const child = forkRole(role, more);
      child.on('message', ({ type }: { type?: string }) => {
        if (type === 'kept') commits += 1;
      });
      return child;
    },
    path: join(disk.root, 'store'),
    boot: newBoot(),
    log: { info: quiet, warn: quiet, error: quiet },
    onEvent: quiet,
  });
  try {
    await keeper.opened();
    const maker = new RecordMaker(loadProfile(profile), seed);
    const rate = readingsPerSecond / maker.readings;
    await work(keeper, maker, rate, settleSeconds, null);
    await keeper.flush();
    const before = writtenTo(disk);
    commits = 0;
    const random = pace === 'random' ? new Random(seed, 'pace') : null;
    const records = await work(keeper, maker, rate, seconds, random);
    await keeper.flush();
    const counted = commits;
    // Its end puts the whole log into the file: what is in the figure was written to the last byte.
    await keeper.close();
    const bytes = writtenTo(disk) - before;
    const gigabytesPerDay = ((bytes / seconds) * secondsPerDay) / 1e9;
    return {
      ...options,
      records,
      commits: counted,
      bytesPerRecord: Math.round(bytes / records),
      gigabytesPerDay: Math.round(gigabytesPerDay * 1000) / 1000,
    };
  } finally {
    await keeper.close().catch(quiet);
    disk.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '600' },
      readings: { type: 'string', default: '50' },
      seed: { type: 'string', default: '1' },
    },
  });
  const numbers = {
    seconds: Number(values.seconds),
    readingsPerSecond: Number(values.readings),
    seed: Number(values.seed),
  };
  for (const pace of paces) console.log(JSON.stringify(await measureBytes({ ...numbers, pace })));
}
