import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readCsv } from '../../agent/train-data.ts';
import { temporaryDirectory } from './store-support.ts';

test('through a profile, sentinels are missing, try shots are left out, and features are its own', async () => {
  const file = join(temporaryDirectory(), 'log.csv');
  const rows = [
    'registration_time,mold_code,molten_temp,upper_mold_temp3,biscuit_thickness,tryshot_signal,passorfail',
    '2019-01-02T16:45:08,8412,720,1449,48,A,0',
    '2019-01-02T16:46:08,8412,721,180,49,D,1',
    '2019-01-02T16:47:08,8412,722,181,30,A,1',
    '2019-01-02T16:48:08,8917,723,182,50,A,',
    '2019-01-02T16:49:08,8917,724,183,51,A,0',
  ];
  await writeFile(file, rows.join('\n'));
  const { data, profile } = await readCsv({
    ...{ kind: 'csv', path: file, profile: 'die-casting-cold-chamber' },
    columns: {
      ...{ label: 'passorfail', classes: 'as-labelled', time: ['registration_time'] },
      ...{ features: ['meltTemperature', 'upperDieTemperature3'], dropColumns: [], dropRows: {} },
    },
  });
  expect(profile).toBe('die-casting-cold-chamber');
  expect(data.features).toEqual([
    { name: 'meltTemperature', from: 'meltTemperature', unit: '°C' },
    { name: 'upperDieTemperature3', from: 'upperDieTemperature3', unit: '°C' },
  ]);
  expect([...data.labels]).toEqual([0, 1, 0]);
  expect([...(data.columns[0] ?? [])]).toEqual([720, 722, 724]);
  expect([...(data.columns[1] ?? [])]).toEqual([Number.NaN, 181, 183]);
  expect(data.left).toEqual({ 'try-shot': 1, 'no label': 1 });
  expect(data.molds).toEqual(['8412', '8917']);
});
