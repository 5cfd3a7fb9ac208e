/** The plant as the panel's pages get it, out of cycles and verdicts. */
import { expect, test } from 'vitest';
import { type PlantFacts, PlantView } from '../../agent/panel/plant-view.ts';
import { panelPlan } from '../fixtures/panel-plan.ts';
import { at, makeCycle, makeVerdict } from './store-bodies.ts';

const plan = panelPlan('127.0.0.1:0', {
  machines: [
    {
      ...{ id: 'dc-03', name: '3호기', cycleWord: { ko: '샷', en: 'shot' } },
      ...{ defects: {}, signals: {}, parts: [''], idealCycleMs: null },
      features: {
        emsTime: {
          title: { ko: 'EMS 시간', en: 'EMS time' },
          unit: 's',
          decimals: 1,
          normal: null,
        },
      },
    },
  ],
});
const facts: PlantFacts = {
  store: 'ok',
  ...{ loopSilentMs: 0, cloud: [], notices: [] },
  shift: new Map(),
  production: { stop: () => null, stops: () => [], moldChange: () => null },
};

test('a trend has the values of the newest mold alone, against that mold’s band', () => {
  const bands: (string | null)[] = [];
  const view = new PlantView(plan, (_machine, mold) => {
    bands.push(mold);
    return { low: 1, high: 3, sigma: 0.5 };
  });
  [
    ['A', 2],
    ['B', 9],
    ['A', 2.1],
    ['B', 9.1],
    ['A', 2.2],
  ].forEach(([mold, value], i) => {
    const emsTime = { value: Number(value), quality: 'good', at: at(i) } as const;
    const cycle = makeCycle(i, { mold: String(mold), features: { emsTime } });
    view.takeShot('boot', i, cycle, makeVerdict());
  });
  const page = view.machinePage('dc-03', 60, facts);
  expect(page?.features[0]?.values).toEqual([2, null, 2.1, null, 2.2]);
  expect(page?.shots.map(({ mold }) => mold)).toEqual(['A', 'B', 'A', 'B', 'A']);
  expect(new Set(bands)).toEqual(new Set(['A']));
});

test('what the loop tells while history is still read stays the newest, and is there once', () => {
  const view = new PlantView(plan, () => null);
  const shot = (seq: number, place?: 'oldest') =>
    view.takeShot('boot', seq, makeCycle(seq, {}), makeVerdict(), place);
  shot(5);
  for (const seq of [5, 4, 3]) shot(seq, 'oldest');
  shot(6);
  const page = view.machinePage('dc-03', 60, facts);
  expect(page?.shots.map(({ seq }) => seq)).toEqual([3, 4, 5, 6]);
  expect(page?.machine.last?.seq).toBe(6);
});
