/**
 * Asks the model while the machine still confirms that the block it gave is of one shot. What was
 * answered counts only if the confirmed shot makes the very same row for the same model; otherwise
 * the model is asked as if nothing had been.
 */
import type { Answer, Row } from './verdict/judge.ts';

/** A model's answer, and how long it took to give it, ms. */
export interface Answered {
  readonly answer: Answer;
  readonly tookMs: number;
}

export interface ForesightParts {
  /** Settles within `withinMs`; never rejects. `model` is its hash. */
  readonly predict: (model: string, input: Float32Array, withinMs: number) => Promise<Answer>;
  /** Monotonic ms. */
  readonly clock: () => number;
}

interface Asked extends Row {
  readonly answered: Promise<Answered>;
}

/** A machine whose rows are never what the block alone says, e.g. with a scale read after it. */
const givenUpAfter = 3;
/** … is tried again after so many shots: it may have another model by then. */
const restShots = 1000;

export class Foresight {
  readonly #parts: ForesightParts;
  #asked: Asked | null = null;
  /** Rows in a row that turned out otherwise. */
  #misses = 0;
  /** Shots since it was given up. */
  #rested = 0;

  constructor(parts: ForesightParts) {
    this.#parts = parts;
  }

  /** Whether it is worth asking ahead; to be looked at once a shot. */
  get worthwhile(): boolean {
    if (this.#misses < givenUpAfter) return true;
    this.#rested += 1;
    if (this.#rested < restShots) return false;
    this.#rested = 0;
    this.#misses = givenUpAfter - 1;
    return true;
  }

  ahead(row: Row, withinMs: number): void {
    this.#asked = { ...row, answered: this.ask(row, withinMs) };
  }

  /** What was asked ahead, if it was this; null: ask now. Each is given once. */
  take({ model, input }: Row): Promise<Answered> | null {
    const asked = this.#asked;
    this.#asked = null;
    if (asked === null) return null;
    const same = asked.model === model && sameRow(asked.input, input);
    this.#misses = same ? 0 : this.#misses + 1;
    return same ? asked.answered : null;
  }

  async ask({ model, input }: Row, withinMs: number): Promise<Answered> {
    const { predict, clock } = this.#parts;
    const from = clock();
    const answer = await predict(model.identity.hash, input, withinMs);
    return { answer, tookMs: clock() - from };
  }
}

/** NaN, which encodes a missing value, equals itself here. */
function sameRow(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, index) => Object.is(value, b[index]));
}
