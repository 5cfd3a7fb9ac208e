import { expect, test } from 'vitest';
import { parseTable } from '../../models/table.ts';
import { type TableColumns, trainingFromTable } from '../../models/train/from-table.ts';
import { findLeaks } from '../../models/train/leakage.ts';
import { planTraining } from '../../models/train/plan.ts';
import { randomFrom } from '../../models/train/random.ts';
import { dropRepeats } from '../../models/train/training-set.ts';

const columns: TableColumns = {
  label: 'result',
  classes: 'as-labelled',
  dropColumns: [],
  dropRows: {},
};

/** A log with every kind of column that gives the label away. */
function log(rows: number): string {
  const random = randomFrom(5);
  const lines = ['time,count,melt,melt_copy,oil,tryshot_signal,reason_code,crack,sum,result,note'];
  for (let row = 0; row < rows; row += 1) {
    const melt = (640 + 50 * random()).toFixed(3);
    const bad = random() < 0.1 ? 1 : 0;
    const at = new Date(Date.UTC(2026, 0, 1, 0, row)).toISOString();
    const crack = bad === 1 && random() < 0.5 ? 1 : 0;
    const cells = [at, row + 1, melt, melt, 7, bad, bad === 1 ? 3 : '', crack, bad * 2 + random()];
    lines.push([...cells, bad, 'text'].join(','));
  }
  return lines.join('\n');
}

test('columns that give the label away, or say nothing, are named and left out', () => {
  const { data, texts } = trainingFromTable(parseTable(log(400), 'log.csv'), {
    ...columns,
    time: ['time'],
  });
  expect(texts).toEqual(['note']);
  const found = Object.fromEntries(
    findLeaks(data, new Set()).map(({ feature, kind, isLeftOut }) => [feature, [kind, isLeftOut]]),
  );
  expect(found).toEqual({
    count: ['counts-rows', true],
    melt_copy: ['same-as-other', true],
    oil: ['constant', true],
    tryshot_signal: ['try-shot-flag', true],
    reason_code: ['known-afterwards', true],
    crack: ['known-afterwards', true],
    sum: ['equals-label', true],
  });
  expect(planTraining(data, { forced: new Set(), testShare: 0.2, seed: 1 }).whole.features).toEqual(
    [{ name: 'melt', from: 'melt', unit: '' }],
  );
});

test('a feature named on purpose is warned of and kept', () => {
  const { data } = trainingFromTable(parseTable(log(400), 'log.csv'), {
    ...columns,
    features: ['melt', 'sum'],
  });
  const plan = planTraining(data, { forced: new Set(['melt', 'sum']), testShare: 0.2, seed: 1 });
  expect(plan.whole.features.map(({ name }) => name)).toEqual(['melt', 'sum']);
  expect(plan.leaks).toMatchObject([{ feature: 'sum', kind: 'equals-label', isLeftOut: false }]);
});

test('the last part by time is held back, whatever the order of the file', () => {
  const [head = '', ...body] = log(300).split('\n');
  const shuffled = [head, ...body.toReversed()].join('\n');
  const { data } = trainingFromTable(parseTable(shuffled, 'log.csv'), {
    ...columns,
    time: ['time'],
  });
  const {
    train,
    test: later,
    split,
  } = planTraining(data, {
    ...{ forced: new Set(['melt', 'oil']), testShare: 0.4, seed: 1 },
  });
  expect(split).toBe('later');
  expect(train.labels).toHaveLength(180);
  expect(Math.max(...(train.times ?? []))).toBeLessThan(Math.min(...(later?.times ?? [])));
});

test('a row that repeats the one before is left out and counted; parts of one shot stay', () => {
  const text = 'shot,melt,result\n1,650,0\n1,650,0\n2,650,0\n3,660,1\n3,660,0';
  const { data } = trainingFromTable(parseTable(text, 'log.csv'), {
    ...columns,
    features: ['melt'],
  });
  expect(dropRepeats(data).dropped).toBe(2);
  const grouped = trainingFromTable(parseTable(text, 'log.csv'), {
    ...{ ...columns, features: ['melt'], group: 'shot' },
  }).data;
  expect(dropRepeats(grouped).dropped).toBe(1);
});

test('labels: usual words, several classes, rows without one, and values that mean nothing', () => {
  const read = (values: string, more: Partial<TableColumns> = {}) => {
    const text = `melt,result\n${values
      .split(' ')
      .map((one, at) => `${at},${one}`)
      .join('\n')}`;
    return trainingFromTable(parseTable(text, 'log.csv'), { ...columns, ...more }).data;
  };
  expect([...read('OK NG 양품 불량').labels]).toEqual([0, 1, 0, 1]);
  expect(read('1.0 0  - 1').left).toEqual({ 'no label': 2 });
  const lens = read('1.0 2 3 4 1', { positive: ['1', '4'] });
  expect([...lens.labels]).toEqual([0, 1, 2, 3, 0]);
  expect(lens.classes.map(({ isDefect }) => isDefect)).toEqual([true, false, false, true]);
  expect([...read('1 2 3 4', { positive: ['1', '4'], classes: 'two' }).labels]).toEqual([
    1, 0, 0, 1,
  ]);
  expect(() => read('1 2 3')).toThrow(/"2" is neither good nor defect/);
  expect(() => read('1 2', { positive: ['9'] })).toThrow(/no row has "9"/);
});

test('too few rows and no usable feature are refused in plain words', () => {
  const { data } = trainingFromTable(parseTable(log(40), 'log.csv'), {
    ...columns,
    time: ['time'],
  });
  const options = { forced: new Set<string>(), testShare: 0.2, seed: 1 };
  expect(() => planTraining(data, options)).toThrow(/40 rows with a label/);
  const constant = trainingFromTable(parseTable(log(400), 'log.csv'), {
    ...columns,
    features: ['oil'],
  });
  expect(() => planTraining(constant.data, options)).toThrow(/no feature is left/);
});
