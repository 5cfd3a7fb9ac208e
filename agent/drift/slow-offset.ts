/**
 * A value that creeps away from what is normal for the mold. It is measured in that mold's standard
 * deviations, against how far its short means wander in health: melt that breathes by itself needs
 * more than a switch position that never moves.
 */
import { shapeOf } from './shape.ts';

const window = 32;
const short = 8;
/** Of them, in the direction of the mean, this many lie well off. */
const wellOff = 6;
/** Means of health that must be known before anything is told. */
export const armedAfter = 400;
/** Means wait so long before they count as health: a creep is not learned. */
const lag = 40;
const memory = 2000;
/** Shots of history that would leave the limit twice as wide. */
const doubt = 40;
/** Shots from where it began: what took fewer did not creep. */
const leastCreep = 6;
const shotsToBelieve = 3;
/** Shots after a jump before its size is known. */
const shotsAfterStep = 10;
/** A level that has lasted so long is what the machine is like now. */
const newNormalAfter = 500;

export interface Residual {
  readonly mold: string | null;
  readonly shot: number | null;
  /** In the mold's deviations. */
  readonly value: number;
}

/** In standard deviations of the mold. */
export interface Step {
  readonly shot: number | null;
  readonly by: number;
  /** Each mold that has shown it, by how far it stands off now. */
  readonly byMold: ReadonlyMap<string | null, number>;
}

export interface Offset {
  readonly sinceShot: number | null;
  readonly by: number;
}

export interface Limits {
  /** Root mean squares of the short means in health. */
  readonly beyond: number;
  /** Standard deviations: below this nobody would act. */
  readonly least: number;
}

export class SlowOffset {
  readonly #limits: Limits;
  #ring: Residual[] = [];
  #waiting: number[] = [];
  #known = 0;
  #meanSquare = 0;
  #found: Offset | null = null;
  #standing = 0;
  #awayFor = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get found(): Offset | null {
    return this.#found;
  }

  /** Of the last shots; null: too few. */
  get mean(): number | null {
    return this.#ring.length < 2 * short ? null : this.#mean(1);
  }

  get armed(): number {
    return this.#known;
  }

  /** After a stop, or while the value means something else, what came before says nothing. */
  interrupt(): void {
    if (this.#found === null) this.#ring = [];
  }

  /** A step to be taken over as the new level, or null. */
  observe(residual: Residual): Step | null {
    this.#ring.push(residual);
    if (this.#ring.length > window) this.#ring.shift();
    if (this.#ring.length < 2 * short) return null;
    const mean = this.#mean(1);
    if (this.#found !== null) return this.#stand(mean);
    this.#learn(mean);
    this.#awayFor = this.#isAway(mean) ? this.#awayFor + 1 : 0;
    const isSure = this.#known >= armedAfter && this.#awayFor >= shotsToBelieve;
    return isSure ? this.#judge(mean) : null;
  }

  /** Of the last shots, or those before; without the extremes, as one wild shot is no creep. */
  #mean(back: number): number {
    const end = this.#ring.length - (back - 1) * short;
    const part = this.#ring.slice(end - short, end).map(({ value }) => value);
    const [low, high] = [Math.min(...part), Math.max(...part)];
    return (part.reduce((sum, value) => sum + value, 0) - low - high) / (short - 2);
  }

  #limit(): number {
    // What was seen for a short time only may wander farther than it has yet.
    const unsure = 1 + Math.sqrt(doubt / Math.max(1, this.#known));
    const { least, beyond } = this.#limits;
    return unsure * Math.max(least, beyond * Math.sqrt(this.#meanSquare));
  }

  /** Away, nearly all of it, and not on the way back: a die that warms up again comes back by itself. */
  #isAway(mean: number): boolean {
    const limit = this.#limit();
    if (Math.abs(mean) < limit || Math.abs(mean) < Math.abs(this.#mean(2))) return false;
    const sign = Math.sign(mean);
    const off = this.#ring.slice(-short).filter(({ value }) => value * sign > limit / 3);
    return off.length >= wellOff;
  }

  #judge(mean: number): Step | null {
    const shape = shapeOf(this.#ring.map(({ value }) => value));
    const shot = this.#ring[shape.from]?.shot ?? null;
    if (shape.kind === 'ramp') {
      // A jump that is so fresh is not told from a creep.
      if (this.#ring.length - shape.from < leastCreep) return null;
      this.#found = { sinceShot: shot, by: mean };
      this.#waiting = [];
      this.#standing = 0;
      return null;
    }
    const since = this.#ring.length - shape.from;
    if (since < shotsAfterStep) return null;
    const by = shape.after - shape.before;
    const byMold = levelsOf(this.#ring.slice(shape.from));
    this.#ring = this.#ring.map((one, at) => {
      const moved = at < shape.from ? 0 : (byMold.get(one.mold) ?? 0);
      return { ...one, value: one.value - moved };
    });
    this.#waiting = [];
    return { shot, by, byMold };
  }

  #stand(mean: number): Step | null {
    const { sinceShot } = this.#found ?? { sinceShot: null };
    this.#standing += 1;
    if (Math.abs(mean) < this.#limit() / 2) {
      this.#found = null;
      return null;
    }
    this.#found = { sinceShot, by: mean };
    if (this.#standing < newNormalAfter) return null;
    this.#found = null;
    const byMold = levelsOf(this.#ring);
    this.#ring = [];
    return { shot: sinceShot, by: mean, byMold };
  }

  #learn(mean: number): void {
    this.#waiting.push(mean * mean);
    if (this.#waiting.length <= lag) return;
    const square = this.#waiting.shift() ?? 0;
    this.#known += 1;
    this.#meanSquare += (square - this.#meanSquare) / Math.min(this.#known, memory);
  }
}

const leastOfMold = 3;

/** Mean of each mold that has enough shots among them. */
function levelsOf(residuals: readonly Residual[]): ReadonlyMap<string | null, number> {
  const levels = new Map<string | null, number>();
  for (const [mold, of] of Map.groupBy(residuals, (one) => one.mold)) {
    const mean = of.reduce((sum, { value }) => sum + value, 0) / of.length;
    if (of.length >= leastOfMold) levels.set(mold, mean);
  }
  return levels;
}

const firstShots = 4;
/** Standard deviations that the first shots after stops are off by on average, the same way each time. */
const reaction = 1.2;
const stopsToKnow = 2;
const stopsRemembered = 5;
const settling = 16;

/** Whether a value is another one after a stop, as temperatures of the die are; learned. */
export class StopEffect {
  #stops = 0;
  #size = 0;
  #since = Number.POSITIVE_INFINITY;
  #first: number[] = [];

  /** The first shot after a stop is next. */
  begin(): void {
    this.#since = 0;
    this.#first = [];
  }

  /** Each shot; `residual` null: the mold has no normal yet. */
  observe(residual: number | null): void {
    this.#since += 1;
    if (this.#since > 2 * firstShots || residual === null) return;
    this.#first.push(residual);
    if (this.#first.length !== firstShots) return;
    const mean = this.#first.reduce((sum, one) => sum + one, 0) / firstShots;
    this.#stops += 1;
    this.#size += (mean - this.#size) / Math.min(this.#stops, stopsRemembered);
  }

  get isKnownCalm(): boolean {
    return this.#stops >= stopsToKnow && Math.abs(this.#size) < reaction;
  }

  /** Values of now are those of a machine that comes back from a stop. */
  get isSettling(): boolean {
    return this.#since < settling && !this.isKnownCalm;
  }
}
