/** How many absent numbers of a start its gap records tell of; `ppuri.told` of schema.sql is the same. */

/** Numbers, both ends inclusive. */
export interface Run {
  readonly from: number;
  readonly to: number;
}

/** So many numbers of its range are told. */
export interface Gap extends Run {
  readonly count: number;
}

/** What of `run` from `place` on the gap that ends first takes; `take` 0: none reaches there. */
function nextPart(gaps: readonly (Gap & { left: number })[], run: Run, place: number) {
  let end = run.to;
  let pick: (Gap & { left: number }) | null = null;
  for (const gap of gaps) {
    if (gap.left < 1 || gap.to < place) continue;
    if (gap.from > place) end = Math.min(end, gap.from - 1);
    else pick ??= gap;
  }
  if (pick === null) return { take: 0, next: end + 1 };
  const take = Math.min(pick.left, pick.to - place + 1, end - place + 1);
  pick.left -= take;
  return { take, next: place + take };
}

/**
 * Of the absent `runs`, in order: a gap tells of no more than it counts, and no more than is absent from
 * its range. Each number takes from the gap that ends first, which leaves most for those behind it.
 */
export function toldOf(runs: readonly Run[], gaps: readonly Gap[]): number {
  const unused = gaps
    .map((gap) => ({ ...gap, left: gap.count }))
    .sort((a, b) => a.to - b.to || a.from - b.from);
  let told = 0;
  for (const run of runs)
    for (let place = run.from; place <= run.to; ) {
      const { take, next } = nextPart(unused, run, place);
      told += take;
      place = next;
    }
  return told;
}
