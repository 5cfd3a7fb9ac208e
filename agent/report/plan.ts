/** How many shots a wanted effect takes, before anything is changed. */
import { alternatingDays } from '../effect/alternation.ts';
import { planEffect } from '../effect/planning.ts';

export interface PlanWish {
  /** Defect rates, 0 to 1: as it is, and as hoped for. */
  readonly from: number;
  readonly to: number;
  readonly power: number;
  /** As many times more shots because those of a day resemble each other; at least 1. */
  readonly designEffect: number;
  /** Judged shots a day; null: not known, and no days are told. */
  readonly shotsPerDay: number | null;
  readonly looks: 'once' | 'weekly';
}

export interface ShotPlan {
  readonly designEffect: number;
  readonly looks: number;
  /** More shots by this factor for the right to look several times. */
  readonly looksFactor: number;
  /** Judged shots of each of two equal periods. */
  readonly perPeriod: number;
  readonly daysPerPeriod: number | null;
}

/** Judged shots so many that their rate is the planned one. */
const many = 1e9;
const daysOfWeek = 7;

function planned(wish: PlanWish, looks: number): ShotPlan {
  const row = { period: 'before', day: '2026-01-01', mold: null, mode: null } as const;
  const rows = [{ ...row, judged: many, defects: wish.from * many }];
  const relativeChange = wish.to / wish.from - 1;
  const plan = planEffect(rows, { blocks: 'day', relativeChange, power: wish.power, looks });
  if (plan === null) throw new RangeError('a plan needs a defect rate above 0');
  const perPeriod = Math.ceil(plan.perPeriod * wish.designEffect);
  return {
    designEffect: wish.designEffect,
    ...{ looks, looksFactor: plan.looksFactor, perPeriod },
    daysPerPeriod: wish.shotsPerDay === null ? null : Math.ceil(perPeriod / wish.shotsPerDay),
  };
}

/** More weeks make more looks, which take more shots: until the two fit. */
export function planShots(wish: PlanWish): ShotPlan {
  let plan = planned(wish, 1);
  if (wish.looks === 'once') return plan;
  for (let round = 0; round < 20; round += 1) {
    const looks = Math.max(1, Math.ceil((plan.daysPerPeriod ?? 0) / daysOfWeek));
    if (looks <= plan.looks) return plan;
    plan = planned(wish, looks);
  }
  return plan;
}

export interface AlternationDay {
  readonly day: string;
  readonly agent: 'on' | 'off';
}

/** `first`: `2026-04-01`; which day of each two is on is drawn by the seed. */
export function alternation(first: string, days: number, seed: number): AlternationDay[] {
  const start = Date.parse(`${first}T00:00:00Z`);
  return alternatingDays(days, seed).map((agent, at) => ({
    day: new Date(start + at * 86_400_000).toISOString().slice(0, 10),
    agent,
  }));
}
