/** The block bootstrap: an interval that assumes no formula, as a check of those that do. */
import { quantileOf } from '../../models/normal.ts';
import { randomFrom } from '../../models/train/random.ts';
import type { Block, Period, Table } from './counts.ts';
import type { Estimate } from './rates.ts';

/** Rate of as many blocks as there are, drawn with replacement. */
function drawnRate(
  blocks: readonly Block[],
  weights: readonly number[],
  random: () => number,
): number {
  const judged = new Float64Array(weights.length);
  const defects = new Float64Array(weights.length);
  for (let draw = 0; draw < blocks.length; draw += 1) {
    for (const cell of blocks[Math.floor(random() * blocks.length)]?.cells ?? []) {
      judged[cell.stratum] = (judged[cell.stratum] ?? 0) + cell.judged;
      defects[cell.stratum] = (defects[cell.stratum] ?? 0) + cell.defects;
    }
  }
  let [rate, whole] = [0, 0];
  for (const [stratum, weight] of weights.entries()) {
    const of = judged[stratum] ?? 0;
    if (of === 0) continue;
    rate += (weight * (defects[stratum] ?? 0)) / of;
    whole += weight;
  }
  return whole === 0 ? Number.NaN : rate / whole;
}

/**
 * 95 % percentile interval of after minus before under `weights`; `value` is the median of the
 * draws. Null: too few blocks to draw from.
 */
export function bootstrapDifference(
  table: Table,
  weights: readonly number[],
  draws: number,
  seed: number,
): Estimate | null {
  const random = randomFrom(seed);
  const { before, after } = table.blocks;
  if (before.length < 3 || after.length < 3 || draws < 1) return null;
  const rate = (period: Period): number => drawnRate(table.blocks[period], weights, random);
  const found = Array.from({ length: draws }, () => -rate('before') + rate('after'))
    .filter((value) => !Number.isNaN(value))
    .sort((a, b) => a - b);
  if (found.length === 0) return null;
  const at = (share: number): number => quantileOf(found, share);
  return { value: at(0.5), low: at(0.025), high: at(0.975) };
}
