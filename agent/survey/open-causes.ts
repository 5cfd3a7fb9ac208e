/** Why a port or endpoint could not be opened, from the error that says so. */
import type { PpuriError } from '../../config/errors.ts';
import type { CauseId } from './causes.ts';

const serialRules: readonly (readonly [RegExp, CauseId])[] = [
  [/permission|EACCES|EPERM/i, 'port-forbidden'],
  [/lock|busy|temporarily|EAGAIN/i, 'port-in-use'],
  [
    /no such file|inappropriate ioctl|ENOENT|ENOTTY|no adapter|ENXIO|ENODEV|not open within/i,
    'port-missing',
  ],
];

const tcpRules: readonly (readonly [RegExp, CauseId])[] = [
  [/ENOTFOUND|EAI_AGAIN|EAI_/i, 'host-unknown'],
  [/ECONNREFUSED/i, 'port-refused'],
  [/ECONNRESET|EPIPE|closed the connection|connection closed/i, 'connection-limit'],
  [/ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|no answer|not connected/i, 'wrong-host'],
];

/** Null when the error does not tell. */
export function openCause(error: PpuriError, serial: boolean): CauseId | null {
  if (error.code === 'bus-in-use') return 'port-in-use';
  if (error.code !== 'bus-unavailable') return null;
  const said = textOf(error);
  return (serial ? serialRules : tcpRules).find(([rule]) => rule.test(said))?.[1] ?? null;
}

/** The message and those of its causes, with their codes. */
function textOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return '';
  const code = 'code' in thrown ? String(thrown.code) : '';
  return `${thrown.message} ${code} ${textOf(thrown.cause)}`;
}
