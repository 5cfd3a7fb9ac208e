/** OEE by ISO 22400-2, against figures worked by hand. */
import { expect, test } from 'vitest';
import { unplanned } from '../../agent/production/calendar.ts';
import { type OeePlan, oeeReport } from '../../agent/production/oee-report.ts';
import type { ProductionFacts, ShotCount, StopKind, StopRow } from '../../agent/records.ts';
import { configSchema } from '../../config/schema.ts';

const productionOf = (more: object = {}): OeePlan['production'] =>
  configSchema.shape.production.parse(more);
const minute = 60_000;
const local = (clock: string, day = 27): number => {
  const [hour = 0, min = 0] = clock.split(':').map(Number);
  return new Date(2026, 10, day, hour, min).getTime();
};

function stop(
  id: string,
  from: string,
  to: string,
  more: Partial<StopRow> & { why?: string } = {},
): StopRow {
  const { why, ...rest } = more;
  const [beginWallMs, endWallMs] = [local(from), local(to)];
  const reason =
    why === undefined
      ? null
      : { code: why, note: null, who: '김반장', wallMs: 0, inherited: false };
  return {
    ...{ boot: 'b', id, machine: 'dc-03', mold: '7', kind: 'stop' as StopKind, state: 'ended' },
    ...{ beginWallMs, endWallMs, durationMs: endWallMs - beginWallMs, usualMs: 40_000 },
    ...{ continues: null, clockSynced: true, reason, ...rest },
  };
}

const counted = (more: Partial<ShotCount> = {}): ShotCount => ({
  ...{ machine: 'dc-03', mold: '7', shiftFromWallMs: local('08:00') },
  ...{ shots: 0, unwatched: 0, neither: 0, suppressed: 0 },
  ...{ inspected: { ok: 0, defect: 0 }, judged: { ok: 0, defect: 0 }, ...more },
});

/** One shift of one machine, 08:00 to 16:00, watched all the while. */
const factsOf = (more: Partial<ProductionFacts> = {}): ProductionFacts => {
  const [from, to] = [local('08:00'), local('16:00')];
  return {
    ...{ fromWallMs: from, toWallMs: to, shifts: [{ shiftFrom: from, from, to }] },
    watched: [{ machine: 'dc-03', fromWallMs: from, toWallMs: to }],
    ...{ stops: [], molds: [{ machine: 'dc-03', mold: '7', fromWallMs: from }] },
    ...{ counts: [], paces: [], ...more },
  };
};

const planOf = (production: object, idealS: number | null = null): OeePlan => ({
  production: productionOf(production),
  idealCycleMs: () => (idealS === null ? null : idealS * 1000),
});

test('a shift worked by hand', () => {
  // 480 min; break 12:00-13:00, in which the machine stood 60 of the 70 min of one stop; 20 min planned
  // maintenance; 40 min breakdown; 6 micro-stops of 2 min. PBT = 480-60-20 = 400 min.
  // APT = 400-10-40-12 = 338 min. PRI 48 s, PQ 380: 304 min. GQ 361 of 380.
  const micro = ['08:10', '08:20', '08:30', '08:40', '08:50', '09:00'].map((from, i) =>
    stop(`m${i}`, from, `${from.slice(0, 4)}2`, { kind: 'micro' }),
  );
  const stops = [
    ...micro,
    stop('s1', '09:30', '10:10', { why: 'breakdown' }),
    stop('s2', '11:55', '13:05'),
    stop('s3', '15:00', '15:20', { why: 'planned' }),
  ];
  const counts = [
    counted({ shots: 380, inspected: { ok: 171, defect: 9 }, judged: { ok: 190, defect: 10 } }),
  ];
  const plan = planOf({ breaks: ['12:00-13:00'] }, 48);
  const { rows } = oeeReport(factsOf({ stops, counts }), plan, ['machine', 'mold', 'shift']);
  expect(rows).toHaveLength(1);
  const [row] = rows;
  expect(row).toMatchObject({
    ...{ machine: 'dc-03', mold: '7', shiftFromWallMs: local('08:00') },
    time: {
      busyMs: 400 * minute,
      productionMs: 338 * minute,
      plannedStopMs: 80 * minute,
      stopMs: 50 * minute,
      microStopMs: 12 * minute,
      unknownMs: 0,
    },
    stops: {
      ...{ stops: 2, microStops: 6, unexplained: 1, unexplainedMs: 10 * minute },
      byReason: {
        breakdown: { count: 1, ms: 40 * minute },
        planned: { count: 1, ms: 20 * minute },
      },
    },
    shots: { produced: 380, good: 361, defect: 19, unknown: 0, inspected: 180 },
    paceBasis: 'configured',
  });
  expect(row?.availability).toBeCloseTo(338 / 400, 12);
  expect(row?.effectiveness).toBeCloseTo((48 * 380) / (338 * 60), 12);
  expect(row?.quality).toBeCloseTo(0.95, 12);
  // 304 min of good pace times 0.95, of 400 min.
  expect(row?.oee).toBeCloseTo((304 * 0.95) / 400, 12);
});

test('what nobody saw is unknown, and is in no ratio; a reason makes it a stop', () => {
  const gone = stop('u1', '10:00', '11:00', { kind: 'unknown' });
  const facts = factsOf({
    stops: [gone],
    watched: [
      { machine: 'dc-03', fromWallMs: local('08:00'), toWallMs: local('13:00') },
      { machine: 'dc-03', fromWallMs: local('14:00'), toWallMs: local('16:00') },
    ],
    counts: [counted({ shots: 360, judged: { ok: 360, defect: 0 }, unwatched: 60 })],
  });
  const [blind] = oeeReport(facts, planOf({}, 60), []).rows;
  expect(blind).toMatchObject({
    time: { unknownMs: 120 * minute, busyMs: 360 * minute, productionMs: 360 * minute },
    shots: { produced: 360, unwatched: 60 },
    ...{ availability: 1, effectiveness: 1, quality: 1, oee: 1 },
  });
  const told = {
    ...gone,
    reason: { code: 'mold-change', note: null, who: 'kim', wallMs: 0, inherited: false },
  };
  const [known] = oeeReport({ ...facts, stops: [told] }, planOf({}, 60), []).rows;
  expect(known).toMatchObject({
    time: {
      unknownMs: 60 * minute,
      busyMs: 420 * minute,
      productionMs: 360 * minute,
      stopMs: 60 * minute,
    },
    availability: 360 / 420,
  });
});

test('a shot that nobody inspected or judged is never good', () => {
  const counts = [
    counted({ shots: 100, judged: { ok: 50, defect: 10 }, neither: 40, suppressed: 15 }),
  ];
  const [row] = oeeReport(factsOf({ counts }), planOf({}, 60), []).rows;
  expect(row).toMatchObject({
    ...{ quality: 50 / 60, qualityLow: 0.5, qualityHigh: 0.9 },
    shots: { good: 50, defect: 10, unknown: 40, suppressed: 15, inspected: 0 },
  });
  const dark = [counted({ shots: 100, neither: 100 })];
  expect(oeeReport(factsOf({ counts: dark }), planOf({}, 60), []).rows[0]).toMatchObject({
    ...{ quality: null, oee: null, qualityLow: 0, qualityHigh: 1 },
  });
});

test('the planned cycle is configured, or learned from enough cycles, or not known', () => {
  const counts = [
    counted({ shots: 100, judged: { ok: 100, defect: 0 } }),
    counted({ shots: 50, mold: '8', judged: { ok: 50, defect: 0 } }),
  ];
  const pace = (mold: string, cycles: number) => ({
    machine: 'dc-03',
    mold,
    cycles,
    bestMs: 50_000,
  });
  const facts = factsOf({ counts, paces: [pace('7', 90), pace('8', 29)] });
  const [none] = oeeReport(facts, planOf({}), []).rows;
  expect(none).toMatchObject({ effectiveness: null, oee: null, plannedRunMs: null });
  const byMold = oeeReport(facts, planOf({}), ['mold']).rows;
  expect(byMold.map((row) => [row.mold, row.paceBasis, row.plannedRunMs])).toEqual([
    ['7', 'learned', 5_000_000],
    ['8', null, null],
  ]);
  const plan: OeePlan = {
    ...planOf({}),
    idealCycleMs: (_, mold) => (mold === '8' ? 30_000 : null),
  };
  expect(oeeReport(facts, plan, []).rows[0]).toMatchObject({
    paceBasis: 'mixed',
    plannedRunMs: 6_500_000,
  });
});

test('a mold change counts for the mold that comes in, and times of molds add up to the shift', () => {
  const facts = factsOf({
    stops: [stop('s1', '10:00', '11:00', { why: 'mold-change' })],
    molds: [
      { machine: 'dc-03', mold: '7', fromWallMs: local('08:00') },
      { machine: 'dc-03', mold: '8', fromWallMs: local('10:00') },
    ],
  });
  const rows = oeeReport(facts, planOf({}), ['mold']).rows;
  expect(
    rows.map(({ mold, time, availability }) => [mold, time.busyMs / minute, availability]),
  ).toEqual([
    ['7', 120, 1],
    ['8', 360, 300 / 360],
  ]);
});

test('hours, days and breaks of a plant, over midnight too', () => {
  const off = unplanned(
    { from: local('00:00'), to: local('00:00', 29) },
    productionOf({ plannedHours: ['20:00-04:00'], plannedDays: ['fri'], breaks: ['23:30-00:30'] }),
  );
  // The 27th is a Friday.
  expect(off).toEqual([
    { from: local('00:00'), to: local('20:00') },
    { from: local('23:30'), to: local('00:30', 28) },
    { from: local('04:00', 28), to: local('00:00', 29) },
  ]);
  expect(unplanned({ from: local('00:00'), to: local('24:00') }, productionOf())).toEqual([]);
});
