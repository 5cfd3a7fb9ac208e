/** What is told of a target's troubles: each becomes a record, so a line that flaps is told once. */
import type { PpuriError } from '../../config/errors.ts';

export type Tell = (kind: string, level: 'info' | 'warn' | 'error', text: string) => void;

const someoneMustAct: ReadonlySet<string> = new Set([
  'sync-untrusted',
  'sync-denied',
  'sync-no-receiver',
  'sync-taken-over',
  'sync-takes-nothing',
]);
/** So many troubles within this time are one. */
const flapsTogether = 4;
const flapMs = 600_000;
/** What is said of single records is a record too, and may be refused. */
const sayAgainMs = 3_600_000;

export class Tidings {
  readonly #tell: Tell;
  readonly #now: () => number;
  readonly #begunMs: number[] = [];
  readonly #saidMs = new Map<string, number>();
  /** The code of the trouble that lasts. */
  #standing: string | null = null;
  #flapping = false;
  #told = new Set<string>();

  /** `now`: ms of a monotonic clock. */
  constructor(tell: Tell, now: () => number) {
    this.#tell = tell;
    this.#now = now;
  }

  /** Nothing is lost by waiting; the same trouble is said once. */
  trouble(why: PpuriError): void {
    if (this.#standing === why.code) return;
    if (this.#standing === null) this.#begun();
    this.#standing = why.code;
    const act = someoneMustAct.has(why.code);
    if (this.#flapping && (!act || this.#told.has(why.code))) return;
    this.#told.add(why.code);
    const often = this.#begunMs.length;
    if (often < flapsTogether) this.#told = new Set();
    const text = `${why.message}; records are kept and sent later. ${why.hint}`.trim();
    this.#tell(why.code, act ? 'error' : 'warn', text);
    if (this.#flapping || often < flapsTogether) return;
    this.#flapping = true;
    const minutes = flapMs / 60_000;
    this.#tell(
      'sync-flapping',
      'warn',
      `delivery broke off ${often} times within ${minutes} minutes; until it lasts, no more is said of it. See the line, and whether another client has the same client id or name`,
    );
  }

  /** Records were delivered. */
  well(): void {
    if (this.#flapping) {
      this.#standing = null;
      if (this.#now() - (this.#begunMs.at(-1) ?? 0) < flapMs) return;
      this.#flapping = false;
      this.#told = new Set();
    } else if (this.#standing === null) return;
    this.#standing = null;
    this.#tell('sync-ok', 'info', 'records are delivered again');
  }

  /** Of single records: the first, and then once an hour. */
  ofRecord(kind: string, level: 'warn' | 'error', text: string): void {
    const now = this.#now();
    if (now - (this.#saidMs.get(kind) ?? Number.NEGATIVE_INFINITY) < sayAgainMs) return;
    this.#saidMs.set(kind, now);
    this.#tell(kind, level, text);
  }

  #begun(): void {
    const now = this.#now();
    this.#begunMs.push(now);
    while ((this.#begunMs[0] ?? now) < now - flapMs) this.#begunMs.shift();
  }
}
