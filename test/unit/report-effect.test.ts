/** The effect report: its figures are those of the statistics, and follow from its CSV alone. */
import { describe, expect, test } from 'vitest';
import { koreanError } from '../../agent/cli/error-words.ts';
import { usualPlan } from '../../agent/effect/defect-effect.ts';
import { effectOf } from '../../agent/effect/effect.ts';
import { effectPage } from '../../agent/report/effect-page.ts';
import { effectReport } from '../../agent/report/effect-report.ts';
import { verdictText } from '../../agent/report/effect-words.ts';
import { countRows, type Evidence } from '../../agent/report/evidence.ts';
import { evidenceCsv } from '../../agent/report/evidence-csv.ts';
import { readEvidence } from '../../agent/report/evidence-read.ts';
import {
  areByTurns,
  daysOf,
  periodsOf,
  workingDay,
  workingDayOf,
} from '../../agent/report/periods.ts';
import { alternation, planShots } from '../../agent/report/plan.ts';
import { PpuriError } from '../../config/errors.ts';
import { parseTable } from '../../models/table.ts';
import { plantEvidence } from '../fixtures/effect-evidence.ts';
import { dayName, plantCounts, steadyEnergy, steadyPlant } from '../fixtures/simulated-effect.ts';

const halved = { ...steadyPlant, factor: 0.5 };
const twoMolds = {
  ...halved,
  molds: [
    { mold: '8412', mode: null, defectRate: 0.02, share: { before: 0.7, after: 0.3 } },
    { mold: "'=하우징, 좌", mode: '고속', defectRate: 0.05, share: { before: 0.3, after: 0.7 } },
  ],
};
const saving = { ...steadyEnergy, factor: 0.85 };

const again = (evidence: Evidence): Evidence =>
  readEvidence(parseTable(evidenceCsv(evidence), 'evidence.csv'));

describe('the page', () => {
  test('says what the statistics say of the same counts', () => {
    const report = effectReport(plantEvidence(halved, 5, {}, saving));
    const { defects, energy } = effectOf(
      { counts: plantCounts(halved, 5), energy: report.evidence.energy },
      usualPlan,
    );
    if (defects.sameMix === null || energy?.kind !== 'effect') throw new Error('no effect found');
    const page = effectPage(report, 'en');
    const { before, after, difference } = defects.sameMix;
    const shown = (value: number, digits: number): string =>
      (value * 100).toFixed(digits).replace('-', '−');
    expect(defects.verdict).toBe('better');
    expect(page).toContain(`The defect rate fell: ${shown(before, 2)} % → ${shown(after, 2)} %`);
    const ends = [difference.low, difference.high].map((end) => shown(end, 2)).join(' ~ ');
    expect(page).toContain(`${shown(difference.value, 2)} pp (${ends})`);
    expect(page).toContain(`Energy fell by ${shown(energy.savedShare.value, 1)} %`);
    expect(page).toContain(`${Math.round(energy.expectedKwh).toLocaleString('en-US')} kWh`);
    for (const sure of [report.sha256, 'ab'.repeat(32), '12,345 records kept'])
      expect(page).toContain(sure);
  });

  test('is in one language and asks for nothing from elsewhere', () => {
    const report = effectReport(plantEvidence(twoMolds, 6, { scrapKrw: 3200 }));
    const page = effectPage(report, 'ko');
    expect(page).toContain('<html lang="ko">');
    expect(page).toContain('불량률이 낮아졌습니다');
    expect(page).not.toMatch(/<script|src=|href=|@import|judged shots/);
    // A mold named like markup or a formula is only a name.
    const odd = effectPage(
      effectReport({
        ...report.evidence,
        shots: report.evidence.shots.map((row) => ({ ...row, mold: '<b>A</b>' })),
      }),
      'ko',
    );
    expect(odd).not.toContain('<b>A</b>');
  });

  test('tells no money without prices, and with them what they make of the figures', () => {
    const bare = effectReport(plantEvidence(halved, 5));
    expect(bare.cost).toBeNull();
    expect(effectPage(bare, 'ko')).not.toContain('금액');
    const { effect, cost } = effectReport(plantEvidence(halved, 5, { scrapKrw: 3200 }));
    expect(cost?.scrap?.value).toBeCloseTo((effect.defects.avoided?.value ?? 0) * 3200, 6);
    expect(cost?.energy).toBeNull();
  });
});

describe('the words', () => {
  test('of too few shots say how many more it takes, and claim nothing', () => {
    const days = { before: 30, after: 4 };
    const report = effectReport(plantEvidence({ ...steadyPlant, days, shotsPerDay: 60 }, 3));
    const more = report.effect.defects.need?.moreAfter ?? 0;
    expect(report.effect.defects.verdict).toBe('too-few');
    expect(more).toBeGreaterThan(0);
    expect(verdictText(report).ko).toMatch(/^판단하기에는 샷이 부족합니다/);
    expect(verdictText(report).ko).toContain(`${more.toLocaleString('en-US')}개`);
    expect(verdictText(report).en).toContain(`${more.toLocaleString('en-US')} more judged ones`);
  });

  test('of days by turns tell the trial apart from a before and after', () => {
    const evidence = plantEvidence(halved, 5);
    const turned = (day: string): string => {
      const place = evidence.days.before.indexOf(day);
      const at = place < 0 ? 2 * evidence.days.after.indexOf(day) + 1 : 2 * place;
      return dayName(at);
    };
    const report = effectReport({
      ...evidence,
      days: {
        before: evidence.days.before.map(turned),
        after: evidence.days.after.map(turned),
      },
      shots: evidence.shots.map((row) => ({ ...row, day: turned(row.day) })),
    });
    expect(report.alternation?.pairs).toBe(30);
    expect(report.alternation?.difference.high).toBeLessThan(0);
    const page = effectPage(report, 'ko');
    expect(page).toContain('교대일: 끈 날(전) 30일, 켠 날(후) 30일');
    expect(page).not.toContain('전후 비교는');
    expect(effectReport(evidence).alternation).toBeNull();
  });

  test('of verdicts say that a model judged itself, and when the judge changed', () => {
    const evidence = plantEvidence(halved, 5, { basis: 'verdicts' });
    const models = evidence.models.map((use) =>
      use.period === 'after' ? { ...use, threshold: 0.7 } : use,
    );
    const kinds = (of: Evidence): string[] => effectReport(of).basis.notes.map(({ kind }) => kind);
    expect(kinds(evidence)).toEqual(['judges-itself']);
    expect(kinds({ ...evidence, models })).toEqual(['judges-differ', 'judges-itself']);
  });

  test('say when inspection leaned on suspected shots, and then extend no money to all shots', () => {
    const evidence = plantEvidence(halved, 5, { scrapKrw: 1000 });
    const leaning = evidence.shots.map((row) => ({
      ...row,
      verdicts: { ...row.verdicts, ok: row.shots - 20, defect: 20 },
      labelledOf: { ok: 50, defect: 20, unscored: 0 },
    }));
    const even = effectReport(evidence);
    expect(even.basis.notes.map(({ kind }) => kind)).toEqual(['reworked']);
    expect(even.cost?.scrapOfAll).not.toBeNull();
    const report = effectReport({ ...evidence, shots: leaning });
    expect(report.basis.notes.map(({ kind }) => kind)).toContain('suspected-more');
    expect(report.cost?.scrapOfAll).toBeNull();
  });
});

describe('the evidence as CSV', () => {
  test.each([
    ['one mold and energy', plantEvidence(halved, 5, { kwhKrw: 140.5 }, saving)],
    ['two molds, one with an odd name', plantEvidence(twoMolds, 6)],
    [
      'planned looks',
      plantEvidence(halved, 7, {
        looks: { method: 'spending', everyDays: 7, plannedDays: 28 },
        mold: '-A',
      }),
    ],
  ])('gives the same report again: %s', (_, evidence) => {
    const read = again(evidence);
    expect(evidenceCsv(read)).toBe(evidenceCsv(evidence));
    expect(countRows(read)).toEqual(countRows(evidence));
    expect(effectReport(read)).toEqual(effectReport(evidence));
  });

  test('with looks that would never end is refused', () => {
    const looks = { method: 'spending', everyDays: 7, plannedDays: 28 } as const;
    const endless = evidenceCsv(plantEvidence(halved, 7, { looks })).replace(
      'spending 7',
      'spending 0',
    );
    expect(() => readEvidence(parseTable(endless, 'evidence.csv'))).toThrow(/setting looks/);
  });

  test('runs nothing in a spreadsheet', () => {
    const cells = evidenceCsv(plantEvidence(twoMolds, 6))
      .split(/[,\r\n"]/)
      .filter((cell) => /^[=@+]/.test(cell));
    expect(cells).toEqual([]);
  });

  const text = evidenceCsv(plantEvidence(halved, 5));
  test.each([
    ['shots,before,', 'shots,meanwhile,', /line \d+: period is "meanwhile"/],
    ['shots,before,2027-01-04', 'shots,before,2027-13-04', /line \d+: day is no day/],
    ['ppuri-effect-evidence 1', 'ppuri-effect-evidence 9', /setting format/],
    ['kind,period,', 'sort,period,', /kind/],
  ])('with %s made %s is refused with its place', (was, is, problem) => {
    expect(() => readEvidence(parseTable(text.replace(was, is), 'evidence.csv'))).toThrow(
      expect.objectContaining({ code: 'csv-invalid', message: expect.stringMatching(problem) }),
    );
  });
});

function refusalOf(act: () => unknown): PpuriError {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof PpuriError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was refused');
}

describe('periods', () => {
  const today = '2026-03-31';
  test.each([
    ['2026-01-31..2026-01-01', '2026-02-01..2026-02-28', /ends before it begins/],
    ['2026-01-01..2026-01-31', '2026-01-31..2026-02-28', /2026-01-31 is in both/],
    ['2026-02-01..2026-02-28', '2026-01-01..2026-01-31', /lies before the one before/],
    ['2026-01-01..2026-01-31', '2026-03-01..2026-04-02', /2026-04-01 is in the future/],
    ['2026-01-01', '', /not a period/],
    ['2026-02-30', '2026-03-01', /not a day/],
    ['2026-01-01,2026-01-01', '2026-03-01', /named twice/],
    ['1990-01-01..2026-01-01', '2026-03-01', /longer than three years/],
  ])('%s and %s are refused', (before, after, problem) => {
    const refusal = refusalOf(() => periodsOf(before, after, today));
    expect(refusal).toMatchObject({ code: 'usage', message: expect.stringMatching(problem) });
    for (const said of [refusal.message, refusal.hint])
      expect(koreanError(said)).toMatch(/[가-힣]/);
  });

  test('may be days by turns', () => {
    const days = periodsOf('2026-03-02,2026-03-05', '2026-03-03..2026-03-04', today);
    expect(days.after).toEqual(['2026-03-03', '2026-03-04']);
    expect(areByTurns(days)).toBe(true);
    expect(areByTurns(periodsOf('2026-03-02', '2026-03-05', today))).toBe(false);
    expect(daysOf('2026-02-27..2026-03-01', '--before')).toHaveLength(3);
  });

  test('count a shot of the night to the day that its shift began on', () => {
    const { fromWallMs, toWallMs } = workingDay('2026-03-02', '08:00');
    expect(new Date(fromWallMs).getHours()).toBe(8);
    expect(workingDayOf(toWallMs - 1, '08:00')).toBe('2026-03-02');
    expect(workingDayOf(toWallMs, '08:00')).toBe('2026-03-03');
  });
});

describe('a plan', () => {
  const wish = { from: 0.03, to: 0.015, power: 0.8, shotsPerDay: null } as const;
  test('takes the known number of shots, and more of them where shots of a day are alike', () => {
    expect(planShots({ ...wish, designEffect: 1, looks: 'once' }).perPeriod).toBe(1534);
    expect(planShots({ ...wish, designEffect: 2, looks: 'once' }).perPeriod).toBe(3068);
  });

  test('of weekly looks has as many looks as its weeks, and asks for a few more shots', () => {
    const plan = planShots({ ...wish, designEffect: 2, shotsPerDay: 100, looks: 'weekly' });
    expect(plan.looks).toBe(Math.ceil((plan.daysPerPeriod ?? 0) / 7));
    expect(plan.perPeriod).toBeGreaterThan(3068);
    expect(plan.perPeriod).toBeLessThan(3068 * 1.1);
  });

  test('of days by turns has one of each in every two, the same by seed', () => {
    const days = alternation('2026-02-27', 20, 7);
    expect(days.map(({ day }) => day).slice(0, 3)).toEqual([
      '2026-02-27',
      '2026-02-28',
      '2026-03-01',
    ]);
    for (let at = 0; at < 20; at += 2)
      expect(new Set(days.slice(at, at + 2).map(({ agent }) => agent)).size).toBe(2);
    expect(alternation('2026-02-27', 20, 7)).toEqual(days);
    expect(alternation('2026-02-27', 20, 8)).not.toEqual(days);
  });
});
