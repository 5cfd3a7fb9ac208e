/**
 * Cuts the power below the file system. ext4 lies on a loop device over a file that a FUSE program
 * serves and logs (test/fixtures/disk-log.c), so that every write and every flush the disk was told
 * is known. Stores run on it, one of them killed. Afterwards disks are made as a power cut at a
 * random moment leaves them: all that was flushed, and of what was not, some writes, some of them
 * torn between sectors. Each is mounted, which replays its journal, and the product must open the
 * store with all that was said to be kept. `--sync normal` leaves out the syncs: that must be noticed.
 * Needs root. In full:
 *
 *   node test/faults/power-cut-campaign.ts --images 1000 --runs 4 --seed 1
 *   node test/faults/power-cut-campaign.ts --images 400 --runs 20 --sync normal
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../../agent/simulator/random.ts';
import { type DiskEntry, LoggedDisk, readLog, withImage } from '../fixtures/logged-disk.ts';
import { runOnDisk } from '../fixtures/logged-runs.ts';
import { acknowledged, judgeStore } from '../fixtures/store-judge.ts';

export interface PowerCutOptions {
  readonly images: number;
  readonly seed: number;
  readonly sync: 'full' | 'normal';
  /** Commits of six records in each of three lives. */
  readonly batches: number;
}

export interface PowerCutReport {
  readonly seed: number;
  readonly sync: 'full' | 'normal';
  readonly writes: number;
  readonly flushes: number;
  readonly images: number;
  /** Images in which something that was said to be kept was missing. */
  readonly imagesWithLoss: number;
  readonly recordsKept: number;
  readonly recordsLost: number;
  /** Images that the product did not open, or whose store was unsound or miscounted. */
  readonly failures: readonly string[];
}

const sector = 512;
/** ext4 does not mount with half of a superblock, whatever lies in it; fsck takes a copy then. */
const superblockEnd = 2048;

/** Some of what was not flushed: a write is there, is not, or is there in some of its sectors. */
export function applySome(disk: Buffer, entry: DiskEntry, random: Random): void {
  const fate = random.between(0, 1);
  if (fate < 0.4) return;
  if (fate < 0.8 || entry.offset < superblockEnd) {
    entry.data.copy(disk, entry.offset);
    return;
  }
  for (let at = 0; at < entry.data.length; at += sector)
    if (random.chance(0.5)) entry.data.copy(disk, entry.offset + at, at, at + sector);
}

export interface Cut {
  /** Index of the first entry that never happened. */
  readonly at: number;
  /** Index after the last flush before it. */
  readonly flushed: number;
}

/** Where to cut, ascending: any place from the first store's beginning on. */
export function cuts(
  entries: readonly DiskEntry[],
  first: number,
  random: Random,
  images: number,
): Cut[] {
  const places = Array.from({ length: images }, () =>
    Math.floor(random.between(first, entries.length + 1)),
  ).sort((a, b) => a - b);
  let flushed = 0;
  let scanned = 0;
  return places.map((at) => {
    for (; scanned < at; scanned += 1)
      if (entries[scanned]?.kind === 'flush') flushed = scanned + 1;
    return { at, flushed };
  });
}

export async function runPowerCuts(
  options: PowerCutOptions,
  say: (line: string) => void = () => undefined,
): Promise<PowerCutReport> {
  const { seed, sync, images, batches } = options;
  const random = new Random(seed, 'power-cuts');
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-power-'));
  try {
    const disk = await LoggedDisk.make(dir);
    const runs = await runOnDisk(disk, { sync, batches });
    await disk.close();
    const entries = readLog(disk.log);
    const image = Buffer.from(readFileSync(disk.formatted));
    const first = entries.findIndex(({ end }) => end > runs.begun);
    const failures: string[] = [];
    let [recordsKept, recordsLost, imagesWithLoss, applied] = [0, 0, 0, 0];
    for (const [number, { at, flushed }] of cuts(entries, first, random, images).entries()) {
      for (; applied < flushed; applied += 1) {
        const entry = entries[applied];
        entry?.data.copy(image, entry.offset);
      }
      const cut = Buffer.from(image);
      for (const entry of entries.slice(flushed, at)) applySome(cut, entry, random);
      const path = join(dir, 'cut.img');
      writeFileSync(path, cut);
      const upTo = entries[at - 1]?.end ?? 0;
      const said = runs.runs.map(({ boot, text }) => acknowledged(boot, text, upTo));
      const keys = new Set(said.flatMap((one) => [...one.keys]));
      const verdict = await withImage(path, join(dir, 'cut'), (mount) =>
        judgeStore(join(mount, 'store'), { keys, hash: null }),
      );
      recordsKept += keys.size;
      recordsLost += verdict.lost;
      if (verdict.lost > 0) imagesWithLoss += 1;
      const good = verdict.opened && verdict.sound && !verdict.miscounted && verdict.goesOn;
      if (!good) failures.push(`image ${number}, cut at ${at}: ${JSON.stringify(verdict)}`);
      if ((number + 1) % 100 === 0) say(`${number + 1} images, ${imagesWithLoss} with loss`);
    }
    const writes = entries.filter(({ kind }) => kind === 'write').length;
    const flushes = entries.length - writes;
    const counts = { writes, flushes, images, imagesWithLoss, recordsKept, recordsLost };
    return { seed, sync, ...counts, failures };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      images: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      sync: { type: 'string', default: 'full' },
      batches: { type: 'string', default: '60' },
      runs: { type: 'string', default: '1' },
    },
  });
  const sync = values.sync === 'normal' ? 'normal' : 'full';
  const runs = Number(values.runs);
  let [bad, lossy] = [0, 0];
  for (let index = 0; index < runs; index += 1) {
    const images = Math.ceil(Number(values.images) / runs);
    const numbers = { images, seed: Number(values.seed) + index, batches: Number(values.batches) };
    const report = await runPowerCuts({ ...numbers, sync }, (line) => console.log(line));
    console.log(JSON.stringify(report));
    if (report.recordsLost > 0) lossy += 1;
    if (report.recordsLost + report.failures.length > 0) bad += 1;
  }
  console.log(`${runs} runs with synchronous=${sync}, ${lossy} of them with loss`);
  // Without syncs a harness that sees no loss would prove nothing.
  process.exitCode = (sync === 'full' ? bad === 0 : lossy / runs >= 0.95) ? 0 : 1;
}
