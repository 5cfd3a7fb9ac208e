/** What a model must give for its golden rows. */

/** Null when equal within `tolerance`, taken relative to values above 1; otherwise the figures. */
export function compareRows(
  expected: readonly number[],
  got: ArrayLike<number>,
  tolerance: number,
): string | null {
  if (expected.length !== got.length) {
    return `expected ${expected.length} outputs, got ${got.length}`;
  }
  for (const [column, want] of expected.entries()) {
    const value = got[column] ?? Number.NaN;
    const allowed = tolerance * Math.max(1, Math.abs(want));
    if (!(Math.abs(value - want) <= allowed)) {
      return `output ${column} is ${value}, expected ${want} (tolerance ${tolerance})`;
    }
  }
  return null;
}
