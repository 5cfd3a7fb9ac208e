import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../bench/peers/figures.ts';
import type { Score } from '../../bench/peers/match.ts';
import { names } from '../../bench/peers/measures.ts';
import { pictureOf } from '../../bench/peers/picture.ts';
import { stale } from '../../bench/peers/publish.ts';
import { distill, type Published } from '../../bench/peers/rows.ts';
import { tablesOf } from '../../bench/peers/table.ts';
import { hardware, type Results } from '../../bench/report.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Of one contestant whose answers all took `ms`. */
function score(contestant: string, ms: number, more: Partial<Score> = {}): Score {
  const times = Array.from({ length: 1200 }, () => ms);
  return {
    contestant,
    why: '',
    seconds: 60,
    shots: 2000,
    defects: 1200,
    answered: 1200,
    wrong: 0,
    fromChange: times.map((time) => time + 50),
    fromBlock: times,
    fromCounter: times,
    cpuMs: 6000,
    pssMiB: [100],
    bytes: 600_000,
    requests: 6000,
    ...more,
  };
}

function resultsOf(scores: readonly Score[]): Results {
  const figures = figuresOf(scores, { machines: 10, rounds: 2, seconds: 30 });
  const ran = { failure: null, tookSeconds: 1, load: { before: 0.1, after: 0.2 }, remarks: [] };
  return {
    at: '2026-11-27T00:00:00Z',
    hardware: hardware(),
    benchmarks: [{ name: 'peers', title: '', figures, ...ran }],
  };
}

function publishedOf(...scores: readonly Score[]): Published {
  return distill(resultsOf(scores));
}

const rowOf = (tables: string, contestant: string): string =>
  tables.split('\n').find((line) => line.startsWith(`| ${contestant} |`)) ?? '';

describe('the tables of the peers', () => {
  it('and the picture are what the kept results give', () => expect(stale(root)).toEqual([]));

  it('show who does best, whoever it is', () => {
    const slow = score(names.ownBlock, 0.5);
    const tables = tablesOf(publishedOf(slow, score(names.c, 0.1), score(names.nodeRed, 5)));
    expect(rowOf(tables, names.c)).toContain('| **0.1** | **0.1** |');
    expect(rowOf(tables, names.ownBlock)).toContain('| 0.5 | 0.5 |');
    expect(rowOf(tables, names.nodeRed)).toContain('| 10 |');
    expect(tables).toContain('| ppuri, 100 ms block against C, p50 | ≤ 2 × | 5 × | missed |');
    expect(tables).toContain('| Node-RED against ppuri, 100 ms block, p99 | ≥ 5 × | 10 × | met |');
  });

  it('have no figure for who was not measured, and say why', () => {
    const absent = score(names.python, 1, { why: 'not installed\nat all', seconds: 0 });
    const kept = publishedOf(score(names.c, 0.1), absent);
    expect(rowOf(tablesOf(kept), names.python)).toBe('');
    expect(tablesOf(kept)).toContain(`- ${names.python}: not measured, not installed\n`);
    expect(pictureOf(kept)).not.toContain(names.python);
  });

  it('tell of missed and wrong answers, and no p99 of few samples', () => {
    const few = score(names.c, 0.1, { answered: 1190, wrong: 3, fromBlock: [0.1, 0.2] });
    const row = rowOf(tablesOf(publishedOf(few)), names.c);
    expect(row).toContain('| 1190 / 1200 | 3 |');
    expect(row.startsWith(`| ${names.c} | – | – |`)).toBe(true);
  });

  it('need results in which peers were measured', () => {
    const other = { ...resultsOf([]), benchmarks: [] };
    expect(() => distill(other)).toThrow('npm run bench -- peers');
  });
});
