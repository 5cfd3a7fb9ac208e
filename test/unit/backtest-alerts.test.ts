import { describe, expect, test } from 'vitest';
import { alertFigures } from '../../agent/backtest/alert-figures.ts';
import { AlertReplay } from '../../agent/backtest/alert-replay.ts';
import { episodesOf } from '../../agent/backtest/episodes.ts';
import type { JudgedShot } from '../../agent/backtest/shot.ts';
import type { Cycle, Verdict } from '../../agent/records.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { readBundle } from '../../models/bundle.ts';
import { findBundle } from '../../models/find-bundle.ts';
import { seededShots, shot, threshold } from './backtest-support.ts';

const cycleMs = 60_000;
const { manifest } = await readBundle((await findBundle('injection-defect')).dir);
const profile = loadProfile('injection-molding');

function cycleOf({ row, mold, wallMs, outcome }: JudgedShot): Cycle {
  const at = { monoMs: wallMs ?? row * cycleMs, wallMs: wallMs ?? 0 };
  return {
    ...{ machine: 'm', profile: profile.id, mold, shot: row, index: row, observed: 'whole', at },
    ...{ readings: {}, features: {}, times: { trigger: 0, snapshot: 0 } },
    suppressed: outcome === 'unscored' ? 'try-shot' : null,
  };
}

function verdictOf({ outcome, reason, score }: JudgedShot): Verdict {
  return {
    ...{ outcome, reason, detail: null, probability: score, threshold, model: null },
    ...{ judge: 'model', flags: [], breaches: [], times: { trigger: 0, snapshot: 0 } },
  };
}

function replay(shots: readonly JudgedShot[]) {
  const replayed = new AlertReplay({
    ...{ profile, manifest, callsPerHour: 5, watched: null },
    doubt: () => undefined,
  });
  for (const one of shots) replayed.observe(cycleOf(one), verdictOf(one), one.wallMs);
  return replayed.alerts();
}

/** `D` a defect that is found, `d` one that is missed, `F` a false alarm, `.` good, `-` unscored. */
function line(marks: string, mold: string | null = null): JudgedShot[] {
  return [...marks].map((mark, index) =>
    shot(index + 1, {
      ...{ mold, wallMs: Date.parse('2026-01-05T08:00+09:00') + index * cycleMs },
      score: mark === '-' ? null : 'DF'.includes(mark) ? 0.9 : 0.1,
      label: 'Dd'.includes(mark) ? 1 : 0,
    }),
  );
}

describe('alerts of a history', () => {
  test('are raised by two of three and cleared by five good ones, as the agent does', () => {
    const alerts = replay(line('..D.........DD......D.D.....'));
    expect(alerts.map(({ raisedRow, clearedRow }) => [raisedRow, clearedRow])).toEqual([
      [14, 19],
      [23, 28],
    ]);
    expect(alerts[0]).toMatchObject({
      ...{ cause: 'defect-unknown', attention: 'call' },
      ranges: [{ from: 13, to: 14 }],
    });
  });

  test('are true by what inspection found among their shots', () => {
    const shots = line('....DD...........FF...........d.......D..');
    const figures = alertFigures(shots, replay(shots), 6);
    expect(figures).toMatchObject({
      ...{ alerts: 2, called: 2, defectVerdicts: 5 },
      perThousandShots: (2 / shots.length) * 1000,
      ...{ days: 1, perDay: 2 },
      trueShare: { count: 1, of: 2 },
      sortedYield: { count: 2, of: 4 },
      defectsWithin: { count: 2, of: 4 },
    });
    expect(figures.episodes).toMatchObject({
      ...{ episodes: 3, found: 1 },
      single: { episodes: 2, found: 0 },
      several: { episodes: 1, found: 1 },
      shotsToAlert: { median: 1, p90: 1, max: 1 },
      missed: [
        { fromRow: 31, toRow: 31, defects: 1 },
        { fromRow: 39, toRow: 39, defects: 1 },
      ],
    });
  });

  test('count only the shots of their own mold', () => {
    const [a, b] = [line('D.D.......', 'a'), line('.D.D......', 'b')];
    const shots = a.map((one, i) => (i % 2 === 0 ? one : (b[i] ?? one)));
    const figures = alertFigures(shots, replay(shots), 10);
    expect(figures.list.map(({ mold, shotsToSort }) => [mold, shotsToSort])).toEqual([
      ['a', 2],
      ['b', 2],
    ]);
    expect(figures.episodes.perMold).toEqual({
      a: { episodes: 1, found: 1, alerts: 1 },
      b: { episodes: 1, found: 1, alerts: 1 },
    });
  });

  test('are not judged where nothing was inspected', () => {
    const shots = line('..FF.....').map((one) => ({ ...one, label: null }));
    const figures = alertFigures(shots, replay(shots), 10);
    expect(figures).toMatchObject({
      ...{ alerts: 1, notInspected: 1 },
      trueShare: { of: 0, value: null },
      defectsWithin: { of: 0, value: null },
    });
    expect(figures.list[0]?.isTrue).toBeNull();
  });

  test('never come of shots that were not scored', () => {
    expect(replay(line('--D-----D---..').filter(({ row }) => row !== 9))).toEqual([]);
  });

  test('per day are not known without times', () => {
    const shots = line('..DD..').map((one) => ({ ...one, wallMs: null }));
    expect(alertFigures(shots, replay(shots), 10)).toMatchObject({ perDay: null, days: null });
  });
});

describe('runs of defects', () => {
  const defectRows = (shots: readonly JudgedShot[], within: number) =>
    episodesOf(shots, within).map(({ defects }) => defects);

  test('end where so many shots of the mold lie between', () => {
    expect(defectRows(line('dd..d....d'), 4)).toEqual([[1, 2, 5], [10]]);
    expect(defectRows(line('dd..d....d'), 6)).toEqual([[1, 2, 5, 10]]);
  });

  test('are those of one mold, whatever runs between', () => {
    const shots = line('d....d').map((one) => ({ ...one, mold: one.label === 1 ? 'a' : 'b' }));
    expect(defectRows(shots, 2)).toEqual([[1, 6]]);
  });

  test('hold each defect once', () => {
    const shots = seededShots(8, 500, 0.1, (row) => ({ mold: row % 3 === 0 ? 'a' : 'b' }));
    const rows = shots.filter(({ label }) => label === 1).map(({ row }) => row);
    expect(
      defectRows(shots, 7)
        .flat()
        .sort((a, b) => a - b),
    ).toEqual(rows);
  });
});
