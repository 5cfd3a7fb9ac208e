/** Users, kiosks and sessions as they are on disk: a change holds once it is written there. */
import { randomBytes } from 'node:crypto';
import { PanelRefusal } from '../refusal.ts';
import { type AccessState, type Kiosk, loadAccess, saveAccess, type User } from './file.ts';
import { keyOf, SessionBook } from './sessions.ts';

const saveEveryMs = 1_800_000;
const retrySaveMs = 5000;
const saveWithinMs = 2000;

/** Names that differ only in case or in how Korean is composed are one. */
export const fold = (name: string): string => name.normalize('NFC').toLowerCase();

export class Roster {
  readonly sessions: SessionBook;
  /** From which the token of people at this computer follows; it outlives this process. */
  readonly localSecret: string;
  readonly #dir: string;
  readonly #failed: (thrown: unknown) => void;
  readonly #writable: boolean;
  readonly #saving: NodeJS.Timeout;
  #state: AccessState;
  #last: Promise<unknown> = Promise.resolve();
  #retry: NodeJS.Timeout | null = null;
  #closed = false;

  /** Reads the file; one that is damaged is set aside and said, and nobody is known then. */
  constructor(dir: string, nowMs: () => number, failed: (thrown: unknown) => void) {
    const { content, damage, writable } = loadAccess(dir);
    this.#dir = dir;
    this.#failed = failed;
    this.#writable = writable;
    this.#state = { users: content.users, kiosks: content.kiosks };
    this.sessions = new SessionBook(content.sessions, nowMs);
    this.localSecret = content.localSecret ?? randomBytes(32).toString('base64url');
    if (damage !== null) failed(new Error(damage));
    if (content.localSecret === undefined) void this.saveSessions();
    this.#saving = setInterval(() => {
      if (this.sessions.size > 0) void this.saveSessions();
    }, saveEveryMs).unref();
  }

  get users(): readonly User[] {
    return this.#state.users;
  }

  get kiosks(): readonly Kiosk[] {
    return this.#state.kiosks;
  }

  user(name: string): User | null {
    return this.users.find((user) => fold(user.name) === fold(name)) ?? null;
  }

  kiosk(token: string): Kiosk | null {
    const key = keyOf(token);
    return this.kiosks.find((kiosk) => kiosk.key === key) ?? null;
  }

  /** One change after the other. Rejects with what `next` throws, or the refusal `not-kept`. */
  change(next: (state: AccessState) => AccessState): Promise<void> {
    const done = this.#last.then(async () => {
      const state = next(this.#state);
      await this.#save(state);
      this.#state = state;
    });
    this.#last = done.catch(() => undefined);
    return done;
  }

  /**
   * Resolves when they are written, or could not be yet. A full disk locks nobody out, nor does one
   * that hangs: sessions count at once, and are written when that is possible.
   */
  async saveSessions(): Promise<void> {
    const tried = this.#last.then(() => this.#save(this.#state)).catch(() => this.#saveLater());
    this.#last = tried;
    const bound = new Promise<void>((resolve) => setTimeout(resolve, saveWithinMs).unref());
    await Promise.race([tried, bound]);
  }

  #saveLater(): void {
    if (this.#closed || this.#retry !== null || !this.#writable) return;
    this.#retry = setTimeout(() => {
      this.#retry = null;
      void this.saveSessions();
    }, retrySaveMs).unref();
  }

  async #save(state: AccessState): Promise<void> {
    if (!this.#writable) throw new PanelRefusal('not-kept');
    const sessions = this.sessions.stored();
    try {
      await saveAccess(this.#dir, { ...state, sessions, localSecret: this.localSecret });
    } catch (thrown) {
      this.#failed(thrown);
      throw new PanelRefusal('not-kept');
    }
  }

  /** Resolves when what was begun is written. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#saving);
    if (this.#retry !== null) clearTimeout(this.#retry);
    await this.#last;
  }
}
