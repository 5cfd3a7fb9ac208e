/** Verdicts against labels: the figures, their intervals, and when there is none to give. */
import { expect, test } from 'vitest';
import { qualityLines } from '../../agent/cli/quality-lines.ts';
import { placeOf } from '../../agent/cli/store-access.ts';
import type { QualityRow } from '../../agent/records.ts';
import type { Keeper } from '../../agent/store/keeper.ts';
import { figuresOf, noCounts, type QualityCounts } from '../../agent/store/quality-row.ts';
import { shiftsWithin } from '../../agent/store/shifts.ts';
import { shareOf } from '../../models/share.ts';
import { at, cycleBody, labelBody, startKeeper, temporaryDirectory } from './store-support.ts';

test('intervals are Wilson’s', () => {
  // From Newcombe 1998, table I: 81/263, 15/148, 0/20, 1/29.
  const tabled: [number, number, number, number][] = [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ];
  for (const [count, of, low, high] of tabled) {
    const share = shareOf(count, of);
    expect(share.low).toBeCloseTo(low, 4);
    expect(share.high).toBeCloseTo(high, 4);
  }
  expect(shareOf(0, 0)).toEqual({ count: 0, of: 0, value: null, low: null, high: null });
  expect(shareOf(7, 7)).toMatchObject({ value: 1, high: 1 });
});

test('shifts begin by the local clock and run over midnight', () => {
  const local = (day: number, hour: number): number => new Date(2026, 10, day, hour).getTime();
  const periods = shiftsWithin(local(26, 6), local(27, 9), ['20:00', '08:00']);
  expect(periods).toEqual([
    { shiftFrom: local(25, 20), from: local(26, 6), to: local(26, 8) },
    { shiftFrom: local(26, 8), from: local(26, 8), to: local(26, 20) },
    { shiftFrom: local(26, 20), from: local(26, 20), to: local(27, 8) },
    { shiftFrom: local(27, 8), from: local(27, 8), to: local(27, 9) },
  ]);
  expect(shiftsWithin(local(26, 6), local(27, 9), ['07:30'])).toHaveLength(3);
});

interface Plan {
  readonly outcome: 'ok' | 'defect' | 'unscored';
  /** What inspection found on so many of them; null: not inspected. */
  readonly found: 'ok' | 'defect' | null;
  readonly count: number;
}

let made = 0;
function make(keeper: Keeper, plans: readonly Plan[], more: Parameters<typeof cycleBody>[1] = {}) {
  for (const { outcome, found, count } of plans)
    for (let n = 0; n < count; n += 1) {
      made += 1;
      const body = cycleBody(made, more, { outcome, reason: 'x' });
      const key = keeper.keep(body, at(1000 + made));
      if (found === null) continue;
      const { machine = 'dc-03' } = more;
      keeper.keep(labelBody(key, { machine, result: found }), at(2000 + made));
    }
}

async function oneRow(plans: readonly Plan[]): Promise<QualityRow> {
  const { keeper } = startKeeper(temporaryDirectory(), { memoryRecords: 50_000 });
  make(keeper, plans);
  await keeper.flush(30_000);
  const period = { fromWallMs: at(0).wallMs, toWallMs: at(1e7).wallMs };
  const { rows } = await keeper.query('quality', { ...period, by: [] });
  expect(rows).toHaveLength(1);
  return rows[0] as QualityRow;
}

test('all shots inspected: counted as they are, shots without a verdict left out', async () => {
  const row = await oneRow([
    { outcome: 'defect', found: 'defect', count: 8 },
    { outcome: 'defect', found: 'ok', count: 2 },
    { outcome: 'ok', found: 'defect', count: 4 },
    { outcome: 'ok', found: 'ok', count: 86 },
    { outcome: 'unscored', found: 'defect', count: 5 },
    { outcome: 'unscored', found: null, count: 20 },
  ]);
  expect(row).toMatchObject({
    shots: 125,
    verdicts: { ok: 90, defect: 10 },
    labelled: 100,
    unjudgedLabelled: 5,
    baseRate: { count: 12, of: 100, value: 0.12 },
    precision: { count: 8, of: 10, value: 0.8 },
    falseAlarms: { count: 2, of: 10 },
    missed: { count: 4, of: 90 },
    recall: { method: 'counted', count: 8, of: 12, value: 8 / 12 },
    coverage: { kind: 'even' },
  });
});

test('only suspected shots inspected: no recall, however good it would look', async () => {
  const row = await oneRow([
    { outcome: 'defect', found: 'defect', count: 18 },
    { outcome: 'defect', found: 'ok', count: 2 },
    { outcome: 'ok', found: 'ok', count: 5 },
    { outcome: 'ok', found: null, count: 475 },
  ]);
  expect(row.recall).toBeNull();
  expect(row).toMatchObject({
    precision: { count: 18, of: 20 },
    baseRate: { count: 18, of: 25 },
    coverage: { kind: 'suspected-only', defect: { count: 20, of: 20 }, ok: { count: 5, of: 480 } },
  });
});

test('no alarms and one label in 98 passes: no recall of 0 %, and nothing about even inspection', async () => {
  const row = await oneRow([
    { outcome: 'ok', found: 'defect', count: 1 },
    { outcome: 'ok', found: null, count: 97 },
  ]);
  expect(row).toMatchObject({ recall: null, coverage: { kind: 'too-few' } });
});

test('the only inspected shot had verdict ok: nobody was after suspected ones', async () => {
  const row = await oneRow([
    { outcome: 'ok', found: 'ok', count: 1 },
    { outcome: 'ok', found: null, count: 97 },
    { outcome: 'defect', found: null, count: 5 },
  ]);
  expect(row).toMatchObject({ recall: null, coverage: { kind: 'too-few' } });
  const report = {
    fromWallMs: 0,
    toWallMs: 1,
    by: [],
    rows: [row],
    calibration: [],
    labelsWithoutShot: 0,
  };
  const text = qualityLines(report, placeOf({ store: 'x' })).join('\n');
  expect(text).not.toContain('의심 샷만');
  expect(text).toContain('너무 적어(30건 또는 1 % 미만)');
});

test('a few passes, and all of them inspected: nothing is left that could be missed', async () => {
  const row = await oneRow([
    { outcome: 'defect', found: 'defect', count: 3 },
    { outcome: 'ok', found: 'defect', count: 1 },
    { outcome: 'ok', found: 'ok', count: 9 },
  ]);
  expect(row).toMatchObject({ recall: { method: 'counted', count: 3, of: 4 } });
});

test('the table says what labels cannot tell, in Korean too', () => {
  const figures = (counts: Partial<QualityCounts>): QualityRow => ({
    ...{ machine: 'dc-03', mold: null, model: null, shiftFromWallMs: null },
    ...figuresOf({ ...noCounts(), shots: 500, ok: 480, defect: 20, ...counts }),
  });
  const rows = [
    figures({ truePositives: 18, falsePositives: 2, trueNegatives: 5 }),
    figures({ truePositives: 18, falsePositives: 2, trueNegatives: 478, falseNegatives: 2 }),
    figures({ trueNegatives: 400 }),
    figures({}),
  ];
  const report = {
    fromWallMs: 0,
    toWallMs: 1,
    by: ['machine'] as const,
    rows,
    calibration: [],
    labelsWithoutShot: 3,
  };
  const of = (lang: 'ko' | 'en'): string[] => qualityLines(report, placeOf({ store: 'x', lang }));
  const [, suspected, counted, blind, bare, , ...notes] = of('ko');
  expect(suspected).toMatch(/72\.0 % \(18\/25, .*90\.0 % \(18\/20, .*알 수 없음/);
  expect(counted).toMatch(/90\.0 % \(18\/20, 69\.9~97\.2\) +90\.0 % \(18\/20, 69\.9~97\.2\)/);
  expect(blind).toContain('알 수 없음');
  expect(bare).toMatch(/500 +500 +20 +0 +500( +-){5}$/);
  expect(notes[0]).toContain('양품 판정 5/480');
  expect(notes.join('\n')).toMatch(/^4\. 검사 결과 없음$[\s\S]*빠진 검사 결과 3건/m);
  expect(of('en').join('\n')).toMatch(/not known[\s\S]*3 labels are of shots no longer/);
});

test('every alarm and one pass in ten inspected: recall is of all shots, not of the inspected', async () => {
  const row = await oneRow([
    { outcome: 'defect', found: 'defect', count: 30 },
    { outcome: 'defect', found: 'ok', count: 10 },
    { outcome: 'ok', found: 'defect', count: 2 },
    { outcome: 'ok', found: 'ok', count: 48 },
    { outcome: 'ok', found: null, count: 450 },
  ]);
  // 30 found; 2 of 50 missed stand for 20 of 500: 30/50, where the labels alone would say 30/32.
  expect(row.recall).toMatchObject({ method: 'weighted', count: 30, of: 32 });
  expect(row.recall?.value).toBeCloseTo(0.6, 10);
  expect(row.recall?.low).toBeLessThan(0.5);
  expect(row.recall?.high).toBeGreaterThan(0.8);
  expect(row.coverage.kind).toBe('selective');
});

test('no labels: base rate, precision and recall are not known, not zero', async () => {
  const row = await oneRow([{ outcome: 'ok', found: null, count: 3 }]);
  expect(row).toMatchObject({
    labelled: 0,
    recall: null,
    coverage: { kind: 'none' },
    baseRate: { value: null, low: null, high: null },
    precision: { value: null },
  });
});

test('by machine, mold, model and shift; a shot is a defect when one of its parts is', async () => {
  const { keeper } = startKeeper(temporaryDirectory());
  const shot = keeper.keep(cycleBody(1, {}, { outcome: 'defect' }), at(1));
  keeper.keep(labelBody(shot, { part: 'A', result: 'ok' }), at(2));
  keeper.keep(labelBody(shot, { part: 'B', result: 'defect' }), at(3));
  const half = keeper.keep(cycleBody(2), at(4));
  keeper.keep(labelBody(half, { part: 'A', result: 'ok' }), at(5));
  const corrected = keeper.keep(cycleBody(3), at(6));
  for (const part of ['A', 'B'])
    keeper.keep(labelBody(corrected, { part, result: 'defect' }), at(7));
  for (const part of ['A', 'B']) keeper.keep(labelBody(corrected, { part, result: 'ok' }), at(8));
  keeper.keep(cycleBody(4, { mold: 'B-7' }, { model: null, judge: 'limits' }), at(9));
  const day = 86_400_000;
  keeper.keep(cycleBody(5), at(day));
  keeper.keep(labelBody({ boot: 'gone', seq: 1 }), at(10));
  await keeper.flush();
  const period = { fromWallMs: at(0).wallMs, toWallMs: at(2 * day).wallMs };
  const parts = { 'dc-03': 2 };
  const report = await keeper.query('quality', { ...period, parts });
  expect(report.labelsWithoutShot).toBe(1);
  const key = ({ mold, model, shots }: QualityRow) => [mold, model?.version ?? null, shots];
  expect(report.rows.map(key).sort()).toEqual([
    ['A-12', '1.0.0', 1],
    ['A-12', '1.0.0', 3],
    ['B-7', null, 1],
  ]);
  expect(report.rows.find(({ shots }) => shots === 3)).toMatchObject({
    ...{ labelled: 2, partly: 1, truePositives: 1, trueNegatives: 1 },
  });
  const { rows } = await keeper.query('quality', { ...period, by: ['mold'], mold: 'B-7' });
  expect(rows).toMatchObject([{ machine: null, mold: 'B-7', shiftFromWallMs: null, shots: 1 }]);
  const wrong = [{}, { ...period, by: ['x'] }, { ...period, shifts: ['25:00'] }];
  for (const params of [
    ...wrong,
    { fromWallMs: 0, toWallMs: 1e12 },
    { ...period, parts: { a: 0 } },
  ])
    await expect(keeper.query('quality', params as never)).rejects.toMatchObject({ code: 'usage' });
});

/** Shots with one probability each, and what inspection found of so many of them. */
async function calibrated(
  plans: readonly { p: number; outcome: 'ok' | 'defect'; defects: number; of: number }[],
) {
  const { keeper } = startKeeper(temporaryDirectory(), { memoryRecords: 50_000 });
  const model = { name: 'diecast-defect', version: '1.0.0', hash: 'h' };
  for (const { p, outcome, defects, of } of plans)
    for (let n = 0; n < of; n += 1) {
      made += 1;
      const judged = { outcome, reason: 'x', probability: p, threshold: 0.5, model };
      const key = keeper.keep(cycleBody(made, {}, judged), at(1000 + made));
      keeper.keep(
        labelBody(key, { machine: 'dc-03', result: n < defects ? 'defect' : 'ok' }),
        at(2000 + made),
      );
    }
  await keeper.flush(30_000);
  const period = { fromWallMs: at(0).wallMs, toWallMs: at(1e7).wallMs };
  const report = await keeper.query('quality', { ...period, by: [] });
  return report;
}

test('the model says 5 %, inspection found 12 %: said so, where chance does not explain it', async () => {
  const report = await calibrated([{ p: 0.05, outcome: 'ok', defects: 24, of: 200 }]);
  const [row] = report.calibration;
  expect(row).toMatchObject({
    machine: 'dc-03',
    model: { name: 'diecast-defect', version: '1.0.0' },
    labelled: 200,
    found: { count: 24, of: 200, value: 0.12 },
    fit: 'too-low',
  });
  expect(row?.expected).toBeCloseTo(0.05, 9);
  // 24 defects at 0.95 ** 2 and 176 good ones at 0.05 ** 2.
  expect(row?.brier).toBeCloseTo((24 * 0.95 ** 2 + 176 * 0.05 ** 2) / 200, 9);
  expect(row?.bins).toHaveLength(1);
  const text = (lang: 'ko' | 'en') =>
    qualityLines(report, placeOf({ store: 'x', lang })).join('\n');
  expect(text('ko')).toMatch(/모델은 불량 5\.0 % 예상, 검사 결과 12\.0 % \(24\/200, 8\.2~17\.2\)/);
  expect(text('ko')).toContain('모델이 실제보다 낮게 봄');
  expect(text('en')).toContain('the model says too little');
});

test('probabilities that come true fit, in every range; a few labels tell nothing', async () => {
  const report = await calibrated([
    { p: 0.01, outcome: 'ok', defects: 2, of: 200 },
    { p: 0.3, outcome: 'ok', defects: 18, of: 60 },
    { p: 0.9, outcome: 'defect', defects: 2, of: 9 },
  ]);
  const [row] = report.calibration;
  expect(row?.fit).toBe('fits');
  expect(row?.bins.map(({ low, high, fit }) => [low, high, fit])).toEqual([
    [0, 0.02, 'fits'],
    [0.2, 0.4, 'fits'],
    [0.8, 1, 'too-few'],
  ]);
});

test('a score that is no probability is not set against a share', async () => {
  const report = await calibrated([{ p: 4.2, outcome: 'defect', defects: 40, of: 40 }]);
  expect(report.calibration).toEqual([]);
});
