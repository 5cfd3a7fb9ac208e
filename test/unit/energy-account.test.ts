/** Energy of shots and quarter hours against a machine whose true energy is known. */
import { describe, expect, test } from 'vitest';
import type { ShotEnergy } from '../../agent/records.ts';
import {
  MeteredMachine,
  type MeteredOptions,
  machineStartWallMs,
  totalOf,
} from '../fixtures/metered-machine.ts';

const quarterMs = 900_000;

/** Every measured shot lies within its own bound, and the largest miss as a share of the truth. */
function worstMiss({ energies, truths }: MeteredMachine): number {
  let worst = 0;
  for (const { kWh, errorKwh, index } of energies) {
    if (kWh === null || errorKwh === null) continue;
    const truth = truths[index - 1] ?? Number.NaN;
    expect(Math.abs(kWh - truth)).toBeLessThanOrEqual(errorKwh + 1e-6);
    worst = Math.max(worst, Math.abs(kWh - truth) / truth);
  }
  return worst;
}

const measured = (energies: readonly ShotEnergy[]): ShotEnergy[] =>
  energies.filter(({ kWh }) => kWh !== null);

const whys = (energies: readonly ShotEnergy[]): (string | null)[] => energies.map(({ why }) => why);

/** Nothing that was used is counted twice, and nothing is left out. */
function expectWhole({ periods, usedKwh }: MeteredMachine, stepKwh = 0.001): void {
  expect(totalOf(periods)).toBeGreaterThan(usedKwh - 2 * stepKwh - 1e-6);
  expect(totalOf(periods)).toBeLessThan(usedKwh + 2 * stepKwh + 1e-6);
}

describe('energy of a shot', () => {
  test.each([1, 2, 3])('is within 1 % of what the machine used (seed %i)', (seed) => {
    const machine = new MeteredMachine({ seed });
    machine.cycles(120);
    machine.close();
    expect(machine.energies).toHaveLength(120);
    expect(whys(machine.energies).filter((why) => why !== null)).toEqual(['no-start']);
    expect(worstMiss(machine)).toBeLessThan(0.01);
    expectWhole(machine);
  });

  const wraps: readonly (readonly [string, MeteredOptions])[] = [
    ['a decimal register at 999999.99', { startKwh: 999_990, rollsOverAtKwh: 999_999.99 }],
    ['16 bits of pulses', { startKwh: 6550, rollsOverAtKwh: 6553.6, stepKwh: 0.01 }],
    ['32 bits of Wh', { startKwh: 4_294_960, rollsOverAtKwh: 4_294_967.296 }],
  ];
  test.each(wraps)('goes on over the roll-over of %s', (_, options) => {
    const machine = new MeteredMachine({ ...options, running: 400, peak: 500 });
    machine.cycles(60);
    machine.close();
    expect(machine.changes.map(({ kind }) => kind)).toEqual(['wrapped']);
    expect(measured(machine.energies)).toHaveLength(59);
    expect(worstMiss(machine)).toBeLessThan(0.01);
    expectWhole(machine, options.stepKwh ?? 0.001);
  });

  test('is not known where the meter was not heard, and what it counted meanwhile is a total', () => {
    const machine = new MeteredMachine();
    machine.cycles(20);
    let before = 0;
    machine.cycle(40, '2102', 'whole', () => {
      before = machine.usedKwh;
      machine.silent = true;
    });
    machine.cycles(2);
    const unheard = machine.usedKwh - before;
    machine.silent = false;
    machine.cycles(60);
    machine.close();
    const lost = machine.energies.filter(({ why }) => why === 'meter-gap');
    expect(lost.map(({ index }) => index)).toEqual([21, 22, 23, 24]);
    expect(worstMiss(machine)).toBeLessThan(0.01);
    expectWhole(machine);
    // The gap begins with the last reading before it and ends with the first one after.
    const first = machine.truths[0] ?? 0;
    const unallocated = totalOf(machine.periods, 'unallocated') - first;
    expect(unallocated).toBeGreaterThan(unheard * 0.95);
    expect(unallocated).toBeLessThan(unheard + 0.2);
  });

  const swaps: readonly (readonly [string, number, string])[] = [
    ['shows less', 1234.5, 'swapped'],
    ['shows more', 88_000, 'jumped'],
    ['begins anew', 0, 'reset'],
  ];
  test.each(swaps)('is lost for one shot when the new meter %s', (_, toKwh, kind) => {
    const machine = new MeteredMachine({ rollsOverAtKwh: 1_000_000 });
    machine.cycles(40);
    machine.cycle(40, '2102', 'whole', () => machine.show(toKwh));
    machine.cycles(39);
    machine.close();
    expect(machine.changes.map((change) => change.kind)).toEqual([kind]);
    expect(whys(machine.energies).filter((why) => why !== null)).toEqual([
      'no-start',
      'meter-changed',
    ]);
    expect(worstMiss(machine)).toBeLessThan(0.01);
    // Nothing of the difference between the meters is anybody's energy.
    expect(totalOf(machine.periods)).toBeLessThanOrEqual(machine.usedKwh);
    expect(totalOf(machine.periods)).toBeGreaterThan(0.98 * machine.usedKwh);
    expect(machine.periods.flatMap(({ meters }) => meters.map(({ segment }) => segment))).toContain(
      2,
    );
  });

  test('a load that sets in after a quiet night is no jump of the meter', () => {
    const machine = new MeteredMachine({ running: 300, peak: 300 });
    machine.stand(3600, 1);
    machine.cycles(30);
    machine.silent = true;
    machine.stand(7200, 300);
    machine.silent = false;
    machine.cycles(10);
    machine.close();
    expect(machine.changes).toEqual([]);
    expectWhole(machine);
  });

  test('is not guessed for shots the counter jumped over, nor for the one after them', () => {
    const machine = new MeteredMachine();
    machine.cycles(20);
    machine.cycle(40, null, 'missed');
    machine.cycles(20);
    machine.close();
    expect(
      machine.energies.filter(({ why }) => why !== null).map(({ index, why }) => [index, why]),
    ).toEqual([
      [1, 'no-start'],
      [21, 'shot-missed'],
      [22, 'no-start'],
    ]);
    expect(worstMiss(machine)).toBeLessThan(0.01);
    const [shots, known] = [41, 38];
    const molds = machine.periods.flatMap((period) => period.molds);
    expect(molds.reduce((sum, mold) => sum + mold.shots, 0)).toBe(shots);
    expect(molds.reduce((sum, mold) => sum + mold.measured, 0)).toBe(known);
  });

  test('of coarse pulses lies within its wide bound, and the mean within 1 %', () => {
    const machine = new MeteredMachine({ stepKwh: 0.1, startKwh: 0 });
    machine.cycles(400);
    machine.close();
    worstMiss(machine);
    const shots = measured(machine.energies);
    const sum = shots.reduce((total, { kWh }) => total + (kWh ?? 0), 0);
    const truth = shots.reduce((total, { index }) => total + (machine.truths[index - 1] ?? 0), 0);
    expect(Math.abs(sum / truth - 1)).toBeLessThan(0.01);
    expectWhole(machine, 0.1);
  });

  test('follows the power between readings that are far apart', () => {
    const apart = { afterShotMs: null, everyMs: 7000, gapMs: 21_000 } as const;
    const miss = (options: MeteredOptions): number => {
      const machine = new MeteredMachine(options);
      machine.cycles(100);
      machine.close();
      worstMiss(machine);
      const misses = measured(machine.energies).map(({ kWh, index }) =>
        Math.abs((kWh ?? 0) - (machine.truths[index - 1] ?? 0)),
      );
      return misses.reduce((sum, one) => sum + one, 0) / misses.length;
    };
    expect(miss({ ...apart, powerEveryMs: 500 })).toBeLessThan(0.5 * miss(apart));
  });

  test('a reading that comes twice, or late, changes nothing', () => {
    const machine = new MeteredMachine();
    machine.cycles(10);
    machine.account.reading(machine.shownKwh, machine.at);
    machine.account.reading(machine.shownKwh, machine.at);
    machine.account.reading(1, { monoMs: machine.nowMs - 1000, wallMs: machine.at.wallMs - 1000 });
    machine.cycles(10);
    machine.close();
    expect(machine.changes).toEqual([]);
    expect(worstMiss(machine)).toBeLessThan(0.01);
    expectWhole(machine);
  });
});

describe('a stopped machine', () => {
  test('is idle, on hold or off by its power, and its next shot begins with its cycle', () => {
    const machine = new MeteredMachine({ holdBelowKw: 9 });
    machine.cycles(30);
    machine.stand(1800, 14);
    machine.stand(3600, 6);
    machine.stand(7200, 0.1);
    machine.cycles(30);
    machine.close();
    expect(machine.energies[30]).toMatchObject({ start: 'usual-cycle', why: null });
    expect(worstMissBut(machine, 31)).toBeLessThan(0.01);
    const [idle, hold, off] = (['idle', 'hold', 'off'] as const).map((part) =>
      totalOf(machine.periods, part),
    );
    // Pieces of up to five minutes are told apart, no finer.
    expect(Math.abs((idle ?? 0) - 7)).toBeLessThan(1.2);
    expect(Math.abs((hold ?? 0) - 6)).toBeLessThan(1.2);
    expect(Math.abs((off ?? 0) - 0.2)).toBeLessThan(0.1);
    expectWhole(machine);
  });

  test('hold is not told apart where nobody said below which power', () => {
    const machine = new MeteredMachine();
    machine.cycles(30);
    machine.stand(3600, 6);
    machine.cycles(5);
    machine.close();
    expect(machine.periods.map(({ kWh }) => kWh?.hold)).toEqual(machine.periods.map(() => null));
    expect(Math.abs(totalOf(machine.periods, 'idle') - 6)).toBeLessThan(0.2);
  });

  test('of a machine that stands since the start the night is told too', () => {
    const machine = new MeteredMachine();
    machine.stand(4 * 3600, 5);
    machine.close();
    expect(totalOf(machine.periods, 'idle')).toBeGreaterThan(18);
    expectWhole(machine);
  });
});

/** Without one, whose beginning is only known from the cycles before. */
function worstMissBut({ energies, truths }: MeteredMachine, but: number): number {
  const misses = energies.flatMap(({ kWh, index }) =>
    kWh === null || index === but ? [] : [Math.abs(kWh / (truths[index - 1] ?? 0) - 1)],
  );
  return Math.max(...misses);
}

describe('quarter hours', () => {
  test('follow the wall clock, and their demand is their mean power', () => {
    const machine = new MeteredMachine();
    machine.cycles(200);
    machine.close();
    const [first, ...rest] = machine.periods;
    expect(first).toMatchObject({ kind: 'part', durationMs: 8 * 60_000, demandKw: null });
    for (const { kind, at, durationMs, demandKw, kWh } of rest.slice(0, -1)) {
      expect(kind).toBe('whole');
      expect(durationMs).toBe(quarterMs);
      expect(at.wallMs % quarterMs).toBe(0);
      const sum = Object.values(kWh ?? {}).reduce<number>((total, one) => total + (one ?? 0), 0);
      expect(demandKw).toBeCloseTo(sum * 4, 4);
      expect(demandKw).toBeGreaterThan(50);
      expect(demandKw).toBeLessThan(56);
    }
    expect(rest.at(-1)).toMatchObject({ kind: 'part', demandKw: null });
  });

  test('one that is under way has no demand yet', () => {
    const machine = new MeteredMachine();
    machine.cycles(20);
    const underWay = machine.account.underWay();
    expect(totalOf(underWay)).toBeGreaterThan(2);
    expect(underWay.map(({ kind, demandKw }) => [kind, demandKw])).toEqual(
      underWay.map(() => ['part', null]),
    );
  });

  test('their registers join without a hole', () => {
    const machine = new MeteredMachine();
    machine.cycles(100);
    machine.close();
    const spans = machine.periods.flatMap(({ meters }) => meters);
    for (const [i, span] of spans.entries())
      if (i > 0) expect(span.fromKwh).toBeCloseTo(spans[i - 1]?.toKwh ?? Number.NaN, 5);
    const moved = (spans.at(-1)?.toKwh ?? 0) - (spans[0]?.fromKwh ?? 0);
    expect(moved).toBeCloseTo(totalOf(machine.periods), 4);
  });

  test('a step of the clock cuts one short and loses nothing', () => {
    const machine = new MeteredMachine();
    machine.cycles(40);
    machine.wallOffsetMs += 3 * 3600_000 + 17 * 60_000;
    machine.cycles(40);
    machine.wallOffsetMs -= 6 * 3600_000;
    machine.cycles(40);
    machine.close();
    const lasted = machine.periods.reduce((sum, { durationMs }) => sum + (durationMs ?? 0), 0);
    expect(Math.abs(lasted - machine.nowMs)).toBeLessThan(machine.periods.length);
    expect(machine.periods.every(({ durationMs }) => (durationMs ?? 0) <= 1.01 * quarterMs)).toBe(
      true,
    );
    expect(machine.changes).toEqual([]);
    expectWhole(machine);
  });

  test('of a meter that is never heard no energy is told', () => {
    const machine = new MeteredMachine();
    machine.silent = true;
    machine.cycles(60);
    machine.close();
    const later = machine.periods.slice(1);
    expect(later.length).toBeGreaterThan(1);
    for (const { kWh, demandKw, meters } of later)
      expect({ kWh, demandKw, meters }).toEqual({ kWh: null, demandKw: null, meters: [] });
    expect(measured(machine.energies)).toEqual([]);
  });

  test('weights and verdicts are counted by mold', () => {
    const machine = new MeteredMachine();
    machine.cycles(30, 40, 'A');
    machine.cycles(20, 40, 'B');
    machine.close();
    const of = (name: string) =>
      machine.periods.flatMap(({ molds }) => molds.filter(({ mold }) => mold === name));
    const shots = (name: string): number => of(name).reduce((sum, one) => sum + one.shots, 0);
    expect([shots('A'), shots('B')]).toEqual([30, 20]);
    expect(of('B').reduce((sum, { kg }) => sum + (kg ?? 0), 0)).toBeCloseTo(40);
  });
});

describe('after a start', () => {
  const before = { registerKwh: 41_230.5, seenKw: 55 };
  const hourAgo = machineStartWallMs - 3_600_000;

  test('what was used while nobody looked is told as a total', () => {
    const machine = new MeteredMachine();
    machine.resume({ ...before, wallMs: hourAgo });
    machine.cycles(5);
    machine.close();
    expect(machine.periods[0]).toMatchObject({
      ...{ kind: 'gap', durationMs: 3_600_000, ms: null, demandKw: null },
      kWh: { unallocated: 4, production: 0 },
    });
  });

  test.each([
    ['shows less', { ...before, registerKwh: 50_000 }],
    ['shows far more than it can have used', { ...before, registerKwh: 20_000 }],
    ['was never seen for a whole quarter hour', { ...before, seenKw: null }],
  ])('nothing is told of a meter that %s', (_, mark) => {
    const machine = new MeteredMachine();
    machine.cycles(5);
    machine.resume({ ...mark, wallMs: hourAgo });
    machine.close();
    expect(machine.periods[0]).toMatchObject({ kind: 'gap', kWh: null, meters: [] });
  });
});
