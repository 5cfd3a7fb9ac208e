/** What a line says although nobody asked: an instrument that streams, another master, noise. */
import { printable } from '../../drivers/serial-line/printable.ts';
import { findFrames } from './frames.ts';

export type Unasked =
  | { readonly kind: 'quiet' }
  /** Printable lines: an instrument that speaks text. `sample` is the first, made printable. */
  | { readonly kind: 'text'; readonly sample: string; readonly delimiter: string }
  /** Whole Modbus frames: another master is at work on this line. */
  | { readonly kind: 'modbus'; readonly units: readonly number[] }
  /** Neither: noise, or another baud rate. */
  | { readonly kind: 'noise'; readonly bytes: number; readonly sample: string };

const leastText = 6;
const framing = '\r\n\x02\x03\x04\x05\x06';
const isFraming = (char: string): boolean => framing.includes(char);

export function judgeUnasked(bytes: Uint8Array): Unasked {
  if (bytes.length === 0) return { kind: 'quiet' };
  const units = [...new Set(findFrames(bytes).map(({ unit }) => unit))].sort((a, b) => a - b);
  if (units.length > 0) return { kind: 'modbus', units };
  return textOf(bytes) ?? { kind: 'noise', bytes: bytes.length, sample: hex(bytes) };
}

export function hex(bytes: Uint8Array, most = 16): string {
  const shown = [...bytes.subarray(0, most)].map((byte) => byte.toString(16).padStart(2, '0'));
  return shown.join(' ') + (bytes.length > most ? ' …' : '');
}

/** Seven-bit instruments set the eighth bit as parity: it is left out of account. */
function textOf(bytes: Uint8Array): Unasked | null {
  const text = String.fromCharCode(...bytes.map((byte) => byte & 0x7f));
  const delimiter = ['\r\n', '\r', '\n', '\x03'].find((end) => text.includes(end));
  const shown = [...text].filter((char) => !isFraming(char));
  const printed = shown.filter((char) => char >= ' ' && char <= '~').length;
  if (delimiter === undefined || printed < leastText || printed < 0.95 * shown.length) return null;
  const lines = text.split(delimiter).filter((line) => line.trim() !== '');
  // The first may have been cut by our coming in the midst of it.
  const sample = lines.length > 1 ? lines[1] : lines[0];
  return { kind: 'text', sample: printable(sample ?? ''), delimiter };
}
