/** Checksums of text protocols, as the hexadecimal digits that stand in the message. */
import type { LineChecksum } from '../driver.ts';
import { crc16 } from '../modbus/crc16.ts';

const digits: Record<LineChecksum, number> = { none: 0, sum8: 2, xor8: 2, 'crc16-modbus': 4 };

/** Upper-case digits over latin1 `text`; empty for `none`. */
export function checksumOf(kind: LineChecksum, text: string): string {
  if (kind === 'none') return '';
  return numberFor(kind, text).toString(16).toUpperCase().padStart(digits[kind], '0');
}

function numberFor(kind: Exclude<LineChecksum, 'none'>, text: string): number {
  const bytes = Buffer.from(text, 'latin1');
  if (kind === 'crc16-modbus') return crc16(bytes, bytes.length);
  if (kind === 'xor8') return bytes.reduce((all, byte) => all ^ byte, 0);
  return bytes.reduce((all, byte) => (all + byte) & 0xff, 0);
}

/**
 * Takes the checksum off the end of `message`, which it covers from byte `from` on. `right` false:
 * it does not fit, and nothing in `text` is to be believed.
 */
export function takeChecksum(
  kind: LineChecksum,
  from: number,
  message: string,
): { readonly text: string; readonly right: boolean } {
  const end = message.length - digits[kind];
  if (end < from) return { text: message, right: false };
  const text = message.slice(0, end);
  const right = message.slice(end).toUpperCase() === checksumOf(kind, text.slice(from));
  return { text, right };
}
