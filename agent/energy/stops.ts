/** What a stopped machine is doing, by the power it draws. */
import type { EnergyState } from '../records.ts';
import type { EnergyTimeline } from './timeline.ts';

export interface StopLimits {
  /** A stopped machine below is on hold; null: not told apart from idle. */
  readonly holdBelowKw: number | null;
  /** A stopped machine below is off; null: below a small part of what production takes. */
  readonly offBelowKw: number | null;
  readonly timeScale: number;
}

export interface StopPiece {
  readonly untilMs: number;
  readonly state: EnergyState;
}

/** Of the power in production; below it hardly a lamp is on. */
const offShare = 0.02;
/** A register counts in steps: so many of them, or so long, tell the power. */
const clearSteps = 5;
const leastMs = 60_000;
/** Of the machine's time. */
export const longestPieceMs = 300_000;

export class Stops {
  readonly #limits: StopLimits;
  readonly #timeline: EnergyTimeline;
  #state: EnergyState | null = null;
  #productionKw: number | null = null;

  constructor(limits: StopLimits, timeline: EnergyTimeline) {
    this.#limits = limits;
    this.#timeline = timeline;
  }

  /** Power of a cycle. */
  learn(kW: number): void {
    const before = this.#productionKw;
    this.#productionKw = before === null ? kW : before + 0.1 * (kW - before);
    this.#state = null;
  }

  /** The next piece of a stop, settled up to `fromMs`; null: too short to tell. `isOver`: it ended. */
  next(fromMs: number, untilMs: number, isOver: boolean): StopPiece | null {
    const { timeScale } = this.#limits;
    const endMs = Math.min(untilMs, fromMs + longestPieceMs / timeScale);
    if (endMs <= fromMs) return null;
    const length = (endMs - fromMs) * timeScale;
    const { kWh, ms, stepKwh } = this.#measured(fromMs, endMs);
    const isClear = length >= longestPieceMs || (length >= leastMs && kWh >= clearSteps * stepKwh);
    if (!isClear && !isOver) return null;
    const kW = ms === 0 ? 0 : (kWh * 3_600_000) / (ms * timeScale);
    const state = isClear || this.#state === null ? this.#stateAt(kW) : this.#state;
    if (ms > 0) this.#state = state;
    return { untilMs: endMs, state };
  }

  #measured(fromMs: number, toMs: number) {
    let [kWh, ms, stepKwh] = [0, 0, 0];
    for (const slice of this.#timeline.slices(fromMs, toMs)) {
      if (slice.kind !== 'measured') continue;
      kWh += slice.kWh;
      ms += slice.toMs - slice.fromMs;
      stepKwh = slice.stepKwh;
    }
    return { kWh, ms, stepKwh };
  }

  #stateAt(kW: number): EnergyState {
    const { holdBelowKw, offBelowKw } = this.#limits;
    if (kW < (offBelowKw ?? (this.#productionKw ?? 0) * offShare)) return 'off';
    return holdBelowKw !== null && kW < holdBelowKw ? 'hold' : 'idle';
  }
}
