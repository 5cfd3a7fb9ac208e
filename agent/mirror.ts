/**
 * Asks the model that does not decide, once the verdict is out: behind every prediction that a verdict
 * waits for, one shot of a machine at a time, and not at all while verdicts wait.
 */
import { setImmediate } from 'node:timers/promises';
import type { Bundle } from '../models/manifest.ts';
import type { Inference } from './infer/inference.ts';
import type { Machine } from './machine.ts';
import type { Cycle, Verdict } from './records.ts';
import type { Answer, Judge } from './verdict/judge.ts';

export interface MirrorParts {
  readonly predict: Inference['predict'];
  /** Predictions that wait for a child. */
  readonly waiting: () => number;
  /** Monotonic ms. */
  readonly clock: () => number;
}

/** What the other model said; `dropped`: it was not asked, or had no turn. */
export type Mirrored =
  | { readonly kind: 'judged'; readonly verdict: Verdict; readonly tookMs: number | null }
  | { readonly kind: 'dropped' };

const dropped: Mirrored = { kind: 'dropped' };

export class Mirror {
  readonly #parts: MirrorParts;
  readonly #busy = new Set<string>();
  readonly #judges = new Map<string, Judge>();

  constructor(parts: MirrorParts) {
    this.#parts = parts;
  }

  /** `bundle` null: rule limits alone are the other judge. Never rejects. */
  async ask(machine: Machine, bundle: Bundle | null, cycle: Cycle): Promise<Mirrored> {
    if (this.#busy.has(machine.id)) return dropped;
    this.#busy.add(machine.id);
    try {
      // The alert, the reject write and the record of this shot go first.
      await setImmediate();
      if (this.#parts.waiting() > 0) return dropped;
      return await this.#judge(machine, bundle, cycle);
    } finally {
      this.#busy.delete(machine.id);
    }
  }

  async #judge(machine: Machine, bundle: Bundle | null, cycle: Cycle): Promise<Mirrored> {
    const { predict, clock } = this.#parts;
    const judge = this.#judgeOf(machine, bundle);
    judge.doubt(machine.doubts);
    const prepared = judge.prepare(cycle);
    const { input } = prepared;
    let answer: Answer | null = null;
    let tookMs: number | null = null;
    if (input !== null && bundle !== null) {
      const { hardLimitMs } = machine;
      const limits = { deadlineMs: hardLimitMs, hardLimitMs };
      const request = { model: bundle.hash, machine: machine.id, input, ...limits };
      const prediction = await predict({ ...request, purpose: 'mirror' });
      answer = prediction;
      if (prediction.kind === 'scored') tookMs = prediction.runMs;
      else if (/^waited /.test(prediction.detail)) return dropped;
    }
    return { kind: 'judged', verdict: judge.conclude(cycle, prepared, answer, clock()), tookMs };
  }

  #judgeOf(machine: Machine, bundle: Bundle | null): Judge {
    const key = `${machine.id}\n${bundle?.hash ?? ''}\n${bundle?.dir ?? ''}`;
    const known = this.#judges.get(key);
    if (known !== undefined) return known;
    const judge = machine.judgeBy(bundle);
    // As many as are tried at one time; older ones are made anew if need be.
    if (this.#judges.size >= 64) this.#judges.clear();
    this.#judges.set(key, judge);
    return judge;
  }
}
