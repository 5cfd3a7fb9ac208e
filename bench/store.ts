/** What the store writes to the disk in a day, and how long a record waits for its commit. */
import { join } from 'node:path';
import { writtenBytesOf } from '../agent/bench/proc.ts';
import { RecordMaker } from '../agent/bench/record-maker.ts';
import { newBoot } from '../agent/health/boot.ts';
import { type ForkRole, forkRole } from '../agent/role.ts';
import { createKeeper, type Keeper } from '../agent/store/keeper.ts';
import { loadProfile } from '../config/profile-load.ts';
import { type Bench, type BenchContext, type Figure, figure } from './figure.ts';
import { quantileFigures } from './quantiles.ts';
import { profile } from './shop-words.ts';

const ownSeconds = 60;
const warmUpSeconds = 2;
const perSecond = 50;
const day = 86_400;
const budget = { most: 1.5 };

interface Load {
  readonly name: string;
  readonly recordsPerSecond: number;
}

interface Written {
  readonly records: number;
  readonly seconds: number;
  readonly bytes: number | null;
  readonly commitMs: readonly number[];
  readonly urgentMs: readonly number[];
}

export const store: Bench = {
  name: 'store',
  title: 'bytes written a day and commit latency of the store',
  async run(context) {
    const maker = new RecordMaker(loadProfile(profile), 1);
    const loads = [
      { name: '50 readings/s', recordsPerSecond: perSecond / maker.readings },
      { name: '50 records/s', recordsPerSecond: perSecond },
    ];
    const figures: Figure[] = [];
    for (const load of loads) {
      context.say(load.name);
      figures.push(...figuresOf(load, await write(load, maker, context)));
    }
    return { figures, remarks: remarksOn(maker) };
  },
};

async function write(
  { name, recordsPerSecond }: Load,
  maker: RecordMaker,
  { seconds, dir }: BenchContext,
): Promise<Written> {
  const keptAt = new Map<number, number>();
  const keeper = createKeeper({
    fork: listening((seq) => keptAt.set(seq, performance.now())),
    path: join(dir, name.replaceAll(/\W/g, '-')),
    boot: newBoot(),
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    onEvent: () => undefined,
  });
  try {
    await keeper.opened();
    await pace(keeper, maker, recordsPerSecond, warmUpSeconds);
    const { pid } = keeper.stats();
    const before = pid === null ? null : writtenBytesOf(pid);
    const begun = performance.now();
    const given = await pace(keeper, maker, recordsPerSecond, seconds ?? ownSeconds);
    await keeper.flush();
    const after = pid === null ? null : writtenBytesOf(pid);
    const commitMs = [...given].map(([seq, ms]) => (keptAt.get(seq) ?? Number.NaN) - ms);
    return {
      records: given.size,
      seconds: (performance.now() - begun) / 1000,
      bytes: before === null || after === null ? null : after - before,
      commitMs: commitMs.filter((ms) => Number.isFinite(ms)),
      urgentMs: await flushTimes(keeper, maker),
    };
  } finally {
    await keeper.close();
  }
}

/** Hears what the keep child says to the keeper: which records it has committed. */
function listening(kept: (seq: number) => void): ForkRole {
  return (role, options) => {
    const child = forkRole(role, options);
    child.on('message', (message: { type?: unknown; seqs?: unknown }) => {
      if (message.type === 'kept' && Array.isArray(message.seqs)) message.seqs.forEach(kept);
    });
    return child;
  };
}

/** Gives the keeper records at an even pace; seq → when. */
async function pace(
  keeper: Keeper,
  maker: RecordMaker,
  recordsPerSecond: number,
  seconds: number,
): Promise<Map<number, number>> {
  const given = new Map<number, number>();
  const begun = performance.now();
  const total = Math.max(1, Math.round(recordsPerSecond * seconds));
  while (given.size < total) {
    const due = begun + (given.size * 1000) / recordsPerSecond;
    const waitMs = due - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const { body, at } = maker.next();
    given.set(keeper.keep(body, at).seq, performance.now());
  }
  return given;
}

/** One record, committed at once, as an alert is: again and again. */
async function flushTimes(keeper: Keeper, maker: RecordMaker): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < 200; i += 1) {
    const { body, at } = maker.next();
    const begun = performance.now();
    keeper.keep(body, at);
    await keeper.flush();
    times.push(performance.now() - begun);
  }
  return times;
}

function figuresOf({ name }: Load, written: Written): Figure[] {
  const { bytes, records, seconds, commitMs, urgentMs } = written;
  const perDay = bytes === null ? null : (bytes / seconds) * day;
  const note =
    bytes === null
      ? '/proc/<pid>/io cannot be read'
      : `${records} records in ${Math.round(seconds)} s`;
  const gigabytes = perDay === null ? null : perDay / 1e9;
  return [
    figure(`${name}: written a day, extrapolated`, gigabytes, 'GB', { budget, note }),
    figure(`${name}: written`, bytes === null ? null : bytes / records, 'bytes a record'),
    ...quantileFigures(`${name}: keep → committed`, commitMs, 'ms'),
    ...quantileFigures(`${name}: one record committed at once`, urgentMs, 'ms').filter(({ name }) =>
      /p50|max/.test(name),
    ),
  ];
}

function remarksOn(maker: RecordMaker): string[] {
  return [
    `A record is one die-casting shot with ${maker.readings} readings and its features. The product's budget counts readings; 50 records/s is 180 times a shop of ten machines.`,
    'Bytes are those the keep process sent to the disk (/proc/<pid>/io write_bytes), over the time given and extrapolated to a day. Checkpoints are in it when they fell due.',
  ];
}
