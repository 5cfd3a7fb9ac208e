/** Passwords as salted scrypt hashes; one is worked on at a time, so that memory stays bounded. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { PanelRefusal } from '../refusal.ts';

export interface PasswordHash {
  /** Cost, block size and parallelism of scrypt. */
  readonly n: number;
  readonly r: number;
  readonly p: number;
  /** base64url. */
  readonly salt: string;
  readonly hash: string;
}

export type PasswordCost = Omit<PasswordHash, 'salt' | 'hash'>;

/** OWASP's choice for 16 MiB: a gateway has no more to spare. */
export const passwordCost: PasswordCost = { n: 16_384, r: 8, p: 5 };
const hashBytes = 32;
const mostWaiting = 16;

/** Korean typed on different systems is composed differently. */
const bytesOf = (password: string): Buffer => Buffer.from(password.normalize('NFC'), 'utf8');

function derive(password: string, salt: Buffer, cost: PasswordCost) {
  const { n: N, r, p } = cost;
  return new Promise<Buffer>((resolve, reject) => {
    const options = { N, r, p, maxmem: 256 * N * r };
    scrypt(bytesOf(password), salt, hashBytes, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

export class PasswordDesk {
  readonly #cost: PasswordCost;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(cost: PasswordCost = passwordCost) {
    this.#cost = cost;
  }

  hash(password: string): Promise<PasswordHash> {
    return this.#inTurn(async () => {
      const salt = randomBytes(16);
      const hash = await derive(password, salt, this.#cost);
      return {
        ...this.#cost,
        salt: salt.toString('base64url'),
        hash: hash.toString('base64url'),
      };
    });
  }

  /** Null, the hash of an unknown user, costs the same time and never matches. */
  verify(password: string, stored: PasswordHash | null): Promise<boolean> {
    return this.#inTurn(async () => {
      const salt = stored === null ? randomBytes(16) : Buffer.from(stored.salt, 'base64url');
      const expected =
        stored === null ? randomBytes(hashBytes) : Buffer.from(stored.hash, 'base64url');
      const found = await derive(password, salt, stored ?? this.#cost);
      return timingSafeEqual(found, expected) && stored !== null;
    });
  }

  /** Throws the refusal `busy` when too many wait already. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= mostWaiting) return Promise.reject(new PanelRefusal('busy', 5));
    this.#waiting += 1;
    const done = this.#last.then(work).finally(() => {
      this.#waiting -= 1;
    });
    this.#last = done.catch(() => undefined);
    return done;
  }
}
