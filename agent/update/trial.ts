/**
 * A version on probation, from its inside: it says on the disk how it gets on, for `start.sh` to decide
 * at the next start. Nothing here takes part in the work of an agent, nor waits for its disk.
 */
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Log } from '../health/log.ts';
import { fieldLines, type Places, readFields, readState, type VersionState } from './versions.ts';

export type Word = 'starting' | 'healthy' | 'passed' | 'stopped' | 'unhealthy';

export interface TrialParts {
  readonly places: Places;
  readonly version: string;
  /** What is not well, in words. */
  readonly trouble: () => readonly string[];
  readonly log: Log;
}

async function syncedWrite(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o644);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const lookEveryMs = 500;

export class VersionTrial {
  readonly #parts: TrialParts;
  readonly #state: VersionState | null;
  readonly #well = Promise.withResolvers<void>();
  readonly #begunMs = performance.now();
  #wellSinceMs: number | null = null;
  #word: Word = 'starting';
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();
  #told: string;

  /** Reads two small files; one that cannot be read is none, and said. */
  constructor(parts: TrialParts) {
    this.#parts = parts;
    this.#state = this.#read(() => readState(parts.places), null);
    this.#told = this.#read(() => readFields(parts.places.health).get('told') ?? '', '');
    this.#well.promise.catch(() => undefined);
  }

  #read<T>(read: () => T, otherwise: T): T {
    try {
      return read();
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      this.#parts.log.warn('version-unread', { why });
      return otherwise;
    }
  }

  get onProbation(): boolean {
    return this.#state !== null && this.#state.probation === this.#parts.version;
  }

  /** The change that led to this version; null: none, e.g. one that did not come to be. */
  get change(): VersionState | null {
    return this.#state?.to === this.#parts.version ? this.#state : null;
  }

  /** Whether it is yet to be told to people. */
  get isNews(): boolean {
    return this.change !== null && this.change.id !== this.#told;
  }

  /** It is on the record: no later start tells it again. */
  told(): void {
    this.#told = this.change?.id ?? this.#told;
    this.#say(this.#word);
  }

  /**
   * Resolves once the agent is well, at once where it is not on probation. Rejects with what is not
   * when the time for that is over; the agent is to end then.
   */
  begin(): Promise<void> {
    if (!this.onProbation) return Promise.resolve();
    this.#say('starting');
    this.#timer = setInterval(() => this.#look(), lookEveryMs);
    return this.#well.promise;
  }

  /** Once it has ended in order, which is no failure of its version. */
  async end(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    if (this.onProbation && this.#word === 'healthy') this.#say('stopped');
    await this.#writing;
  }

  #look(): void {
    const { healthy = 0, pass = 0 } = this.#state ?? {};
    const trouble = this.#parts.trouble();
    const now = performance.now();
    if (this.#wellSinceMs === null && trouble.length === 0) {
      this.#wellSinceMs = now;
      this.#say('healthy');
      this.#well.resolve();
    } else if (this.#wellSinceMs === null && now - this.#begunMs > healthy * 1000) {
      this.#stop('unhealthy', { trouble });
      this.#well.reject(new Error(trouble.join('; ')));
    } else if (this.#wellSinceMs !== null && now - this.#wellSinceMs >= pass * 1000) {
      // A disk that is full just now says nothing about the version: it is looked at again.
      if (trouble.length === 0) this.#stop('passed', {});
    }
  }

  #stop(word: 'passed' | 'unhealthy', fields: Record<string, unknown>): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    const { log, version } = this.#parts;
    if (word === 'passed') log.info('version-passed', { version, ...fields });
    else log.error('version-unhealthy', { version, ...fields });
    this.#say(word);
  }

  #say(word: Word): void {
    this.#word = word;
    const { places, log } = this.#parts;
    const { id = '', run = 0 } = this.#state ?? {};
    const trial = this.onProbation ? { trial: id, run, state: word } : {};
    const text = fieldLines({ ...trial, told: this.#told });
    this.#writing = this.#writing
      .then(() => syncedWrite(places.health, text))
      .catch((thrown: unknown) => {
        const why = thrown instanceof Error ? thrown.message : String(thrown);
        log.warn('version-health-unwritten', { file: places.health, why });
      });
  }
}
