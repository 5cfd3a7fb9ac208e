/** How a reply is put in a frame: told truly, or otherwise. A text has no frame. */
import { crc16 } from '../../drivers/modbus/crc16.ts';

export type FramingName = 'modbus-tcp' | 'rtu' | 'text';

export interface FrameParts {
  readonly unit: number;
  readonly pdu: Buffer;
  /** RTU has none of these. */
  readonly transaction: number;
  readonly protocol?: number;
  /** Absent: the true one. */
  readonly length?: number;
}

const headerBytes = 7;

export function mbapFrame({ unit, pdu, transaction, protocol = 0, length }: FrameParts): Buffer {
  const frame = Buffer.allocUnsafe(headerBytes + pdu.length);
  frame.writeUInt16BE(transaction & 0xffff, 0);
  frame.writeUInt16BE(protocol & 0xffff, 2);
  frame.writeUInt16BE((length ?? 1 + pdu.length) & 0xffff, 4);
  frame[6] = unit;
  pdu.copy(frame, headerBytes);
  return frame;
}

export function rtuFrame({ unit, pdu }: Pick<FrameParts, 'unit' | 'pdu'>): Buffer {
  const frame = Buffer.allocUnsafe(pdu.length + 3);
  frame[0] = unit;
  pdu.copy(frame, 1);
  frame.writeUInt16LE(crc16(frame, pdu.length + 1), pdu.length + 1);
  return frame;
}

export const framings: Readonly<Record<FramingName, (parts: FrameParts) => Buffer>> = {
  'modbus-tcp': mbapFrame,
  rtu: rtuFrame,
  text: ({ pdu }) => pdu,
};
