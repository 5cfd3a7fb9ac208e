/** The store's file itself, for commands that no running agent answers. */
import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { PpuriError } from '../../config/errors.ts';
import { openReadOnly } from '../store/database.ts';

function unavailable(path: string, message: string, hint: string, cause: unknown): PpuriError {
  return new PpuriError('store-unavailable', message, {
    operation: 'open the store for reading',
    subject: path,
    hint,
    cause,
  });
}

/** Why this user has no such access to `path`, e.g. `EACCES`; null when there is. */
function refusal(
  path: string,
  mode: number,
): { readonly code: string; readonly cause: unknown } | null {
  try {
    accessSync(path, mode);
    return null;
  } catch (cause) {
    return { code: cause instanceof Error && 'code' in cause ? String(cause.code) : '', cause };
  }
}

const isForbidden = (code: string | undefined): boolean => code === 'EACCES' || code === 'EPERM';

function assertReadable(path: string): void {
  const refused = refusal(path, constants.R_OK);
  if (refused === null) return;
  if (isForbidden(refused.code))
    throw unavailable(
      path,
      'this user may not read the store: permission denied',
      'run the command with sudo, or join the group that owns the directory of the store',
      refused.cause,
    );
  const hint = 'name it with --store DIR or -c FILE; `ppuri run` makes it';
  throw unavailable(path, 'there is no store here', hint, refused.cause);
}

/**
 * Opens the file for reading. Throws `store-unavailable` when it is not there or this user may not
 * read it, other `store-*` when it is no store or damaged.
 */
export function openStoreFile(path: string): ReturnType<typeof openReadOnly> {
  assertReadable(path);
  try {
    return openReadOnly(path);
  } catch (thrown) {
    // Reading a WAL file takes a shared-memory file beside it, which a running agent has made.
    if (!isForbidden(refusal(dirname(path), constants.W_OK)?.code)) throw thrown;
    throw unavailable(
      path,
      'this user may not read the store while no agent runs: permission denied',
      'run the command with sudo, or as the user of the agent',
      thrown,
    );
  }
}
