/**
 * How an instrument that speaks text does it: the section `line` of a profile, and how its signals
 * are taken from a message.
 */
import { z } from 'zod';

/** `{unit}` or `{unit:02}`, with so many digits; `{checksum}` over what stands before it. */
const placeholder = /\{(unit(?::0(\d))?|checksum)\}/g;

export const lineSchema = z.strictObject({
  /** `polled`: it answers a request. `streaming`: it speaks by itself. */
  mode: z.enum(['polled', 'streaming']),
  /** E.g. "W\r\n", or "\x02{unit:02}DRS,01,0000{checksum}\r\n". */
  request: z.string().min(1).max(200).optional(),
  /** Exactly one of these three ends a message. */
  delimiter: z.string().min(1).max(8).optional(),
  length: z.int().min(1).max(1024).optional(),
  /** A regular expression of at most 256 characters of message, that ends as every message does. */
  pattern: z.string().min(1).optional(),
  /** Hexadecimal digits that end a message, before its delimiter. */
  checksum: z.enum(['none', 'sum8', 'xor8', 'crc16-modbus']).default('none'),
  /** Bytes at the start that the checksum leaves out, e.g. 1 for an STX. */
  checksumFrom: z.int().min(0).max(16).default(0),
  /** 7: the eighth bit is parity, also where the port or converter is set to eight bits. */
  bits: z.union([z.literal(7), z.literal(8)]).default(8),
  /** What the serial port must be set to for its messages to arrive whole; absent: either. */
  dataBits: z.union([z.literal(7), z.literal(8)]).optional(),
  /** A message counts only if it matches this whole regular expression; its named groups are signals. */
  message: z.string().min(1),
  /** The group that names the unit: another one than the signal's makes its value `invalid`. */
  unitGroup: z.string().optional(),
});

/** `invalid` unless this group of the message has this text, e.g. an unstable weight. */
const groupConditionSchema = z.strictObject({ group: z.string(), equals: z.string() });

/**
 * Of a register: `invalid` unless this signal has this value, or any other than that one. While the
 * signal itself is not known, the value is `missing`.
 */
const signalConditionSchema = z.strictObject({
  signal: z.string(),
  equals: z.number().optional(),
  notEquals: z.number().optional(),
});

/** What a signal of a line has beyond those of registers, and what it has in a way of its own. */
export const lineSignalShape = {
  /** Words of the instrument that are a number, or none: { ST: 1, US: 0, OL: invalid }. */
  values: z.record(z.string(), z.union([z.number(), z.enum(['missing', 'invalid'])])).default({}),
  /** What the device itself must say for the value to count. */
  requires: z.union([groupConditionSchema, signalConditionSchema]).optional(),
  /**
   * `until-next`: a scan holds for all that follows, until the next one, a damaged one or the loss
   * of the line. `for-a-time`: a value grows stale after staleAfterMs, or 3 × everyMs.
   */
  holds: z.enum(['for-a-time', 'until-next']).default('for-a-time'),
};

export const lineVectorSchema = z.strictObject({
  /** One message, without its delimiter, with its checksum. */
  line: z.string().min(1),
  expect: z.record(
    z.string(),
    z.union([
      z.number(),
      z.enum(['missing', 'invalid']),
      z.strictObject({ text: z.string().min(1) }),
    ]),
  ),
});

export type LineDialect = z.output<typeof lineSchema>;
export type SignalCondition = z.output<typeof signalConditionSchema>;
export type LineCoding = 'decimal' | 'hex' | 'signed-hex';

export interface LineAddress {
  /** Named group of the message. */
  readonly group: string;
  readonly coding: LineCoding;
}

/** `line weight`, or `line pv signed-hex`; null when it is something else. */
export function parseLineAt(at: string): LineAddress | null {
  const match = /^line ([a-z][A-Za-z0-9]*)(?: (hex|signed-hex))?$/.exec(at);
  const [, group, coding] = match ?? [];
  if (group === undefined) return null;
  return { group, coding: coding === 'hex' || coding === 'signed-hex' ? coding : 'decimal' };
}

/** Whether the text differs from unit to unit, so that several can share a line. */
export const namesUnit = (text: string): boolean => /\{unit(?::0\d)?\}/.test(text);

/** `request` or `message` for one unit. `checksumOf` is given what stands before `{checksum}`. */
export function fillIn(text: string, unit: number, checksumOf: (before: string) => string): string {
  let filled = '';
  let from = 0;
  for (const match of text.matchAll(placeholder)) {
    filled += text.slice(from, match.index);
    filled +=
      match[1] === 'checksum'
        ? checksumOf(filled)
        : String(unit).padStart(Number(match[2] ?? 1), '0');
    from = match.index + match[0].length;
  }
  return filled + text.slice(from);
}

/** `message` as an expression that a whole message must match. Throws SyntaxError. */
export function messageExpression(line: LineDialect, unit: number): string {
  const expression = `^(?:${fillIn(line.message, unit, () => '')})$`;
  new RegExp(expression);
  return expression;
}
