/** Stops that a simulated machine really made, as the whole program tells them; the simulator knows. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { OeeReport } from '../../agent/production/oee-report.ts';
import type { StopRow } from '../../agent/records.ts';
import { type MadeShot, type Plant, startPlant } from '../../agent/simulator/plant.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { run, type Started, start } from './program.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function begin(args: readonly string[]): Started {
  const started = start(args);
  ends.push(async () => {
    started.process.kill('SIGKILL');
    await started.finished;
  });
  return started;
}

const profile = loadProfile('die-casting-cold-chamber', '.');
/** A cycle takes under a second, and its stops some seconds. */
const speed = 60;
const microStopS = 5;

interface Site {
  readonly plant: Plant;
  readonly file: string;
  readonly made: readonly MadeShot[];
  /** Resolves once so many shots were made. */
  shots(count: number): Promise<void>;
}

async function site(): Promise<Site> {
  const scenario = { stopGapShots: [14, 18], moldChangeGapShots: null, garbageRate: 0 } as const;
  const machine = {
    id: 'dc-03',
    profile,
    unit: 1,
    seed: 5,
    speed,
    scenario,
    begin: 'when-read',
  } as const;
  const plant = await startPlant({ machines: [machine] });
  ends.push(() => plant.stop());
  const made: MadeShot[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  plant.on('shot', (shot) => {
    made.push(shot);
    for (const { count, resolve } of waiting) if (made.length >= count) resolve();
  });
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-production-'));
  const file = join(dir, 'ppuri.yaml');
  writeFileSync(
    file,
    `gateway: { id: gw-1, clock: trusted, shifts: ["00:00"] }
buses: { press: { type: modbus-tcp, host: 127.0.0.1, port: ${plant.port} } }
machines:
  - id: dc-03
    name: 3호기
    profile: die-casting-cold-chamber
    devices: { plc: { bus: press } }
production: { microStopS: ${microStopS} }
store: { path: ${join(dir, 'store')} }
`,
  );
  const shots = (count: number): Promise<void> =>
    new Promise((resolve) => {
      if (made.length >= count) resolve();
      else waiting.push({ count, resolve });
    });
  return { plant, file, made, shots };
}

interface TrueStop {
  /** Wall ms of the shot before it. */
  readonly fromMs: number;
  readonly ms: number;
}

/** Stops of the scenario last minutes of simulated time: a cycle is far from it. */
function truthOf(made: readonly MadeShot[]): readonly TrueStop[] {
  const gaps = made.slice(1).map((shot, i) => {
    const before = made[i] ?? shot;
    return {
      fromMs: performance.timeOrigin + before.monoMs,
      ms: shot.monoMs - before.monoMs,
      simulatedMs: shot.simulatedMs - before.simulatedMs,
    };
  });
  const cycles = gaps.filter(({ simulatedMs }) => simulatedMs < 150_000).map(({ ms }) => ms);
  const usualMs = cycles.toSorted((a, b) => a - b)[cycles.length >> 1] ?? 0;
  return gaps
    .filter(({ simulatedMs }) => simulatedMs > 150_000)
    .map(({ fromMs, ms }) => ({ fromMs, ms: ms - usualMs }));
}

/** A computer that is busy with other tests sees a shot this much late at worst. */
const lateMs = 1500;

test('stops, their reasons and OEE agree with what the machine really did, through a kill -9', async () => {
  const { file, made, shots } = await site();
  const asJson = async (...args: string[]) =>
    JSON.parse((await run([...args, '-c', file, '--json'])).stdout);
  const first = begin(['run', '-c', file]);
  await shots(40);
  // After its third stop, in the middle of a run.
  await expect.poll(() => truthOf(made).length, { timeout: 120_000 }).toBeGreaterThanOrEqual(3);
  const count = made.length + 4;
  await shots(count);
  const truth = truthOf(made);
  const { stops } = (await asJson('stops')) as { stops: readonly StopRow[] };
  const found = stops.filter(({ durationMs }) => durationMs > lateMs).toReversed();
  for (const [i, { fromMs, ms }] of truth.entries()) {
    const stop = found.find(({ beginWallMs }) => Math.abs(beginWallMs - fromMs) < lateMs);
    expect(stop, `stop ${i} of ${ms} ms`).toMatchObject({ state: 'ended', machine: 'dc-03' });
    expect(Math.abs((stop?.durationMs ?? 0) - ms)).toBeLessThan(lateMs);
    if (Math.abs(ms - microStopS * 1000) > lateMs)
      expect(stop?.kind).toBe(ms < microStopS * 1000 ? 'micro' : 'stop');
  }
  const [last] = found.slice(-1);
  if (last === undefined) throw new Error('no stop was found');
  expect(await run(['stops', 'reason', last.id, 'lunch', '-c', file])).toMatchObject({ code: 2 });
  expect(await run(['stops', 'reason', 'x-1', 'cleaning', '-c', file])).toMatchObject({ code: 2 });
  for (const code of ['cleaning', 'planned'])
    await asJson('stops', 'reason', last.id, code, '--by', '김반장');

  first.process.kill('SIGKILL');
  await first.finished;
  const gapFrom = Date.now();
  await shots(made.length + 3);
  const second = begin(['run', '-c', file]);
  await second.line(/"bus-connected"/);
  await shots(made.length + 6);
  const again = (await asJson('stops')) as { stops: readonly StopRow[] };
  expect(again.stops.find(({ id }) => id === last.id)?.reason).toMatchObject({
    ...{ code: 'planned', who: '김반장', inherited: false },
  });
  // Nobody watched: no stop, but unknown time, and shots that count for nothing but themselves.
  const between = again.stops.filter(
    ({ kind, beginWallMs }) =>
      kind === 'stop' && beginWallMs > gapFrom && beginWallMs < gapFrom + 500,
  );
  expect(between).toEqual([]);
  const { rows } = (await asJson(
    'report',
    'oee',
    '--since',
    '10m',
    '--by',
    'machine',
  )) as OeeReport;
  expect(rows).toHaveLength(1);
  const [row] = rows;
  expect(row?.shots.unwatched).toBeGreaterThanOrEqual(2);
  expect(row?.stops.byReason.planned).toMatchObject({ count: 1 });
  expect(row?.stops.byReason.cleaning).toBeUndefined();
  expect(row?.time.plannedStopMs).toBeCloseTo(last.durationMs, 0);
  const { produced, good, defect, unknown, unwatched } = row?.shots ?? {
    ...{ produced: 0, good: 0, defect: 0, unknown: 0, unwatched: 0 },
  };
  expect(good + defect + unknown).toBe(produced);
  // The last ones may still wait for their commit.
  expect(made.length - produced - unwatched).toBeLessThanOrEqual(3);
  const { busyMs = 0, productionMs = 0, stopMs = 0, microStopMs = 0 } = row?.time ?? {};
  expect(productionMs + stopMs + microStopMs).toBeCloseTo(busyMs, 3);
  expect(row?.availability).toBeCloseTo(productionMs / busyMs, 9);
  const text = (await run(['report', 'oee', '-c', file, '--since', '10m'])).stdout;
  expect(text).toMatch(/설비종합효율/);
  expect(text).toMatch(/계획정지 \d+초 \(1\)/);
}, 280_000);
