/** Text in registers, two characters each, e.g. a lot number a PLC passes on. Printable ASCII only. */
import { PpuriError } from '../config/errors.ts';
import type { RegisterSpec, TextFault } from './decode.ts';

type TextSpec = Pick<RegisterSpec, 'order' | 'length'>;

/** `text` may be empty: the registers hold blanks or NULs only. */
export interface RegisterText {
  readonly text: string;
}

/**
 * The text that starts at `words[start]`, without the blanks and NULs at its end. Words stand in the
 * order of their addresses; `BADC` and `DCBA` have the first character in the low byte.
 */
export function decodeText(
  words: readonly number[],
  spec: TextSpec,
  start = 0,
): RegisterText | TextFault {
  const length = spec.length ?? 0;
  if (length === 0 || start + Math.ceil(length / 2) > words.length) return 'words-missing';
  const codes = Array.from({ length }, (_, i) => codeAt(words[start + (i >> 1)] ?? 0, i, spec));
  const text = String.fromCharCode(...codes).replace(/[\0 ]+$/, '');
  return /^[ -~]*$/.test(text) ? { text } : 'not-text';
}

function lowFirst({ order }: TextSpec): boolean {
  return order === 'BADC' || order === 'DCBA';
}

function codeAt(word: number, i: number, spec: TextSpec): number {
  const high = (i % 2 === 0) !== lowFirst(spec);
  return high ? word >>> 8 : word & 0xff;
}

/** The words that decode to `text`, filled up with NULs. Throws `out-of-range` if it does not fit. */
export function encodeText(
  text: string,
  spec: TextSpec & Pick<RegisterSpec, 'table' | 'address'>,
): number[] {
  const length = spec.length ?? 0;
  if (text.length > length || !/^[ -~]*$/.test(text)) {
    throw new PpuriError('out-of-range', `"${text}" is not text of ${length} characters`, {
      operation: 'encode text',
      subject: `${spec.table} ${spec.address}`,
      hint: `at most ${length} letters, digits and signs of ASCII`,
    });
  }
  return Array.from({ length: Math.ceil(length / 2) }, (_, word) => {
    const [first = 0, second = 0] = [2 * word, 2 * word + 1].map((i) => text.charCodeAt(i) || 0);
    return lowFirst(spec) ? (second << 8) | first : (first << 8) | second;
  });
}
