import type { UnitStats } from './driver.ts';

const roundTripsKept = 256;
/** Unanswered requests in a row after which a unit is left alone for a while. */
const silentAfter = 2;
/** A dead unit is asked again after 2, 4, 8, at most 16 time-outs: under 6 % of the bus. */
const longestQuiet = 16;
/** One that never answered may not be there at all: from the first silence on after so many. */
const strangerQuiet = 8;
/** Round trips known before the time-out follows them. */
const tripsToAdapt = 32;
/** A reply later than so many times the slowest of late is not on its way. */
const patience = 10;
/** … and never less than this: a device may pause to write its flash. */
const leastTimeoutMs = 100;

/** What is known of one unit: its counters, when it may be asked again, whether it is silent. */
export class UnitMonitor {
  readonly unit: number;
  /** Least time from the end of one exchange to the next request, ms. */
  readonly #gapMs: number;
  readonly #roundTrips = new Float64Array(roundTripsKept);
  #trips = 0;
  #requests = 0;
  #timeouts = 0;
  #exceptions = 0;
  #malformed = 0;
  #checksumErrors = 0;
  #slowestMs = 0;
  #quarantinedUntilMs = 0;
  #lastGoodWallMs: number | null = null;
  #lastGoodMonoMs = 0;
  #silent = 0;
  #readyAtMs = 0;
  #quietUntilMs = 0;

  constructor(unit: number, gapMs: number) {
    this.unit = unit;
    this.#gapMs = gapMs;
  }

  /** Monotonic ms from which the next request may be sent. */
  get readyAtMs(): number {
    return this.#readyAtMs;
  }

  /** Monotonic ms until which the unit is not asked because it does not answer; 0: it does. */
  get quietUntilMs(): number {
    return this.#quietUntilMs;
  }

  /** Monotonic ms until which a late reply may come that looks like any other. */
  get quarantinedUntilMs(): number {
    return this.#quarantinedUntilMs;
  }

  /** What to wait for a reply: `longestMs`, or less for a unit known to be quick. */
  timeoutMs(longestMs: number): number {
    if (this.#silent > 0 || this.#trips < tripsToAdapt) return longestMs;
    return Math.min(longestMs, Math.max(leastTimeoutMs, Math.ceil(patience * this.#slowestMs)));
  }

  quarantine(untilMs: number): void {
    this.#quarantinedUntilMs = Math.max(this.#quarantinedUntilMs, untilMs);
  }

  sent(): void {
    this.#requests += 1;
  }

  answered(roundTripMs: number, wallMs: number, monoMs: number): void {
    this.#roundTrips[this.#trips % roundTripsKept] = roundTripMs;
    this.#trips += 1;
    // Falls by half in some 700 round trips, so that one slow answer is not held against it for ever.
    this.#slowestMs = Math.max(roundTripMs, this.#slowestMs * 0.999);
    this.#lastGoodWallMs = wallMs;
    this.#lastGoodMonoMs = monoMs;
    this.#heard(monoMs);
  }

  /** `reached`: the device itself answered; false when a gateway answered in its place. */
  exception(reached: boolean, roundTripMs: number, monoMs: number): void {
    this.#exceptions += 1;
    if (reached) this.#heard(monoMs);
    else this.#unanswered(roundTripMs, monoMs);
  }

  malformed(monoMs: number, fault: 'shape' | 'checksum'): void {
    this.#malformed += 1;
    if (fault === 'checksum') this.#checksumErrors += 1;
    this.#readyAtMs = monoMs + this.#gapMs;
  }

  timedOut(timeoutMs: number, monoMs: number): void {
    this.#timeouts += 1;
    this.#unanswered(timeoutMs, monoMs);
  }

  stats(longestMs: number): UnitStats {
    return {
      unit: this.unit,
      requests: this.#requests,
      timeouts: this.#timeouts,
      exceptions: this.#exceptions,
      malformed: this.#malformed,
      checksumErrors: this.#checksumErrors,
      lastGoodWallMs: this.#lastGoodWallMs,
      lastGoodAgeMs:
        this.#lastGoodWallMs === null ? null : performance.now() - this.#lastGoodMonoMs,
      roundTripMs: this.#percentiles(),
      timeoutMs: this.timeoutMs(longestMs),
      state: this.#state(),
    };
  }

  #state(): UnitStats['state'] {
    if (this.#quarantinedUntilMs > performance.now()) return 'quarantined';
    if (this.#silent >= silentAfter) return 'silent';
    return this.#lastGoodWallMs === null ? 'unknown' : 'answering';
  }

  #heard(monoMs: number): void {
    this.#silent = 0;
    this.#quietUntilMs = 0;
    this.#readyAtMs = monoMs + this.#gapMs;
  }

  #unanswered(costMs: number, monoMs: number): void {
    this.#silent += 1;
    this.#readyAtMs = monoMs + this.#gapMs;
    this.#quietUntilMs = monoMs + this.#quietFactor() * costMs;
  }

  /** In time-outs. */
  #quietFactor(): number {
    if (this.#lastGoodWallMs === null) {
      return Math.min(longestQuiet, strangerQuiet * 2 ** (this.#silent - 1));
    }
    if (this.#silent < silentAfter) return 0;
    return Math.min(longestQuiet, 2 ** (this.#silent - silentAfter + 1));
  }

  #percentiles(): { p50: number; p99: number } | null {
    const kept = Math.min(this.#trips, roundTripsKept);
    if (kept === 0) return null;
    const sorted = this.#roundTrips.slice(0, kept).sort();
    const at = (q: number): number => sorted[Math.min(kept - 1, Math.floor(q * kept))] ?? 0;
    return { p50: at(0.5), p99: at(0.99) };
  }
}
