/**
 * Cuts the power below the file system while new models make their way through a store: what a disk
 * holds at any moment, mounted and opened by the product, names exactly the model before a step or the
 * one after it. See power-cut-campaign.ts, whose disks these are. Needs root. In full:
 *
 *   node test/faults/activation-cuts.ts --images 500 --models 40 --seed 1
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Random } from '../../agent/simulator/random.ts';
import { queryModels } from '../../agent/store/models.ts';
import { openSession } from '../../agent/store/session.ts';
import { stateOf, statesOf } from '../fixtures/activation-states.ts';
import { LoggedDisk, readLog, withImage } from '../fixtures/logged-disk.ts';
import { storeRunOptions } from '../fixtures/store-run-options.ts';
import { applySome, cuts } from './power-cut-campaign.ts';

export interface ActivationCutOptions {
  readonly images: number;
  readonly models: number;
  readonly seed: number;
}

export interface ActivationCutReport {
  readonly seed: number;
  readonly images: number;
  readonly steps: number;
  /** Images that held the last step said, and those that held the one after it. */
  readonly before: number;
  readonly after: number;
  readonly failures: readonly string[];
}

const program = fileURLToPath(new URL('../fixtures/activation-run.ts', import.meta.url));

/** What the run said, each with the length that the disk's log had then. */
async function life(disk: LoggedDisk, models: number) {
  const args = [program, join(disk.root, 'store'), 'run-1', String(models), disk.log];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await once(child, 'close');
  if (!text.includes('done')) throw new Error('the run did not come to its end');
  return [...text.matchAll(/^s (\d+) @(\d+)$/gm)].map(([, step, place]) => ({
    ...{ step: Number(step), place: Number(place) },
  }));
}

async function stateIn(dir: string): Promise<string> {
  const { session } = await openSession(storeRunOptions(dir, 'judge'), {
    evicted: () => undefined,
    noSpare: () => undefined,
    pinned: () => undefined,
  });
  try {
    return stateOf(queryModels(session.db));
  } finally {
    session.close();
  }
}

export async function runActivationCuts({
  images,
  models,
  seed,
}: ActivationCutOptions): Promise<ActivationCutReport> {
  const random = new Random(seed, 'activation-cuts');
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-activation-cuts-'));
  try {
    const disk = await LoggedDisk.make(dir);
    const said = await life(disk, models);
    await disk.close();
    const entries = readLog(disk.log);
    const image = Buffer.from(readFileSync(disk.formatted));
    const first = entries.findIndex(({ end }) => end > (said[0]?.place ?? 0));
    const states = statesOf(models);
    const failures: string[] = [];
    let [before, after, applied] = [0, 0, 0];
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
      const last = said.findLast(({ place }) => place <= upTo)?.step ?? 0;
      const found = await withImage(path, join(dir, 'cut'), (mount) =>
        stateIn(join(mount, 'store')),
      );
      if (found === states[last]) before += 1;
      else if (found === states[last + 1]) after += 1;
      else
        failures.push(`image ${number}, cut at ${at}: ${found}, step ${last} is ${states[last]}`);
    }
    return { seed, images, steps: states.length - 1, before, after, failures };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      images: { type: 'string', default: '500' },
      models: { type: 'string', default: '40' },
      seed: { type: 'string', default: '1' },
    },
  });
  const report = await runActivationCuts({
    images: Number(values.images),
    models: Number(values.models),
    seed: Number(values.seed),
  });
  console.log(JSON.stringify(report));
  process.exitCode = report.failures.length === 0 ? 0 : 1;
}
