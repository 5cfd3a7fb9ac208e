/** In which state a furnace is, told from its signals alone. */
import type { FurnaceState } from '../records.ts';
import { type FurnaceSample, type FurnaceSettings, longestLookMs, riseOf } from './sample.ts';

/** A charge or pour lasts on for so long after the last metal that was seen to move. */
const movingMs = 120_000;
/** … and as long as the lid stays open after it, to push in and skim; longer, it was left open. */
const longestWorkMs = 600_000;
/** Metal that moves at least this fast, kg a minute, without a counter that says so. */
const movingKgPerMinute = 10;
/** No aluminium is liquid below, by far: such a furnace holds nothing. */
const coldC = 500;

export class StateTeller {
  readonly #settings: FurnaceSettings;
  #before: FurnaceSample | null = null;
  #chargedMs = Number.NEGATIVE_INFINITY;
  #pouredMs = Number.NEGATIVE_INFINITY;
  /** When the lid was last not known to be open. */
  #closedMs = Number.NEGATIVE_INFINITY;
  /** Something was charged and is not molten yet. */
  #isMelting = false;

  constructor(settings: FurnaceSettings) {
    this.#settings = settings;
  }

  /** Call for each look, in order. */
  take(sample: FurnaceSample): FurnaceState {
    const before = this.#before;
    this.#before = sample;
    if (before !== null && sample.atMs - before.atMs <= longestLookMs) this.#move(before, sample);
    const { bathC, atMs } = sample;
    // The later of the two: metal that is poured is not charged.
    const lastMs = Math.max(this.#chargedMs, this.#pouredMs);
    if (sample.lid !== 'open') this.#closedMs = atMs;
    const isAtWork = this.#closedMs < lastMs && atMs - lastMs < longestWorkMs;
    if (isAtWork || atMs - lastMs < movingMs)
      return this.#pouredMs >= this.#chargedMs ? 'pour' : 'charge';
    if (bathC === null) return 'unknown';
    const { targetC, bandC } = this.#settings;
    if (bathC >= targetC - bandC) this.#isMelting = false;
    if (this.#isMelting) return 'melt';
    return bathC < coldC ? 'off' : 'hold';
  }

  #move(before: FurnaceSample, sample: FurnaceSample): void {
    const minutes = (sample.atMs - before.atMs) / 60_000;
    const byWeight = (rises: 1 | -1): boolean => {
      if (before.bathKg === null || sample.bathKg === null || minutes <= 0) return false;
      return (rises * (sample.bathKg - before.bathKg)) / minutes >= movingKgPerMinute;
    };
    const charged = riseOf(before.chargedKg, sample.chargedKg);
    const poured = riseOf(before.pouredKg, sample.pouredKg);
    if (sample.chargedKg === null ? byWeight(1) : (charged ?? 0) > 0) {
      this.#chargedMs = sample.atMs;
      this.#isMelting = true;
    }
    if (sample.pouredKg === null ? byWeight(-1) : (poured ?? 0) > 0) {
      this.#pouredMs = sample.atMs;
      this.#isMelting = false;
    }
  }
}
