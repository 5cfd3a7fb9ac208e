/** Judged shots made by hand or by seed. */
import type { JudgedShot, ScoredShot } from '../../agent/backtest/shot.ts';
import { Random } from '../../agent/simulator/random.ts';

export const threshold = 0.5;

export function shot(row: number, more: Partial<JudgedShot> = {}): JudgedShot {
  const score = more.score === undefined ? 0.1 : more.score;
  const isDefect = score !== null && score >= threshold;
  return {
    ...{ row, wallMs: null, mold: null, label: 0, score },
    outcome: score === null ? 'unscored' : isDefect ? 'defect' : 'ok',
    reason: score === null ? 'try-shot' : isDefect ? 'above-threshold' : 'below-threshold',
    ...more,
  };
}

/** `defectShare` of the shots are defects, whose scores lie higher, but not all of them. */
export function seededShots(
  seed: number,
  count: number,
  defectShare: number,
  more: (row: number) => Partial<JudgedShot> = () => ({}),
): ScoredShot[] {
  const random = new Random(seed, 'shots');
  return Array.from({ length: count }, (_, index) => {
    const label = random.chance(defectShare) ? 1 : 0;
    const score = Math.min(1, Math.max(0, random.between(0, 0.7) + label * random.between(0, 0.5)));
    return { ...shot(index + 1, { score, ...more(index + 1) }), score, label };
  });
}
