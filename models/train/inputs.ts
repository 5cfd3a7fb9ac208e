/**
 * Inputs of the models that add and multiply: bounded, standardised pieces of each feature. One piece
 * is the value itself, held within what was usual in training; several bend at quantiles. A missing
 * value takes the median, and an indicator of its own.
 */

export interface InputRecipe {
  readonly pieces: number;
  /** Share of the values beyond each bound, which are held at it. */
  readonly beyond: number;
}

/** (min(max(value, low), high) − center) / scale. */
export interface Piece {
  readonly feature: number;
  readonly low: number;
  readonly high: number;
  readonly center: number;
  readonly scale: number;
}

export interface InputShape {
  /** What a missing value is taken for, per feature, float32. */
  readonly medians: readonly number[];
  readonly pieces: readonly Piece[];
  /** Features with an indicator: 1 where missing. Their inputs follow the pieces. */
  readonly indicators: readonly number[];
}

/** Fewer missing (or present) rows than this teach nothing about missing. */
const minIndicatorRows = 20;

export function fitInputs(columns: readonly Float32Array[], recipe: InputRecipe): InputShape {
  const medians = columns.map((column) => quantiles(column, [0.5])[0] ?? 0);
  const pieces = columns.flatMap((column, feature) =>
    piecesOf(column, feature, medians[feature] ?? 0, recipe),
  );
  const indicators = columns.flatMap((column, feature) => {
    const missing = column.reduce((sum, value) => sum + (Number.isNaN(value) ? 1 : 0), 0);
    return Math.min(missing, column.length - missing) >= minIndicatorRows ? [feature] : [];
  });
  return { medians, pieces, indicators };
}

/** One array per input, in double precision. */
export function inputsOf(
  { medians, pieces, indicators }: InputShape,
  columns: readonly Float32Array[],
): Float64Array[] {
  const values = pieces.map(({ feature, low, high, center, scale }) =>
    Float64Array.from(columns[feature] ?? [], (value) => {
      const present = Number.isNaN(value) ? (medians[feature] ?? 0) : value;
      return (Math.min(Math.max(present, low), high) - center) / scale;
    }),
  );
  const absences = indicators.map((feature) =>
    Float64Array.from(columns[feature] ?? [], (value) => (Number.isNaN(value) ? 1 : 0)),
  );
  return [...values, ...absences];
}

/** Bounds are float32, since the exported model compares float32 values with them. */
function piecesOf(
  column: Float32Array,
  feature: number,
  median: number,
  { pieces, beyond }: InputRecipe,
): Piece[] {
  const shares = Array.from({ length: pieces + 1 }, (_, at) => {
    const share = at / pieces;
    return beyond + share * (1 - 2 * beyond);
  });
  const knots = [...new Set(quantiles(column, shares))];
  return knots.slice(1).flatMap((high, at) => {
    const low = knots[at] ?? high;
    const values = Float64Array.from(column, (value) =>
      Math.min(Math.max(Number.isNaN(value) ? median : value, low), high),
    );
    const center = values.reduce((sum, value) => sum + value, 0) / values.length;
    const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
    const scale = Math.sqrt(squares / values.length);
    return scale > 0 ? [{ feature, low, high, center, scale }] : [];
  });
}

/** Of the present values; none where there are none. */
export function quantiles(column: Float32Array, shares: readonly number[]): number[] {
  const sorted = column.filter((value) => !Number.isNaN(value)).sort();
  if (sorted.length === 0) return [];
  return shares.map((share) => sorted[Math.round(share * (sorted.length - 1))] ?? 0);
}
