/** What SQLite and the file system say, as ppuri's own errors; and those errors over a wire. */
import { type ErrorCode, errorTable, PpuriError } from '../../config/errors.ts';

/** A read that ends early: the file was cut, and no waiting makes it longer. */
const corrupt = /^SQLITE_(CORRUPT|NOTADB|IOERR_SHORT_READ)/;
/** The index of the log is a file too, which a full disk keeps from growing. */
const full = /^(SQLITE_FULL|SQLITE_IOERR_SHMSIZE|ENOSPC|EDQUOT)/;
const disk =
  /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|BUSY|LOCKED|PERM|AUTH|NOMEM|PROTOCOL|NOLFS)/;

function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error) || !('code' in thrown)) return '';
  return typeof thrown.code === 'string' ? thrown.code : '';
}

/** True when a statement did not fit the tables it names. */
export function isLayoutTrouble(thrown: unknown): boolean {
  return codeOf(thrown) === 'SQLITE_ERROR';
}

/** True when the disk or the file is the trouble, not the one row that was being written. */
export function isDiskTrouble(thrown: unknown): boolean {
  if (thrown instanceof PpuriError) return thrown.code.startsWith('store-');
  return disk.test(codeOf(thrown));
}

/** Who met the trouble: only the agent, whose file it is, puts anything right. */
export type Whose = 'agent' | 'reader';

function hintFor(code: ErrorCode, whose: Whose): string {
  if (code === 'store-corrupt')
    return whose === 'agent'
      ? 'the file is set aside and a fresh one is begun'
      : 'nothing was changed. The next start of `ppuri run` sets the file aside, as ppuri.db.corrupt-N, and begins a fresh one; copy it before that to rescue records from it';
  if (code === 'store-unavailable' && whose === 'reader')
    return 'check that this user may read the store and that the disk is well, then try again';
  if (code === 'store-full')
    return 'free space on this disk; the store goes on by itself as soon as there is some';
  return 'check that the directory exists, that the agent may write to it and that the disk is well';
}

/** Any failure of the store as a PpuriError with a `store-*` code. */
export function asStoreError(
  thrown: unknown,
  operation: string,
  subject: string,
  whose: Whose = 'agent',
): PpuriError {
  if (thrown instanceof PpuriError) return thrown;
  const sqlite = codeOf(thrown);
  const code: ErrorCode = corrupt.test(sqlite)
    ? 'store-corrupt'
    : full.test(sqlite)
      ? 'store-full'
      : 'store-unavailable';
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  const message = sqlite === '' ? said : `${said} (${sqlite})`;
  const hint = hintFor(code, whose);
  return new PpuriError(code, message, { operation, subject, hint, cause: thrown });
}

/** A PpuriError as plain data. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly operation: string;
  readonly subject: string;
  readonly hint: string;
  readonly retryable: boolean;
}

export type Outcome = { readonly result: unknown } | { readonly error: WireError };

export function toWire(thrown: unknown, operation: string, subject: string): WireError {
  const error =
    thrown instanceof PpuriError
      ? thrown
      : new PpuriError('internal', thrown instanceof Error ? thrown.message : String(thrown), {
          operation,
          subject,
        });
  const { code, message, hint, retryable } = error;
  return { code, message, operation: error.operation, subject: error.subject, hint, retryable };
}

export function fromWire(error: WireError): PpuriError {
  const { code, message, operation, subject, hint } = error;
  const known = Object.hasOwn(errorTable, code) ? code : 'internal';
  return new PpuriError(known, message, { operation, subject, hint });
}
