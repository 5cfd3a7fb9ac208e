import { PpuriError } from '../config/errors.ts';
import type { ReadRequest, WriteRequest } from './driver.ts';

export function describeRead(request: Pick<ReadRequest, 'table' | 'address' | 'count'>): string {
  return `read ${request.table} ${range(request.address, request.count)}`;
}

export function describeWrite(request: Pick<WriteRequest, 'table' | 'address' | 'values'>): string {
  return `write ${request.table} ${range(request.address, request.values.length)}`;
}

/** What befell the link, told of the request that was waiting on it. */
export function ofRequest(
  cause: PpuriError,
  request: ReadRequest | WriteRequest,
  endpoint: string,
): PpuriError {
  return new PpuriError(cause.code, cause.message, {
    operation: 'values' in request ? describeWrite(request) : describeRead(request),
    subject: `${endpoint} unit ${request.unit}`,
    hint: cause.hint,
    cause,
  });
}

function range(address: number, count: number): string {
  return count === 1 ? `${address}` : `${address}..${address + count - 1}`;
}

const exceptions: Readonly<Record<number, readonly [name: string, hint: string]>> = {
  1: ['illegal function', 'the device does not know this table; try input instead of holding'],
  2: [
    'illegal data address',
    'check the register address (0-based) and count; set maxGapWords: 0 if it refuses gaps',
  ],
  3: ['illegal data value', 'check count and value; lower maxReadWords'],
  4: ['server device failure', 'look at the device itself'],
  5: ['acknowledge', 'the device is still working on it; ask again later'],
  6: ['server device busy', 'poll this device less often (minRequestGapMs)'],
  7: ['negative acknowledge', 'the device cannot do this in its present state'],
  8: ['memory parity error', 'look at the device itself'],
  10: ['gateway path unavailable', 'check the gateway’s serial settings'],
  11: [
    'gateway target device failed to respond',
    'check the unit id, wiring and power of the device behind the gateway',
  ],
};

/** Where a write was refused, and reading has other causes. */
const writeHints: Readonly<Record<number, string>> = {
  1: 'the device does not let this table be written; see its manual',
  2: 'check the address (0-based): the device has no such output, or it may not be written',
  3: 'the device does not take this value',
};

/** The error of an exception reply; `modbusExceptionOf` gives its number back. */
export function modbusException(code: number, operation: string, subject: string): PpuriError {
  const [name, readHint] = exceptions[code] ?? ['unknown', 'see the manual of the device'];
  const hint = operation.startsWith('write ') ? (writeHints[code] ?? readHint) : readHint;
  return new PpuriError('modbus-exception', `the device answered exception ${code} (${name})`, {
    operation,
    subject,
    hint,
    cause: { exception: code },
  });
}

/** The exception number an error stands for, or null. */
export function modbusExceptionOf(error: unknown): number | null {
  if (!(error instanceof PpuriError) || error.code !== 'modbus-exception') return null;
  const { cause } = error;
  if (typeof cause !== 'object' || cause === null || !('exception' in cause)) return null;
  return typeof cause.exception === 'number' ? cause.exception : null;
}
