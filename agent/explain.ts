/**
 * Asks one machine's model why, in the gaps between verdicts: one row at a time, behind every
 * prediction that a verdict waits for, and never a model that is slow or that such a row has killed.
 */
import { setImmediate } from 'node:timers/promises';
import { type Ask, explain, type WhyQuestion } from './alerts/why.ts';
import type { Prediction, PredictRequest } from './infer/inference.ts';
import type { Driver } from './records.ts';
import type { JudgeModel } from './verdict/judge.ts';

export interface ExplainerParts {
  readonly machine: string;
  /** Never rejects. */
  readonly predict: (request: PredictRequest) => Promise<Prediction>;
  readonly hardLimitMs: number;
  /** Why alerts come without reasons; told once until they have them again. */
  readonly onTrouble: (text: string) => void;
  /** Monotonic ms. */
  readonly clock: () => number;
}

/** The finer answer is worked for until then; it and its alert are to be there within 200 ms. */
const WITHIN_MS = 150;
const ROW_DEADLINE_MS = 1000;
/** A verdict that comes up waits for the row that is running, so a slower model is not asked. */
const SLOW_ROW_MS = 5;
/** A model that ran none of its first rows faster is slow; else it is the gateway that is busy. */
const TRIED_ROWS = 3;
/** A verdict's own answer that took longer, queue included: now is no time to ask for more. */
const SLOW_ANSWER_MS = 20;
/** For so long a model that was slow is not asked. */
const SPARE_MS = 60_000;

/** What a row cost; a child that was lost may also have been ended by somebody else. */
const spareMsAfter: Readonly<Record<string, number>> = {
  'hard-limit': Number.POSITIVE_INFINITY,
  'inference-lost': 60 * SPARE_MS,
  'deadline-missed': SPARE_MS,
};

interface Trouble {
  readonly text: string;
  readonly spareMs: number;
}

export class Explainer {
  readonly #parts: ExplainerParts;
  /** Of the newest question; older ones end unanswered. */
  #turn = 0;
  #last: Promise<unknown> = Promise.resolve();
  #told = false;
  #spared: { readonly model: string; readonly untilMs: number } | null = null;

  constructor(parts: ExplainerParts) {
    this.#parts = parts;
  }

  /**
   * Null: there is no answer, or a newer question came. Never rejects. `answeredMs` is how long the
   * model's answer for the verdict took.
   */
  explain(
    question: WhyQuestion,
    model: JudgeModel,
    answeredMs: number,
  ): Promise<readonly Driver[] | null> {
    this.stop();
    if (this.#isSpared(model)) return Promise.resolve(null);
    if (answeredMs > SLOW_ANSWER_MS) {
      const text = `its answer for the verdict took ${answeredMs.toFixed(0)} ms`;
      this.#trouble({ text, spareMs: 0 }, model);
      return Promise.resolve(null);
    }
    const answer = this.#answer(question, model);
    this.#last = answer;
    return answer;
  }

  /** What is under way ends unanswered, after the row that is running. */
  stop(): void {
    this.#turn += 1;
  }

  /** Settles when nothing is under way. */
  async settle(): Promise<void> {
    await this.#last;
  }

  #isSpared(model: JudgeModel): boolean {
    const { clock } = this.#parts;
    return this.#spared?.model === model.identity.hash && clock() < this.#spared.untilMs;
  }

  async #answer(question: WhyQuestion, model: JudgeModel): Promise<readonly Driver[] | null> {
    const { clock } = this.#parts;
    const turn = this.#turn;
    const until = clock() + WITHIN_MS;
    const row = new RowAsker(this.#parts, model);
    const ask: Ask = async (values) => {
      // What came in meanwhile is seen to first.
      await setImmediate();
      return turn === this.#turn ? row.ask(values) : null;
    };
    const { features, scale } = model;
    const drivers = await explain({ ...question, features, scale }, ask, () => clock() > until);
    if (turn !== this.#turn) return null;
    if (drivers !== null) this.#told = false;
    else this.#trouble(row.trouble ?? { text: 'the model takes too long', spareMs: 0 }, model);
    return drivers;
  }

  #trouble({ text, spareMs }: Trouble, model: JudgeModel): void {
    const { clock, onTrouble } = this.#parts;
    if (spareMs > 0) this.#spared = { model: model.identity.hash, untilMs: clock() + spareMs };
    if (!this.#told) onTrouble(`alerts come without the values that drove the model: ${text}`);
    this.#told = true;
  }
}

/** Rows of one explanation. */
class RowAsker {
  /** Why there was no answer to the last row; null: there was. */
  trouble: Trouble | null = null;
  readonly #parts: ExplainerParts;
  readonly #model: JudgeModel;
  #rows = 0;
  #fastestMs = Number.POSITIVE_INFINITY;

  constructor(parts: ExplainerParts, model: JudgeModel) {
    this.#parts = parts;
    this.#model = model;
  }

  async ask(values: WhyQuestion['values']): Promise<number | null> {
    const encoded = this.#model.encode(values);
    if ('refused' in encoded) return this.#fail(`no value of ${encoded.refused.join(', ')}`);
    const { machine, predict, hardLimitMs } = this.#parts;
    const answer = await predict({
      model: this.#model.identity.hash,
      machine,
      input: encoded.input,
      deadlineMs: ROW_DEADLINE_MS,
      hardLimitMs,
      purpose: 'explanation',
    });
    if (answer.kind === 'unscored') {
      return this.#fail(`${answer.reason}, ${answer.detail}`, spareMsAfter[answer.reason] ?? 0);
    }
    this.#rows += 1;
    this.#fastestMs = Math.min(this.#fastestMs, answer.runMs);
    if (this.#rows >= TRIED_ROWS && this.#fastestMs > SLOW_ROW_MS)
      return this.#fail(`one run takes ${this.#fastestMs.toFixed(0)} ms`, SPARE_MS);
    return this.#model.answer(answer.outputs)?.defectScore ?? this.#fail('it gave no answer');
  }

  #fail(text: string, spareMs = 0): null {
    this.trouble = { text, spareMs };
    return null;
  }
}
