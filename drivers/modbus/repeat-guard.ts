/**
 * RTU replies carry no id. A repeated frame that comes while another request waits for one of the
 * same shape looks exactly like its reply. What gives it away: it is byte for byte a frame that was
 * accepted a moment ago, and the true reply follows it. So such a frame is held back until none
 * has, or, where the request is the same and the value at worst one poll old, the unit is left alone
 * until the true reply must have come.
 */

/** Frames remembered of each unit. */
const remembered = 16;
/** For how many time-outs: as long as a unit that was late is left alone. */
const rememberedTimeouts = 2;
/** Share of a new round trip in the typical one. */
const newShare = 0.1;
/** So long after it was heard to repeat a frame, a line may do so again. */
const suspectedMs = 60_000;

interface Accepted {
  readonly frame: Buffer;
  readonly request: Buffer;
  readonly atMs: number;
}

interface UnitHistory {
  readonly accepted: Accepted[];
  /** null until a reply came. */
  typicalMs: number | null;
  quietUntilMs: number;
}

export interface Candidate {
  readonly unit: number;
  readonly frame: Buffer;
  readonly request: Buffer;
  readonly sentMs: number;
  readonly atMs: number;
}

export class RepeatGuard {
  readonly #silenceMs: number;
  readonly #timeoutMs: number;
  readonly #units = new Map<number, UnitHistory>();
  #suspectUntilMs = Number.NEGATIVE_INFINITY;

  /** `timeoutMs`: the longest that is waited for a reply. */
  constructor(silenceMs: number, timeoutMs: number) {
    this.#silenceMs = silenceMs;
    this.#timeoutMs = timeoutMs;
  }

  /** Bytes that nobody asked for: a frame accepted before among them shows a line that repeats. */
  heardUnasked(bytes: Buffer, atMs: number): void {
    for (const { accepted } of this.#units.values()) {
      if (accepted.some(({ frame }) => bytes.includes(frame))) this.suspect(atMs);
    }
  }

  /** The line has repeated a frame. */
  suspect(atMs: number): void {
    this.#suspectUntilMs = atMs + suspectedMs;
  }

  /** Monotonic ms until which `unit` is not to be asked. */
  quietUntilMs(unit: number): number {
    return this.#units.get(unit)?.quietUntilMs ?? 0;
  }

  /**
   * Until when to hold this frame back before it counts as the reply; 0: not at all, Infinity: it
   * never counts, since the line has repeated frames and the true reply may itself be late.
   */
  holdUntilMs(candidate: Candidate): number {
    const { frame, request, sentMs, atMs } = candidate;
    const history = this.#of(candidate.unit);
    const sinceMs = atMs - rememberedTimeouts * this.#timeoutMs;
    const twins = history.accepted.filter((one) => one.atMs >= sinceMs && one.frame.equals(frame));
    if (twins.length === 0) return 0;
    const suspected = atMs < this.#suspectUntilMs;
    if (twins.some((twin) => !twin.request.equals(request))) {
      if (suspected) return Number.POSITIVE_INFINITY;
      return Math.max(this.#answeredByMs(history, sentMs, atMs), atMs + this.#silenceMs);
    }
    history.quietUntilMs = suspected
      ? sentMs + this.#timeoutMs
      : this.#answeredByMs(history, sentMs, atMs);
    return 0;
  }

  accepted({ unit, frame, request, sentMs, atMs }: Candidate): void {
    const history = this.#of(unit);
    const roundTripMs = atMs - sentMs;
    history.typicalMs =
      history.typicalMs === null
        ? roundTripMs
        : history.typicalMs * (1 - newShare) + roundTripMs * newShare;
    const { accepted } = history;
    if (accepted.length === remembered) accepted.shift();
    accepted.push({ frame, request, atMs });
  }

  /** When the true reply will have come, if this one came too quickly to be it; else 0. */
  #answeredByMs({ typicalMs }: UnitHistory, sentMs: number, atMs: number): number {
    if (typicalMs === null || atMs - sentMs >= typicalMs - this.#silenceMs) return 0;
    return sentMs + 2 * typicalMs;
  }

  #of(unit: number): UnitHistory {
    const known = this.#units.get(unit);
    if (known !== undefined) return known;
    const fresh: UnitHistory = { accepted: [], typicalMs: null, quietUntilMs: 0 };
    this.#units.set(unit, fresh);
    return fresh;
  }
}
