/** Failed logins for the audit: the first of an address at once, more of them once a minute, counted. */

export interface FailedLogin {
  readonly address: string;
  /** A user's name; null: no user has the name that was given. It may have been a password. */
  readonly user: string | null;
  readonly count: number;
}

const everyMs = 60_000;
const mostAddresses = 100;
/** Addresses beyond those are told together. */
const others = 'other addresses';

interface Held {
  count: number;
  user: string | null;
  readonly timer: NodeJS.Timeout;
}

export class FailedLogins {
  readonly #tell: (failed: FailedLogin) => void;
  readonly #held = new Map<string, Held>();

  constructor(tell: (failed: FailedLogin) => void) {
    this.#tell = tell;
  }

  add(from: string, user: string | null): void {
    const known = this.#held.has(from) || this.#held.size < mostAddresses;
    const address = known ? from : others;
    const held = this.#held.get(address);
    if (held === undefined) {
      const timer = setInterval(() => this.#minute(address), everyMs).unref();
      this.#held.set(address, { count: 0, user: null, timer });
      this.#tell({ address, user, count: 1 });
      return;
    }
    held.count += 1;
    held.user = user;
  }

  #minute(address: string): void {
    const held = this.#held.get(address);
    if (held === undefined) return;
    if (held.count === 0) {
      clearInterval(held.timer);
      this.#held.delete(address);
      return;
    }
    const { user, count } = held;
    held.count = 0;
    this.#tell({ address, user, count });
  }

  /** Tells what was counted and not told yet. */
  close(): void {
    for (const [address, { timer, user, count }] of this.#held) {
      clearInterval(timer);
      if (count > 0) this.#tell({ address, user, count });
    }
    this.#held.clear();
  }
}
