/** How many shots it takes to show an effect, for a two-sided test of two defect rates. */
import { normalCdf, normalQuantile } from './distributions.ts';

export interface WantedEffect {
  /** Defect rate before, 0 to 1. */
  readonly before: number;
  /** Defect rate hoped for, another one. */
  readonly after: number;
  /** Chance of claiming an effect that is none, e.g. 0.05. */
  readonly alpha: number;
  /** Chance of showing the wanted effect, e.g. 0.8. */
  readonly power: number;
  /** As many times more shots are needed because those of a day resemble each other; 1: not. */
  readonly designEffect: number;
}

/**
 * Whole shots in each of two periods of equal size. Fleiss' formula without continuity correction:
 * 3 % → 1.5 % takes 1,534 at 5 % and 80 %.
 */
export function shotsPerPeriod(wanted: WantedEffect): number {
  const { before, after, alpha, power, designEffect } = wanted;
  const mean = (before + after) / 2;
  const under = Math.sqrt(2 * mean * (1 - mean));
  const over = Math.sqrt(before * (1 - before) + after * (1 - after));
  const reach = normalQuantile(1 - alpha / 2) * under + normalQuantile(power) * over;
  return Math.ceil((designEffect * reach ** 2) / (after - before) ** 2);
}

/**
 * Whole shots that the after period needs beside `shotsBefore` that are there. Null: the before
 * period alone is too small, however long the after period goes on.
 */
export function shotsAfterNeeded(wanted: WantedEffect, shotsBefore: number): number | null {
  const { before, after, designEffect } = wanted;
  const [own, other] = [before * (1 - before), after * (1 - after)];
  const reach = normalQuantile(1 - wanted.alpha / 2) + normalQuantile(wanted.power);
  const rest = (after - before) ** 2 / reach ** 2 - (own * designEffect) / shotsBefore;
  return rest <= 0 ? null : Math.ceil((other * designEffect) / rest);
}

/** Chance that so many effective shots show the wanted effect. */
export function powerOf(
  { before, after, alpha }: Omit<WantedEffect, 'power' | 'designEffect'>,
  effectiveBefore: number,
  effectiveAfter: number,
): number {
  const error = Math.sqrt(
    (before * (1 - before)) / effectiveBefore + (after * (1 - after)) / effectiveAfter,
  );
  return normalCdf(Math.abs(after - before) / error - normalQuantile(1 - alpha / 2));
}

/** Blocks of `shotsPerBlock` that resemble each other within: Kish's design effect. */
export function designEffectOf(shotsPerBlock: number, intraclassCorrelation: number): number {
  return 1 + (shotsPerBlock - 1) * intraclassCorrelation;
}
