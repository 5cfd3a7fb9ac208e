import { PpuriError } from '../config/errors.ts';
import { isBitTable } from './decode.ts';
import { describeRead, describeWrite } from './describe.ts';
import type { ReadRequest, WritableRegister, WriteRequest } from './driver.ts';
import { protocolLimits } from './plan.ts';

/** The most registers FC16 and coils FC15 carry. */
const longestWrite = { holding: 123, coil: 1968 } as const;

/** Why this read cannot be sent, or null. */
export function checkRead(request: ReadRequest, bus: string): PpuriError | null {
  const { unit, table, address, count } = request;
  const most = isBitTable(table) ? protocolLimits.bits : protocolLimits.words;
  if (isWhole(unit, 0, 255) && isWhole(count, 1, most) && inTable(address, count)) return null;
  return new PpuriError('out-of-range', 'no device could carry out this read', {
    operation: describeRead(request),
    subject: `${bus} unit ${unit}`,
    hint: `unit 0 to 255, count 1 to ${most}, addresses 0 to ${protocolLimits.lastAddress}`,
  });
}

/** Why this write must not be sent, or null. Only what a configured output owns is written. */
export function checkWrite(
  request: WriteRequest,
  writable: readonly WritableRegister[],
  bus: string,
): PpuriError | null {
  const { unit, table, address, values } = request;
  const details = { operation: describeWrite(request), subject: `${bus} unit ${unit}` };
  if (!writable.some((own) => owns(own, request))) {
    return new PpuriError('write-refused', 'no configured output owns this register', {
      ...details,
      hint: 'only registers of configured outputs are written; check device, coil or register',
    });
  }
  const most = longestWrite[table];
  const largest = table === 'coil' ? 1 : 0xffff;
  const fits = values.every((value) => isWhole(value, 0, largest));
  if (fits && isWhole(values.length, 1, most) && inTable(address, values.length)) return null;
  return new PpuriError('out-of-range', 'no device could carry out this write', {
    ...details,
    hint: `1 to ${most} values, each 0 to ${largest}`,
  });
}

function owns(own: WritableRegister, request: WriteRequest): boolean {
  const { unit, table, address, values } = request;
  const inside = address >= own.address && address + values.length <= own.address + own.count;
  return own.unit === unit && own.table === table && inside;
}

function inTable(address: number, count: number): boolean {
  return isWhole(address, 0, protocolLimits.lastAddress + 1 - count);
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
