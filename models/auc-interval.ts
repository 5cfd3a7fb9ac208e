/** How sure an AUC is. */

/** Standard normal quantile of 97.5 %. */
const z = 1.959963984540054;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Newcombe's 95 % interval of an AUC from `defects` and `good` parts (his method 5: Hanley and
 * McNeil's variance taken at the ends, as Wilson does for a share), so that an AUC of 1 on few
 * defects is not said to be sure. Null where one of the kinds is absent. Takes parts as independent.
 */
export function aucInterval(auc: number | null, defects: number, good: number): Interval | null {
  if (auc === null || defects === 0 || good === 0) return null;
  const spread = (theta: number): number => {
    const others = (defects + good) / 2 - 1;
    const lean = 1 + (others * (1 - theta)) / (2 - theta) + (others * theta) / (1 + theta);
    return z * Math.sqrt((theta * (1 - theta) * lean) / (defects * good));
  };
  const low = auc === 0 ? 0 : root((theta) => auc - theta - spread(theta), 0, auc);
  const high = auc === 1 ? 1 : root((theta) => theta - auc - spread(theta), 1, auc);
  return { low, high };
}

/** Where `f` turns from above 0 at `outer` to below at `inner`, by halving. */
function root(f: (theta: number) => number, outer: number, inner: number): number {
  let [above, below] = [outer, inner + (outer - inner) * 1e-9];
  if (f(below) > 0) return inner;
  for (let i = 0; i < 60; i += 1) {
    const middle = (above + below) / 2;
    if (f(middle) > 0) above = middle;
    else below = middle;
  }
  return (above + below) / 2;
}
