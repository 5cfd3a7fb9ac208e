/** The code by which the first person at a new gateway becomes its administrator. Never stored. */
import { createHash, randomInt, timingSafeEqual } from 'node:crypto';

/** Without 0 O 1 I L and what sounds or looks like them. */
const letters = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789';
const length = 8;

export const newClaimCode = (): string =>
  Array.from({ length }, () => letters[randomInt(letters.length)]).join('');

const digest = (code: string): Buffer => createHash('sha256').update(code).digest();

/** As people type it: small letters, spaces and hyphens do not matter. */
export function isClaimCode(given: string, code: string): boolean {
  const plain = given.toUpperCase().replace(/[\s-]/g, '');
  return timingSafeEqual(digest(plain), digest(code));
}
