/** Who may use the panel: logins, sessions, kiosks, and the claim of a new gateway. */
import { createHash } from 'node:crypto';
import type { Deed } from '../../records.ts';
import type { Visitor } from '../contract.ts';
import { PanelRefusal } from '../refusal.ts';
import { Backoff, type BackoffLimits } from './backoff.ts';
import { isClaimCode, newClaimCode } from './claim-code.ts';
import { FailedLogins } from './failed-logins.ts';
import type { User } from './file.ts';
import { type PasswordCost, PasswordDesk } from './password.ts';
import { fold, Roster } from './roster.ts';
import { keyOf, newSecret, postToken } from './sessions.ts';
import {
  assertPassword,
  nameOf,
  roleOf,
  withKiosk,
  withoutKiosk,
  withoutUser,
  withUser,
} from './users.ts';

export interface AccessOptions {
  /** Directory of the store. */
  readonly dir: string;
  /** Someone at this computer who has not logged in; null: nobody may without a login. */
  readonly local: Visitor | null;
  readonly deed: (deed: Omit<Deed, 'at'>) => void;
  /** No administrator is there: this code makes one, once. For the log, never for a record. */
  readonly claimable: (code: string) => void;
  /** The file was damaged or cannot be written. */
  readonly failed: (thrown: unknown) => void;
  /** Default: the monotonic clock. */
  readonly nowMs?: () => number;
  readonly backoff?: Partial<BackoffLimits>;
  readonly passwordCost?: PasswordCost;
}

/** What a request brings to be known by. */
export interface Credentials {
  /** Secret of a session. */
  readonly session: string | null;
  /** Token of a kiosk. */
  readonly kiosk: string | null;
  /** It comes from this computer itself. */
  readonly local: boolean;
}

export interface Standing {
  readonly visitor: Visitor | null;
  /** Of the session or kiosk; null: neither. */
  readonly key: string | null;
  /** What changes must carry; null: nobody is known. */
  readonly token: string | null;
}

/** Who changes something, and how. */
export interface Actor {
  readonly who: string;
  readonly from: Deed['from'];
}

export interface NewUser {
  readonly name: string;
  readonly role: string;
  /** Null: the one there is stays. */
  readonly password: string | null;
}

const nobody: Standing = { visitor: null, key: null, token: null };
/** Several people at one tablet mistype more than one does. */
const freeOfAddress = 10;

export class Access {
  readonly #options: AccessOptions;
  readonly #roster: Roster;
  readonly #passwords: PasswordDesk;
  readonly #backoff: Backoff;
  readonly #addresses: Backoff;
  readonly #failed: FailedLogins;
  #code: string | null = null;
  #ended: (keys: readonly string[]) => void = () => undefined;

  constructor(options: AccessOptions) {
    this.#options = options;
    const nowMs = options.nowMs ?? (() => performance.now());
    this.#passwords = new PasswordDesk(options.passwordCost);
    this.#backoff = new Backoff(nowMs, options.backoff);
    this.#addresses = new Backoff(nowMs, { free: freeOfAddress, ...options.backoff });
    this.#failed = new FailedLogins(({ address, user, count }) => {
      const actor = { who: user ?? '?', from: 'panel' } as const;
      this.#tell('login-failed', actor.who, actor, `${address}, ${count}×`);
    });
    this.#roster = new Roster(options.dir, nowMs, options.failed);
    this.#offerClaim();
  }

  /** Told the keys of sessions that ended, at once. */
  onEnded(ended: (keys: readonly string[]) => void): void {
    this.#ended = ended;
  }

  /** Null: there is an administrator. */
  get claimCode(): string | null {
    return this.#code;
  }

  get users(): readonly Pick<User, 'name' | 'role'>[] {
    return this.#roster.users.map(({ name, role }) => ({ name, role }));
  }

  /** Names. */
  get kiosks(): readonly string[] {
    return this.#roster.kiosks.map(({ name }) => name);
  }

  /** Who asks. A session counts as used. */
  standing({ session, kiosk, local }: Credentials): Standing {
    const key = session === null ? null : keyOf(session);
    const user = key === null ? null : this.#roster.sessions.use(key);
    const known = user === null ? null : this.#roster.user(user);
    if (session !== null && known !== null) {
      const visitor = { name: known.name, role: known.role, kiosk: false };
      return { visitor, key, token: postToken(session) };
    }
    const screen = kiosk === null ? null : this.#roster.kiosk(kiosk);
    if (kiosk !== null && screen !== null) {
      const visitor = { name: screen.name, role: 'viewer', kiosk: true } as const;
      return { visitor, key: screen.key, token: postToken(kiosk) };
    }
    if (!local || this.#options.local === null) return nobody;
    return {
      visitor: this.#options.local,
      key: null,
      token: postToken(this.#roster.localSecret),
    };
  }

  /** Whether the session or kiosk of a standing goes on; this computer itself always does. */
  goesOn(key: string | null): boolean {
    if (key === null || this.#roster.sessions.has(key)) return true;
    return this.#roster.kiosks.some((kiosk) => kiosk.key === key);
  }

  isKiosk(token: string): boolean {
    return this.#roster.kiosk(token) !== null;
  }

  /** The secret of a new session. Rejects with the refusals `login-failed`, `wait` or `busy`. */
  async login(name: string, password: string, address: string): Promise<string> {
    const user = this.#roster.user(name);
    const right = await this.#attempt(`user ${fold(name)}`, address, () =>
      this.#passwords.verify(password, user?.password ?? null),
    );
    const now = this.#roster.user(name);
    // It may have been removed, or given another password, while this one was worked on.
    if (!right || now === null || now.password !== user?.password) {
      this.#failed.add(address, user?.name ?? null);
      throw new PanelRefusal('login-failed');
    }
    return this.#begin(now.name, address);
  }

  /** Makes the first administrator and logs in. Rejects with `code-wrong`, `claimed-already` … */
  async claim(
    code: string,
    given: { readonly name: string; readonly password: string },
    address: string,
  ): Promise<string> {
    const expected = this.#code;
    if (expected === null) throw new PanelRefusal('claimed-already');
    const right = await this.#attempt('claim', address, async () => isClaimCode(code, expected));
    if (!right) {
      this.#failed.add(address, null);
      throw new PanelRefusal('code-wrong');
    }
    const name = nameOf(given.name);
    assertPassword(given.password, name);
    const hash = await this.#passwords.hash(given.password);
    await this.#roster.change((state) => {
      if (state.users.some(({ role }) => role === 'admin'))
        throw new PanelRefusal('claimed-already');
      return withUser(state, { name, role: 'admin', hash }).state;
    });
    this.#offerClaim();
    await this.#endAllOf(name);
    this.#tell('claimed', name, { who: name, from: 'panel' }, address);
    return this.#begin(name, address);
  }

  async logout(key: string, who: string): Promise<void> {
    if (!this.#roster.sessions.end(key)) return;
    this.#ended([key]);
    await this.#roster.saveSessions();
    this.#tell('logout', who, { who, from: 'panel' }, null);
  }

  /** Adds or changes a user; a new password ends the sessions. Rejects with refusals. */
  async putUser(by: Actor, given: NewUser): Promise<void> {
    const name = nameOf(given.name);
    const role = roleOf(given.role);
    if (given.password !== null) assertPassword(given.password, name);
    const hash = given.password === null ? null : await this.#passwords.hash(given.password);
    let what = '';
    await this.#roster.change((before) => {
      const { state, done } = withUser(before, { name, role, hash });
      what = done;
      return state;
    });
    this.#offerClaim();
    if (hash !== null) await this.#endAllOf(name);
    this.#tell('user-changed', name, by, what);
  }

  /** Ends the sessions of the user too. Rejects with refusals. */
  async removeUser(by: Actor, name: string): Promise<void> {
    await this.#roster.change((state) => withoutUser(state, name));
    await this.#endAllOf(name);
    this.#tell('user-changed', name, by, 'removed');
  }

  /** A token for the screen `name`; an older one of that name ends. Rejects with refusals. */
  async putKiosk(by: Actor, given: string): Promise<string> {
    const name = nameOf(given);
    const token = newSecret();
    await this.#changeKiosks((state) => withKiosk(state, { name, key: keyOf(token) }));
    this.#tell('kiosk-made', name, by, null);
    return token;
  }

  /** Rejects with refusals. */
  async removeKiosk(by: Actor, name: string): Promise<void> {
    await this.#changeKiosks((state) => withoutKiosk(state, name));
    this.#tell('kiosk-removed', name, by, null);
  }

  close(): Promise<void> {
    this.#failed.close();
    return this.#roster.close();
  }

  async #changeKiosks(next: Parameters<Roster['change']>[0]): Promise<void> {
    const before = this.#roster.kiosks;
    await this.#roster.change(next);
    const gone = before.filter((kiosk) => !this.#roster.kiosks.includes(kiosk));
    this.#ended(gone.map(({ key }) => key));
  }

  #offerClaim(): void {
    if (this.#roster.users.some(({ role }) => role === 'admin')) this.#code = null;
    else if (this.#code === null) {
      this.#code = newClaimCode();
      this.#options.claimable(this.#code);
    }
  }

  /** Tries a secret unless `subject` or `address` has to wait. Rejects with the refusal `wait`. */
  async #attempt(
    subject: string,
    address: string,
    verify: () => Promise<boolean>,
  ): Promise<boolean> {
    // Names are as long as who asks likes.
    const key = createHash('sha256').update(subject).digest('base64url');
    const waitMs = Math.max(this.#backoff.waitMs(key), this.#addresses.waitMs(address));
    if (waitMs > 0) throw new PanelRefusal('wait', Math.ceil(waitMs / 1000));
    this.#backoff.begin(key);
    this.#addresses.begin(address);
    try {
      const right = await verify();
      if (!right) return false;
    } catch (thrown) {
      this.#backoff.takeBack(key);
      this.#addresses.takeBack(address);
      throw thrown;
    }
    this.#backoff.forget(key);
    this.#addresses.takeBack(address);
    return true;
  }

  async #begin(name: string, address: string): Promise<string> {
    const { secret, ended } = this.#roster.sessions.begin(name);
    if (ended.length > 0) this.#ended(ended);
    await this.#roster.saveSessions();
    this.#tell('login', name, { who: name, from: 'panel' }, address);
    return secret;
  }

  async #endAllOf(name: string): Promise<void> {
    const ended = this.#roster.sessions.endAllOf((user) => fold(user) === fold(name));
    if (ended.length === 0) return;
    this.#ended(ended);
    await this.#roster.saveSessions();
  }

  #tell(what: string, subject: string, { who, from }: Actor, detail: string | null): void {
    this.#options.deed({ what, subject, who, from, detail });
  }
}
