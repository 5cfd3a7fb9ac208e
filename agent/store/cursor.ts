/** A place in the order of records, at which a page of them begins. */
import { asFields, badParameter, type Fields, optionalNumber } from './params.ts';

/** Ordinal of the boot, seq. */
export interface Cursor {
  readonly boot: number;
  readonly seq: number;
}

/** `after` of a request. Throws `usage`. */
export function readCursor(method: string, fields: Fields): Cursor | undefined {
  if (fields.after === undefined || fields.after === null) return undefined;
  const cursor = asFields(method, fields.after, ['boot', 'seq']);
  const boot = optionalNumber(method, cursor, 'boot');
  const seq = optionalNumber(method, cursor, 'seq');
  if (Number.isSafeInteger(boot) && Number.isSafeInteger(seq) && boot !== undefined)
    return { boot, seq: seq ?? 0 };
  throw badParameter(method, 'after must be the `next` of an earlier page');
}
