/**
 * Asks the model while the machine still confirms that the block it gave is of one shot. What was
 * answered counts only if the confirmed shot makes the very same row for the same model; otherwise
 * the model is asked as if nothing had been.
 */
import type { Answer, JudgeModel } from './verdict/judge.ts';

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

interface Asked {
  readonly model: JudgeModel;
  readonly input: Float32Array;
  readonly answered: Promise<Answered>;
}

/** A machine whose rows are never what the block alone says, e.g. with a scale read after it. */
const givenUpAfter = 3;

export class Foresight {
  readonly #parts: ForesightParts;
  #asked: Asked | null = null;
  /** The model that `#misses` counts for. */
  #judged: JudgeModel | null = null;
  /** Rows in a row that turned out otherwise. */
  #misses = 0;

  constructor(parts: ForesightParts) {
    this.#parts = parts;
  }

  /** Whether it is worth asking ahead. */
  worthwhile(model: JudgeModel): boolean {
    if (model !== this.#judged) this.#misses = 0;
    this.#judged = model;
    return this.#misses < givenUpAfter;
  }

  ahead(model: JudgeModel, input: Float32Array, withinMs: number): void {
    this.#asked = { model, input, answered: this.ask(model, input, withinMs) };
  }

  /** What was asked ahead, if it was this; null: ask now. Each is given once. */
  take(model: JudgeModel, input: Float32Array): Promise<Answered> | null {
    const asked = this.#asked;
    this.#asked = null;
    if (asked === null) return null;
    const same = asked.model === model && sameRow(asked.input, input);
    this.#misses = same ? 0 : this.#misses + 1;
    return same ? asked.answered : null;
  }

  async ask(model: JudgeModel, input: Float32Array, withinMs: number): Promise<Answered> {
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
