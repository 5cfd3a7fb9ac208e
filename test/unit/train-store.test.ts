import { expect, test } from 'vitest';
import { readStore } from '../../agent/train-data.ts';
import { at, cycleBody, labelBody, startKeeper, temporaryDirectory } from './store-support.ts';

test('labelled shots of the store become rows: a shot is a defect when one of its parts is', async () => {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir);
  const keys = [1, 2, 3, 4, 5, 6].map((index) => {
    const more = index === 5 ? { suppressed: 'try-shot' } : index === 6 ? { mold: 'B-7' } : {};
    return keeper.keep(cycleBody(index, more), at(index));
  });
  const told: readonly (readonly [index: number, part: string, result: 'ok' | 'defect'])[] = [
    [0, '', 'ok'],
    [1, 'L', 'defect'],
    [1, 'R', 'ok'],
    [2, '', 'ok'],
    [2, '', 'defect'],
    [4, '', 'defect'],
    [5, '', 'defect'],
  ];
  for (const [index, part, result] of told) {
    const key = keys[index];
    if (key !== undefined) keeper.keep(labelBody(key, { part, result }), at(100 + index));
  }
  await keeper.flush(30_000);
  const wanted = { kind: 'store', dir, machine: 'dc-03', features: null, dropColumns: [] } as const;
  const { data, profile } = await readStore({ ...wanted, mold: 'A-12' });
  expect(profile).toBe('die-casting-cold-chamber');
  expect([...data.labels]).toEqual([0, 1, 1]);
  const biscuit = data.features.findIndex(({ name }) => name === 'biscuitThickness');
  expect(data.features[biscuit]).toMatchObject({ from: 'biscuitThickness', unit: 'mm' });
  expect([...(data.columns[biscuit] ?? [])]).toEqual([26, 27, 28]);
  expect(data.left).toEqual({ 'try-shot': 1, 'no label': 1 });
  expect(data.molds).toEqual(['A-12']);
  const both = await readStore({ ...wanted, mold: null });
  expect([...both.data.labels]).toEqual([0, 1, 1, 1]);
  expect(both.data.molds).toEqual(['A-12', 'B-7']);
  await expect(readStore({ ...wanted, machine: 'dc-99', mold: null })).rejects.toThrow(
    'the store has no shot of a machine dc-99',
  );
});
