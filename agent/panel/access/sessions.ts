/** Who is logged in. Only hashes of the secrets are held; ages are running time, not wall time. */
import { createHash, createHmac, randomBytes } from 'node:crypto';

export interface StoredSession {
  /** sha256 of the secret, base64url. */
  readonly key: string;
  readonly user: string;
  /** Running time after which it ends unused. */
  readonly leftMs: number;
}

export interface SessionLimits {
  readonly idleMs: number;
  /** When one more comes, the one unused longest ends. */
  readonly most: number;
}

export const sessionLimits: SessionLimits = { idleMs: 12 * 3_600_000, most: 50 };

/** 256 bits, as a cookie or a link carries them. */
export const newSecret = (): string => randomBytes(32).toString('base64url');

export const keyOf = (secret: string): string =>
  createHash('sha256').update(secret).digest('base64url');

/** What a page must send along with changes. It follows from the cookie, which no script can read. */
export const postToken = (secret: string): string =>
  createHmac('sha256', secret).update('ppuri post').digest('base64url');

interface Session {
  readonly user: string;
  usedMs: number;
}

export class SessionBook {
  readonly #limits: SessionLimits;
  readonly #nowMs: () => number;
  /** By key, the one unused longest first. */
  readonly #sessions = new Map<string, Session>();

  constructor(
    stored: readonly StoredSession[],
    nowMs: () => number,
    limits: SessionLimits = sessionLimits,
  ) {
    this.#limits = limits;
    this.#nowMs = nowMs;
    const { idleMs, most } = limits;
    for (const { key, user, leftMs } of stored.slice(-most))
      this.#sessions.set(key, { user, usedMs: nowMs() - idleMs + Math.min(idleMs, leftMs) });
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** The secret of a new session of `user`, and the sessions that ended for it. */
  begin(user: string): { readonly secret: string; readonly ended: readonly string[] } {
    const ended = this.#dropIdle();
    while (this.#sessions.size >= this.#limits.most) {
      const [oldest = ''] = this.#sessions.keys();
      this.#sessions.delete(oldest);
      ended.push(oldest);
    }
    const secret = newSecret();
    this.#sessions.set(keyOf(secret), { user, usedMs: this.#nowMs() });
    return { secret, ended };
  }

  /** The user of this session, which counts as used now; null: there is none. */
  use(key: string): string | null {
    const session = this.#sessions.get(key);
    if (session === undefined) return null;
    this.#sessions.delete(key);
    if (this.#nowMs() - session.usedMs > this.#limits.idleMs) return null;
    session.usedMs = this.#nowMs();
    this.#sessions.set(key, session);
    return session.user;
  }

  /** Whether it goes on, without counting as use. */
  has(key: string): boolean {
    const session = this.#sessions.get(key);
    return session !== undefined && this.#nowMs() - session.usedMs <= this.#limits.idleMs;
  }

  end(key: string): boolean {
    return this.#sessions.delete(key);
  }

  /** The keys of the sessions of such users, which end. */
  endAllOf(isUser: (name: string) => boolean): string[] {
    const ended = [...this.#sessions].filter(([, session]) => isUser(session.user));
    for (const [key] of ended) this.#sessions.delete(key);
    return ended.map(([key]) => key);
  }

  stored(): StoredSession[] {
    this.#dropIdle();
    return [...this.#sessions].map(([key, { user, usedMs }]) => ({
      key,
      user,
      leftMs: Math.round(this.#limits.idleMs - (this.#nowMs() - usedMs)),
    }));
  }

  #dropIdle(): string[] {
    const idle = [...this.#sessions.keys()].filter((key) => !this.has(key));
    for (const key of idle) this.#sessions.delete(key);
    return idle;
  }
}
