/**
 * RTU replies carry no id: any frame of the right unit, function and length looks like the reply.
 * What gives another one away is what comes beside it. A frame that may not be the reply is held
 * back for a while: if another one follows, neither counts.
 *
 * - A repeated frame is, byte for byte, one that was accepted a moment ago.
 * - Two devices with one unit number, or another master's questions, show by frames nobody asked for.
 * - A unit not heard yet on this opening of the port may still be answering somebody before us.
 */
import type { ReplyShape } from './reply-shape.ts';
import { framesOf, overheardRequest } from './rtu-frame.ts';

/** Frames remembered of each unit. */
const remembered = 16;
/** For how many time-outs: as long as a unit that was late is left alone. */
const rememberedTimeouts = 2;
/** Share of a new round trip in the typical one. */
const newShare = 0.1;
/** So long after it was heard to do something of the kind, a line or unit may do so again. */
const suspectedMs = 60_000;
/** Replies of a unit that are held on a fresh opening, and how long. */
const probation = 4;
const probationMs = 100;
/** Less than the shortest time-out that adapts, or nothing would come through. */
const doubtedMs = 50;

interface Accepted {
  readonly frame: Buffer;
  readonly request: Buffer;
  readonly atMs: number;
}

/** A reply that may still come, after its time-out. */
interface Ghost {
  readonly shape: ReplyShape;
  readonly untilMs: number;
}

interface UnitHistory {
  readonly accepted: Accepted[];
  ghosts: Ghost[];
  shape: ReplyShape;
  proven: number;
  /** null until a reply came. */
  typicalMs: number | null;
  quietUntilMs: number;
  doubtUntilMs: number;
}

export interface Candidate {
  readonly unit: number;
  readonly frame: Buffer;
  readonly request: Buffer;
  readonly sentMs: number;
  readonly atMs: number;
}

/** What was heard although nobody asked: where the last whole frame in it ends, and whose it was. */
export interface Unasked {
  readonly end: number;
  readonly byMaster: boolean;
}

export class ReplyGuard {
  readonly #silenceMs: number;
  readonly #timeoutMs: number;
  readonly #units = new Map<number, UnitHistory>();
  #repeatsUntilMs = Number.NEGATIVE_INFINITY;

  /** `timeoutMs`: the longest that is waited for a reply. */
  constructor(silenceMs: number, timeoutMs: number) {
    this.#silenceMs = silenceMs;
    this.#timeoutMs = timeoutMs;
  }

  /** Monotonic ms until which `unit` is not to be asked. */
  quietUntilMs(unit: number): number {
    return this.#units.get(unit)?.quietUntilMs ?? 0;
  }

  asked(shape: ReplyShape): void {
    const known = this.#units.get(shape.unit);
    if (known !== undefined) known.shape = shape;
    else this.#units.set(shape.unit, newHistory(shape));
  }

  /** Nobody waits for this reply any more, but it may come. */
  abandoned(shape: ReplyShape, atMs: number): void {
    const history = this.#units.get(shape.unit);
    if (history === undefined) return;
    const untilMs = atMs + rememberedTimeouts * this.#timeoutMs;
    history.ghosts = [...history.ghosts.filter((one) => one.untilMs > atMs), { shape, untilMs }];
  }

  /** Two different frames fitted one request of this unit. */
  doubt(unit: number, atMs: number): void {
    const history = this.#units.get(unit);
    if (history !== undefined) history.doubtUntilMs = atMs + suspectedMs;
  }

  /** Judges bytes that belong to no reply that is waited for; `own`: our request, which may echo. */
  heardUnasked(bytes: Buffer, atMs: number, own: Buffer | null = null): Unasked {
    let end = 0;
    for (const [unit, history] of this.#units) {
      for (const found of framesOf(bytes, history.shape)) {
        end = Math.max(end, found.end);
        this.#judge(unit, history, bytes.subarray(found.start, found.end), atMs);
      }
    }
    const request = overheardRequest(bytes, own);
    if (request !== null) this.doubt(request.unit, atMs);
    return { end: Math.max(end, request?.end ?? 0), byMaster: request !== null };
  }

  /**
   * Until when to hold this frame back before it counts as the reply; 0: not at all, Infinity: it
   * never counts, since the line has repeated frames and the true reply may itself be late.
   */
  holdUntilMs(candidate: Candidate): number {
    const history = this.#units.get(candidate.unit);
    // A write confirms by its own content, and diverts a part.
    if (history === undefined || (candidate.request[1] ?? 0) > 4) return 0;
    return Math.max(
      this.#unprovenUntilMs(history, candidate),
      this.#twinUntilMs(history, candidate),
    );
  }

  accepted({ unit, frame, request, sentMs, atMs }: Candidate): void {
    const history = this.#units.get(unit);
    if (history === undefined) return;
    const roundTripMs = atMs - sentMs;
    const { typicalMs, accepted } = history;
    history.proven += 1;
    history.typicalMs =
      typicalMs === null ? roundTripMs : typicalMs * (1 - newShare) + roundTripMs * newShare;
    if (accepted.length === remembered) accepted.shift();
    accepted.push({ frame, request, atMs });
  }

  #judge(unit: number, history: UnitHistory, frame: Buffer, atMs: number): void {
    if (history.accepted.some((one) => one.frame.equals(frame))) {
      this.#repeatsUntilMs = atMs + suspectedMs;
      return;
    }
    const ghost = history.ghosts.findIndex(
      ({ shape, untilMs }) => untilMs > atMs && shape.functionCode === history.shape.functionCode,
    );
    if (ghost === -1) this.doubt(unit, atMs);
    else history.ghosts.splice(ghost, 1);
  }

  #unprovenUntilMs({ proven, doubtUntilMs }: UnitHistory, { atMs }: Candidate): number {
    const longestMs = this.#timeoutMs / 2;
    if (proven < probation) return atMs + Math.min(probationMs, longestMs);
    return atMs < doubtUntilMs ? atMs + Math.min(doubtedMs, longestMs) : 0;
  }

  #twinUntilMs(history: UnitHistory, { frame, request, sentMs, atMs }: Candidate): number {
    const sinceMs = atMs - rememberedTimeouts * this.#timeoutMs;
    const twins = history.accepted.filter((one) => one.atMs >= sinceMs && one.frame.equals(frame));
    if (twins.length === 0) return 0;
    const repeats = atMs < this.#repeatsUntilMs;
    const answeredByMs = this.#answeredByMs(history, sentMs, atMs);
    if (twins.some((twin) => !twin.request.equals(request))) {
      return repeats ? Number.POSITIVE_INFINITY : Math.max(answeredByMs, atMs + this.#silenceMs);
    }
    // The value is at worst one poll old; the unit is left alone until the true reply has come.
    history.quietUntilMs = repeats ? sentMs + this.#timeoutMs : answeredByMs;
    return 0;
  }

  /** When the true reply will have come, if this one came too quickly to be it; else 0. */
  #answeredByMs({ typicalMs }: UnitHistory, sentMs: number, atMs: number): number {
    if (typicalMs === null || atMs - sentMs >= typicalMs - this.#silenceMs) return 0;
    return sentMs + 2 * typicalMs;
  }
}

function newHistory(shape: ReplyShape): UnitHistory {
  const never = Number.NEGATIVE_INFINITY;
  const counts = { proven: 0, typicalMs: null, quietUntilMs: 0, doubtUntilMs: never };
  return { accepted: [], ghosts: [], shape, ...counts };
}
