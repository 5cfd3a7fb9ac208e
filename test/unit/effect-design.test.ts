/** How long to look, how often, and days on and off by turns. */
import { describe, expect, test } from 'vitest';
import { alternatingDays, alternationEffect } from '../../agent/effect/alternation.ts';
import type { CountRow } from '../../agent/effect/counts.ts';
import { defectEffect, type EffectPlan, usualPlan } from '../../agent/effect/defect-effect.ts';
import { planEffect } from '../../agent/effect/planning.ts';
import { daily } from '../fixtures/effect-days.ts';
import { dayName, plantCounts, steadyPlant } from '../fixtures/simulated-effect.ts';

const plan: EffectPlan = { ...usualPlan, draws: 200 };

describe('looking every week', () => {
  const rows = plantCounts({ ...steadyPlant, days: { before: 56, after: 84 }, factor: 0.5 }, 11);
  const weekly = (method: 'spending' | 'mixture', plannedDays = 84): EffectPlan => ({
    ...{ ...plan, looks: { everyDays: 7, plannedDays, method } },
  });

  test('bounds start far out, an effect is claimed once it is clear, and not before', () => {
    const { looks, verdict, answer } = defectEffect(rows, weekly('spending'));
    expect(looks).toHaveLength(12);
    expect(verdict).toBe('better');
    const bounds = looks?.map(({ bound }) => bound) ?? [];
    expect(bounds).toEqual([...bounds].sort((a, b) => b - a));
    expect(bounds[0]).toBeGreaterThan(4.5);
    expect(looks?.[0]?.shows).toBe('nothing');
    expect(looks?.at(-1)).toMatchObject({ information: 1, shows: 'better' });
    expect(answer).toEqual(looks?.at(-1)?.difference);
  });

  test('a look is the same, whatever came later', () => {
    const until = defectEffect(rows, weekly('spending')).looks?.[4]?.until ?? '';
    const short = rows.filter(({ day }) => day <= until);
    const now = defectEffect(short, { ...weekly('spending'), blocks: 'week' }).looks ?? [];
    const later = defectEffect(rows, { ...weekly('spending'), blocks: 'week' }).looks ?? [];
    expect(now).toHaveLength(5);
    expect(now.map(({ difference }) => difference?.value)).toEqual(
      later.slice(0, 5).map(({ difference }) => difference?.value),
    );
    for (const [at, { bound }] of now.entries())
      expect(bound).toBeCloseTo(later[at]?.bound ?? 0, 6);
  });

  test('on and off by turns, a look knows no later day of either kind', () => {
    const turns = rows.map((row) => ({
      ...{ ...row, period: Date.parse(row.day) % 172_800_000 === 0 ? 'before' : 'after' },
    })) as CountRow[];
    const { looks } = defectEffect(turns, { ...weekly('spending'), blocks: 'week' });
    const until = looks?.[4]?.until ?? '';
    const short = turns.filter(({ day }) => day <= until);
    const now = defectEffect(short, { ...weekly('spending'), blocks: 'week' }).looks ?? [];
    expect(now[4]?.difference?.value).toBe(looks?.[4]?.difference?.value);
    expect(now[4]?.information).toBeCloseTo(5 / 12, 12);
  });

  test('looks end with the plan, and go on without one', () => {
    expect(defectEffect(rows, weekly('spending', 42)).looks).toHaveLength(6);
    expect(defectEffect(rows, weekly('mixture', 42)).looks).toHaveLength(12);
  });

  test('before the first look there is nothing to say', () => {
    const early = rows.filter(({ period, day }) => period === 'before' || day < dayName(60));
    expect(defectEffect(early, weekly('spending'))).toMatchObject({
      verdict: 'too-few',
      looks: [],
    });
  });
});

describe('on and off by turns', () => {
  test('each pair of days has one of each, drawn by seed', () => {
    const days = alternatingDays(40, 3);
    for (let at = 0; at < 40; at += 2)
      expect(new Set(days.slice(at, at + 2))).toEqual(new Set(['on', 'off']));
    expect(alternatingDays(40, 3)).toEqual(days);
    expect(new Set([1, 2, 3, 4].map((seed) => alternatingDays(40, seed).join())).size).toBe(4);
  });

  const pair = (at: number, off: number, on: number): CountRow[] => [
    {
      ...{ period: 'before', day: dayName(2 * at), mold: 'A', mode: null },
      judged: 100,
      defects: off,
    },
    {
      ...{ period: 'after', day: dayName(2 * at + 1), mold: 'A', mode: null },
      judged: 100,
      defects: on,
    },
  ];

  test('six pairs that all fell: one way in 32 by chance', () => {
    const rows = Array.from({ length: 6 }, (_, at) => pair(at, 5 + at, 3 + at)).flat();
    const found = alternationEffect(rows, 1);
    expect(found).toMatchObject({ pairs: 6, unpaired: 0, p: 2 / 64 });
    expect(found?.difference.value).toBeCloseTo(-0.02, 12);
  });

  test('days without a partner are left out and counted; under five pairs is no answer', () => {
    const rows = Array.from({ length: 6 }, (_, at) => pair(at, 5, 4)).flat();
    expect(alternationEffect(rows.slice(0, -1), 1)).toMatchObject({ pairs: 5, unpaired: 1 });
    expect(alternationEffect(rows.slice(0, 8), 1)).toBeNull();
  });
});

describe('planning from the shots so far', () => {
  const wish = { blocks: 'day', relativeChange: -0.5, power: 0.8, looks: 1 } as const;

  test('as many shots as the formula says, in days at this pace', () => {
    const found = planEffect(daily('before', 20, [200, 6]), wish);
    expect(found).toMatchObject({ judged: 4000, days: 20, designEffect: 1, perPeriod: 1534 });
    expect(found).toMatchObject({ rate: 0.03, hoped: 0.015, daysPerPeriod: 8 });
  });

  test('more where days differ, and a little more for looking every week', () => {
    const even = planEffect(daily('before', 20, [200, 6]), wish);
    const weekly = planEffect(daily('before', 20, [200, 6]), { ...wish, looks: 12 });
    expect(weekly?.perPeriod).toBeGreaterThan(even?.perPeriod ?? 0);
    expect(weekly?.looksFactor).toBeLessThan(1.15);
    const wild = daily('before', 20, [200, 6]).map((row, day) => ({
      ...{ ...row, defects: day % 5 === 0 ? 30 : 0 },
    }));
    expect(planEffect(wild, wish)?.perPeriod).toBeGreaterThan(3 * 1534);
  });

  test('no defect, nothing to plan', () => {
    expect(planEffect(daily('before', 20, [200, 0]), wish)).toBeNull();
    expect(planEffect([], wish)).toBeNull();
  });
});
