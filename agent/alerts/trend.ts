/** Is a feature rising or falling over the last cycles of one mold, and since when is it off? */

export interface TrendPoint {
  readonly shot: number | null;
  readonly value: number;
}

export interface Trend {
  readonly direction: 'rising' | 'falling';
  readonly cycles: number;
}

const KEEP = 30;
const SPANS = [20, 10, 5] as const;
/** Slope over its standard error; about one in a thousand by chance. */
const LEAST_T = 4;

function slopeT(values: readonly number[]): number {
  const n = values.length;
  const xMean = (n - 1) / 2;
  const yMean = values.reduce((sum, value) => sum + value, 0) / n;
  let sxx = 0;
  let sxy = 0;
  let syy = 0;
  values.forEach((value, x) => {
    sxx += (x - xMean) ** 2;
    sxy += (x - xMean) * (value - yMean);
    syy += (value - yMean) ** 2;
  });
  const slope = sxy / sxx;
  const residual = Math.max(syy - slope * sxy, 0);
  if (residual === 0) return slope === 0 ? 0 : Math.sign(slope) * Number.POSITIVE_INFINITY;
  return slope / Math.sqrt(residual / (n - 2) / sxx);
}

/** Last values of one feature of one machine and mold. */
export class FeatureTrend {
  readonly #points: TrendPoint[] = [];

  push(point: TrendPoint): void {
    this.#points.push(point);
    if (this.#points.length > KEEP) this.#points.shift();
  }

  /** The longest span with a clear trend, or null: a jump or plain scatter. */
  trend(): Trend | null {
    for (const span of SPANS) {
      if (this.#points.length < span) continue;
      const t = slopeT(this.#points.slice(-span).map((point) => point.value));
      if (Math.abs(t) >= LEAST_T) return { direction: t > 0 ? 'rising' : 'falling', cycles: span };
    }
    return null;
  }

  /** The first shot of the unbroken run outside [low, high] that ends now; null when it is inside. */
  outsideSince(low: number, high: number): number | null {
    let since: number | null = null;
    for (let i = this.#points.length - 1; i >= 0; i -= 1) {
      const point = this.#points[i];
      if (point === undefined || (point.value >= low && point.value <= high)) break;
      since = point.shot ?? since;
    }
    return since;
  }
}
