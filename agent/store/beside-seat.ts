/** Where the keep child meets what works beside the store: the panel, and notices to others. */
import type { AgentEvent, StoredRecord } from '../records.ts';
import type { LiveStatus } from './control-client.ts';
import type { Outcome } from './trouble.ts';

/** What those see who work beside the store. */
export interface KeepSide {
  readonly dir: string;
  status(): LiveStatus;
  /** Said once of a kind: it may come with every question. */
  fault(kind: string, thrown: unknown): void;
  /** `subject`: what it is about; the panel without. */
  tell(kind: string, level: AgentEvent['level'], text: string, subject?: string): void;
  /** For the log alone: it is neither kept nor delivered. */
  log(event: string, fields: Readonly<Record<string, unknown>>): void;
  /** Asks the store; a failure is an outcome. */
  query(method: string, params: unknown): Promise<Outcome>;
  /** Has the loop do something; its answer or its silence is the outcome. */
  command(method: string, params: unknown): Promise<Outcome>;
}

export interface Beside {
  /** Records as they come from the loop, before they are kept; the loop's status. Neither throws. */
  records(records: readonly StoredRecord[]): void;
  status(snapshot: unknown): void;
  /** A question from the control socket that is theirs to answer; null: it is not. */
  answer(method: string, params: unknown): Promise<Outcome> | null;
  close(): void;
}

/** Begins by the plan it is given, and tells how it went. */
export type WorkBeside = (keep: KeepSide, plan: unknown) => Promise<Beside>;

const mostEarly = 256;

export class BesideSeat {
  readonly #begin: WorkBeside | null;
  #served: Beside | null = null;
  #snapshot: unknown = null;
  /** What came before anybody was there to see it; alerts of the first moments are among it. */
  #early: StoredRecord[] = [];
  #closed = false;

  constructor(begin: WorkBeside | undefined) {
    this.#begin = begin ?? null;
  }

  /** Never rejects. */
  async open(keep: KeepSide, plan: unknown): Promise<void> {
    if (plan === undefined || this.#begin === null) return;
    const served = await this.#begin(keep, plan);
    if (this.#closed) {
      served.close();
      return;
    }
    this.#served = served;
    if (this.#snapshot !== null) served.status(this.#snapshot);
    served.records(this.#early);
    this.#early = [];
  }

  records(records: readonly StoredRecord[]): void {
    if (this.#served !== null) this.#served.records(records);
    else if (this.#begin !== null) this.#early = [...this.#early, ...records].slice(-mostEarly);
  }

  status(snapshot: unknown): void {
    this.#snapshot = snapshot;
    this.#served?.status(snapshot);
  }

  answer(method: string, params: unknown): Promise<Outcome> | null {
    return this.#served?.answer(method, params) ?? null;
  }

  close(): void {
    this.#closed = true;
    this.#served?.close();
  }
}
