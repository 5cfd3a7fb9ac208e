import { describe, expect, test } from 'vitest';
import { readLabels } from '../../agent/backtest/labels.ts';
import { reportOn } from '../../agent/backtest/report.ts';
import { timeOrder } from '../../agent/simulator/replay-time.ts';
import { parseTable } from '../../models/table.ts';

const model = { name: 'm', version: '1.0.0', hash: 'x' };

describe('a backtest report', () => {
  test('has every metric that programs rely on, null where nothing is labelled', () => {
    expect(reportOn([], { model, threshold: 0.4 })).toMatchObject({
      n: 0,
      auc: null,
      ap: null,
      recall: null,
      falseAlarmRate: null,
      accuracy: null,
      precision: null,
      baseRate: null,
      threshold: 0.4,
    });
  });
});

describe('labels', () => {
  const table = parseTable('result\nA\nB\n\n', 'log.csv');

  test('a positive value that no row has is told as it was given', () => {
    expect(() => readLabels(table, 'result', 'X')).toThrow(
      expect.objectContaining({
        message: 'no row has "X" in column result',
        hint: 'its values are: A, B',
      }),
    );
  });

  test('are compared without case', () => {
    expect(readLabels(table, 'result', 'a')(0)).toBe(1);
  });
});

describe('the order of rows', () => {
  const log = (...times: string[]) =>
    parseTable(`registration_time,x\n${times.map((time) => `${time},1`).join('\n')}\n`, 'log.csv');
  const [early, middle, late] = ['2026-01-01 10:00:00', '2026-01-01 10:01:00', '2026-01-02 09:00'];

  test('is seen to go back, and where first', () => {
    expect(timeOrder(log(late, middle, early), null)).toEqual({
      columns: ['registration_time'],
      backwards: 2,
      firstLine: 3,
    });
    expect(timeOrder(log(early, early, late), null)?.backwards).toBe(0);
  });

  test('is not known without a column that says', () => {
    expect(timeOrder(parseTable('x\n1\n', 'log.csv'), null)).toBeNull();
    expect(timeOrder(parseTable('time,x\n12.5,1\n', 'log.csv'), null)).toBeNull();
    expect(() => timeOrder(parseTable('t,x\n12.5,1\n', 'log.csv'), ['t'])).toThrow('is no time');
  });
});
