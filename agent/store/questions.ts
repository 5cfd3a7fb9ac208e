/** Questions on their way to another process, each settled by its answer, its time or a loss. */
import type { PpuriError } from '../../config/errors.ts';
import { fromWire, type Outcome } from './trouble.ts';

interface Waiting {
  readonly timer: NodeJS.Timeout;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: PpuriError) => void;
}

export class Questions {
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  /** `send` passes the question on, or says false when nobody is there. Rejects with `failed`. */
  ask(
    timeoutMs: number,
    failed: (why: 'late' | 'unsent') => PpuriError,
    send: (id: number) => boolean,
  ): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#take(id)?.reject(failed('late')), timeoutMs);
      this.#waiting.set(id, { timer, resolve, reject });
      if (!send(id)) this.#take(id)?.reject(failed('unsent'));
    });
  }

  answered(id: number, outcome: Outcome): void {
    const question = this.#take(id);
    if ('error' in outcome) question?.reject(fromWire(outcome.error));
    else question?.resolve(outcome.result);
  }

  failAll(error: PpuriError): void {
    for (const id of [...this.#waiting.keys()]) this.#take(id)?.reject(error);
  }

  #take(id: number): Waiting | undefined {
    const question = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (question !== undefined) clearTimeout(question.timer);
    return question;
  }
}
