/** The open alerts of one machine: one per cause, however many cycles show it. */
import { randomUUID } from 'node:crypto';
import type { Alert } from '../records.ts';

export type AlertContent = Omit<Alert, 'id' | 'state' | 'count' | 'key'>;

export class AlertBook {
  readonly #open = new Map<string, Alert>();
  readonly #newId: () => string;

  constructor(newId: () => string = () => randomUUID().slice(0, 8)) {
    this.#newId = newId;
  }

  isOpen(key: string): boolean {
    return this.#open.has(key);
  }

  openAlert(key: string): Alert | null {
    return this.#open.get(key) ?? null;
  }

  /** Raises the alert of `key`, or updates it while it lasts. */
  raise(key: string, content: AlertContent): Alert {
    const before = this.#open.get(key);
    const alert: Alert =
      before === undefined
        ? { ...content, key, id: this.#newId(), state: 'raised', count: 1 }
        : { ...content, key, id: before.id, state: 'updated', count: before.count + 1 };
    this.#open.set(key, alert);
    return alert;
  }

  /** Takes one over that stood when an earlier agent ended. */
  adopt(key: string, alert: Alert): void {
    this.#open.set(key, alert);
  }

  /** Tells an open alert again, with some of it changed; null when it is not open. Counts no cycle. */
  amend(key: string, change: Partial<AlertContent>): Alert | null {
    const before = this.#open.get(key);
    if (before === undefined) return null;
    const alert: Alert = { ...before, ...change, state: 'updated' };
    this.#open.set(key, alert);
    return alert;
  }

  /** Clears the alert of `key`; null when it was not open. */
  clear(key: string, at: Alert['at']): Alert | null {
    const before = this.#open.get(key);
    if (before === undefined) return null;
    this.#open.delete(key);
    return { ...before, state: 'cleared', at };
  }
}
