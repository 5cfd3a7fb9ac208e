import { describe, expect, it } from 'vitest';
import { baselineOf, ratioOf, worseLines, worseThan } from '../../bench/baseline.ts';
import { type Figure, figure } from '../../bench/figure.ts';
import { hardware, type Results } from '../../bench/report.ts';

function results(figures: readonly Figure[], name = 'wire'): Results {
  const more = { title: '', remarks: [], failure: null, tookSeconds: 1 };
  return {
    at: '2026-11-27T00:00:00.000Z',
    hardware: hardware(),
    benchmarks: [{ name, figures, load: { before: 0.5, after: 0.6 }, ...more }],
  };
}

const latency = (ms: number | null): Figure => figure('p99', ms, 'ms', { budget: { most: 2 } });
const pace = (rate: number): Figure => figure('pace', rate, '/s', { budget: { least: 5000 } });

describe('the baseline of benchmarks', () => {
  it('holds shares of budgets, of either bound, above one where it is missed', () => {
    expect(ratioOf(latency(1))).toBe(0.5);
    expect(ratioOf(pace(2500))).toBe(2);
    expect(ratioOf(latency(null))).toBeNull();
    expect(ratioOf(figure('shots', 3, ''))).toBeNull();
  });

  it('leaves out what has no budget, and what must be none', () => {
    const lost = figure('lost', 0, '', { budget: { most: 0 } });
    const { figures } = baselineOf(results([latency(1), figure('shots', 3, ''), lost]), null);
    expect(figures).toEqual([
      expect.objectContaining({ benchmark: 'wire', name: 'p99', ratio: 0.5, load: 0.5 }),
    ]);
  });

  it('keeps what a later run left out, and replaces what it measured', () => {
    const before = baselineOf(results([latency(1)]), null);
    const both = baselineOf(results([pace(5000)], 'drain'), before);
    expect(both.figures.map(({ name, ratio }) => [name, ratio])).toEqual([
      ['p99', 0.5],
      ['pace', 1],
    ]);
    expect(baselineOf(results([latency(3)]), both).figures).toHaveLength(2);
  });

  it('tells what got worse by more than the margin, and what is not measured any more', () => {
    const baseline = baselineOf(results([latency(1), pace(5000)]), null);
    expect(worseThan(baseline, results([latency(1.2), pace(4100)]), 0.25)).toEqual([]);
    const worse = worseThan(baseline, results([latency(1.3), pace(3900)]), 0.25);
    expect(worse.map(({ name }) => name)).toEqual(['p99', 'pace']);
    expect(worseLines(worse, 0.25).join('\n')).toContain('wire: p99: 0.500 → 0.650');
    expect(worseThan(baseline, results([latency(null), pace(5000)]), 0.25)).toEqual([
      { benchmark: 'wire', name: 'p99', was: 0.5, is: null },
    ]);
    expect(worseLines([], 0.25)).toEqual(['nothing is worse than the baseline by more than 25 %']);
  });

  it('compares only benchmarks that ran', () => {
    const baseline = baselineOf(results([latency(1)]), null);
    expect(worseThan(baseline, results([pace(1)], 'drain'), 0.25)).toEqual([]);
  });
});
