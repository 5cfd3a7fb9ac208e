/**
 * A disk fails the writes of one sync and is well again. Linux has taken those pages for clean by then:
 * whoever syncs once more is told that all is well, and nothing is written. Then power is cut.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Random } from '../../agent/simulator/random.ts';
import { openReadOnly } from '../../agent/store/database.ts';
import { type RecordRow, toRow } from '../../agent/store/rows.ts';
import { makeDirectory, openSession } from '../../agent/store/session.ts';
import { canLogDisks, LoggedDisk, readLog, withImage } from '../fixtures/logged-disk.ts';
import { judgeStore } from '../fixtures/store-judge.ts';
import { storeRunOptions } from '../fixtures/store-run-options.ts';
import { at, cycleBody } from '../unit/store-bodies.ts';
import { applySome, cuts } from './power-cut-campaign.ts';

const boot = 'run';
const images = 24;
const quiet = { evicted: () => undefined, noSpare: () => undefined, pinned: () => undefined };

function rowsFrom(first: number, count: number): RecordRow[] {
  return Array.from({ length: count }, (_, index) => {
    const seq = first + index;
    const body = cycleBody(seq, {}, { detail: `id-${boot}/${seq}` });
    return toRow({ boot, seq, at: at(seq), clockSynced: false, body });
  });
}

test.skipIf(!canLogDisks())(
  'a sync that failed once (needs root and libfuse3-dev): no cut afterwards finds the store unsound or short',
  async () => {
    const seed = Date.now() % 100_000;
    const dir = mkdtempSync(join(tmpdir(), 'ppuri-lost-sync-'));
    const disk = await LoggedDisk.make(dir);
    let closing: Promise<void> | null = null;
    const closed = (): Promise<void> => {
      closing ??= disk.close();
      return closing;
    };
    onTestFinished(async () => {
      await closed();
      rmSync(dir, { recursive: true, force: true });
    });
    const store = join(disk.root, 'store');
    const said: { readonly key: string; readonly end: number }[] = [];
    const open = () => openSession({ ...storeRunOptions(store, boot), maxMiB: 16 }, quiet);
    makeDirectory(store);
    const { session: first } = await open();
    const keep = (session: typeof first, rows: readonly RecordRow[]): void => {
      const { kept } = session.commit(rows, 'ordinary');
      for (const seq of kept) said.push({ key: `${boot}/${seq}`, end: disk.logBytes });
    };
    for (let seq = 1; seq <= 100; seq += 10) keep(first, rowsFrom(seq, 10));
    // While somebody reads, the log is not put back: what it holds is nowhere else.
    const reader = openReadOnly(join(store, 'ppuri.db'));
    reader.exec('BEGIN');
    reader.prepare('SELECT COUNT(*) FROM records').get();
    const failedAt = disk.logBytes;
    disk.failWritesTo(join(store, 'ppuri.db-wal'));
    expect(() => keep(first, rowsFrom(101, 60))).toThrow(/cannot be synced/);
    disk.heal();
    first.close();
    const { session: second } = await open();
    keep(second, rowsFrom(101, 60));
    for (let seq = 161; seq <= 200; seq += 10) keep(second, rowsFrom(seq, 10));
    const endedAt = disk.logBytes;
    reader.close();
    second.close();
    await closed();

    const entries = readLog(disk.log).filter(({ end }) => end <= endedAt);
    const random = new Random(seed, 'lost-sync');
    const begun = entries.findIndex(({ end }) => end > failedAt);
    const image = Buffer.from(readFileSync(disk.formatted));
    let applied = 0;
    for (const { at: cut, flushed } of cuts(entries, begun, random, images)) {
      for (; applied < flushed; applied += 1) {
        const entry = entries[applied];
        entry?.data.copy(image, entry.offset);
      }
      const left = Buffer.from(image);
      for (const entry of entries.slice(flushed, cut)) applySome(left, entry, random);
      writeFileSync(join(dir, 'cut.img'), left);
      const upTo = entries[cut - 1]?.end ?? 0;
      const keys = new Set(said.filter(({ end }) => end <= upTo).map(({ key }) => key));
      const verdict = await withImage(join(dir, 'cut.img'), join(dir, 'cut'), (mount) =>
        judgeStore(join(mount, 'store'), { keys, hash: null }),
      );
      const good = { opened: true, lost: 0, miscounted: false, sound: true, goesOn: true };
      expect(verdict, `seed ${seed}, cut at ${cut}`).toMatchObject(good);
    }
    expect(said).toHaveLength(200);
  },
  60_000,
);
