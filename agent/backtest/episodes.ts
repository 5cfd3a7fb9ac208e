/** Runs of defects: what an operator could have been told of in time. */
import type { JudgedShot } from './shot.ts';

export interface Episode {
  readonly mold: string | null;
  /** Rows of its first and last defect. */
  readonly fromRow: number;
  readonly toRow: number;
  /** Rows of its defects. */
  readonly defects: readonly number[];
}

/**
 * Labelled defects of one mold with fewer than `within` shots of that mold from each to the next.
 * In the order of their first defects.
 */
export function episodesOf(shots: readonly JudgedShot[], within: number): readonly Episode[] {
  const episodes: Episode[] = [];
  for (const [mold, part] of Map.groupBy(shots, (shot) => shot.mold)) {
    let defects: number[] = [];
    let lastPlace = 0;
    const close = (): void => {
      const [fromRow, toRow] = [defects[0], defects.at(-1)];
      if (fromRow !== undefined && toRow !== undefined)
        episodes.push({ mold, fromRow, toRow, defects });
      defects = [];
    };
    part.forEach(({ row, label }, place) => {
      if (label !== 1) return;
      if (place - lastPlace >= within) close();
      defects.push(row);
      lastPlace = place;
    });
    close();
  }
  return episodes.sort((a, b) => a.fromRow - b.fromRow);
}
