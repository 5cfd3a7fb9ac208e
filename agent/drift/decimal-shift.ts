/** A value that is suddenly 10, 100 or 1000 times as large or small: a scale set wrongly. */
import { type Normal, quantileOf } from '../../models/normal.ts';

const shotsToFind = 5;
const shotsToClear = 3;
const mostDecades = 3;
/** Decades: no two powers of ten come near each other. */
const [leastTolerance, mostTolerance] = [0.04, 0.12];
/** A value that itself varies by more than this share has no decimal point to lose. */
const mostSpread = 0.2;

export interface Shifted {
  readonly sinceShot: number | null;
  readonly from: number;
  readonly to: number;
}

interface Seen {
  readonly shot: number | null;
  readonly value: number;
  readonly normal: number;
}

export class DecimalShift {
  #run: Seen[] = [];
  #decades = 0;
  #fitting = 0;
  #found: Shifted | null = null;

  get found(): Shifted | null {
    return this.#found;
  }

  /** Each shot that was read, judged or not, against what is normal for its mold. */
  observe(shot: number | null, value: number, normal: Normal | null): void {
    if (normal === null) return;
    const decades = decadesOff(value, normal);
    if (decades === null || decades === 0) {
      this.#run = [];
      this.#fitting = decades === null ? 0 : this.#fitting + 1;
      if (this.#fitting >= shotsToClear) this.#found = null;
      return;
    }
    this.#fitting = 0;
    if (decades !== this.#decades) this.#run = [];
    this.#decades = decades;
    this.#run.push({ shot, value, normal: normal.median });
    if (this.#run.length > shotsToFind) this.#run.splice(1, 1);
    if (this.#run.length >= shotsToFind && this.#found === null) this.#found = shiftOf(this.#run);
  }
}

function shiftOf(run: readonly Seen[]): Shifted {
  const middle = (of: (seen: Seen) => number): number =>
    quantileOf(
      run.map(of).sort((a, b) => a - b),
      0.5,
    );
  return {
    sinceShot: run[0]?.shot ?? null,
    from: middle(({ normal }) => normal),
    to: middle(({ value }) => value),
  };
}

/** 0: as it should be; null: neither that nor a power of ten off. */
function decadesOff(value: number, { median, sigma }: Normal): number | null {
  if (median === 0 || value / median <= 0 || sigma / Math.abs(median) > mostSpread) return null;
  const spread = (3 * sigma) / (Math.abs(median) * Math.LN10);
  const tolerance = Math.min(mostTolerance, Math.max(leastTolerance, spread));
  const decades = Math.log10(value / median);
  const nearest = Math.round(decades);
  if (Math.abs(nearest) > mostDecades) return null;
  return Math.abs(decades - nearest) <= tolerance ? nearest : null;
}
