/** From one message of an instrument that speaks text to readings of its signals. */
import {
  fillIn,
  type LineAddress,
  type LineDialect,
  messageExpression,
  parseLineAt,
} from '../../config/line-dialect.ts';
import type { Profile, SignalSpec } from '../../config/profile.ts';
import type { LineFraming } from '../../drivers/driver.ts';
import { createScaler } from '../../drivers/scale.ts';
import { checksumOf } from '../../drivers/serial-line/checksum.ts';
import type { Instant, Reading } from '../records.ts';
import { type BadValue, missingReading, type Scaler, textReading, toReading } from './reading.ts';

export interface LineSignal {
  /** As the machine calls it: `scale.weight`. */
  readonly name: string;
  readonly spec: SignalSpec;
  readonly at: LineAddress;
  readonly scaled: Scaler;
}

type Groups = Readonly<Record<string, string | undefined>>;

/** A profile's messages made ready to read, for one unit on the line. */
export class LineMessages {
  readonly signals: readonly LineSignal[];
  readonly framing: LineFraming;
  /** What a message must match. */
  readonly expression: string;
  /** Empty where the instrument speaks by itself. */
  readonly request: string;
  readonly #accepted: RegExp;
  readonly #unitGroup: string | undefined;

  /** `prefix` is put before each name, e.g. `scale.`. */
  constructor(profile: Profile, line: LineDialect, unit: number, prefix: string) {
    const { checksum, checksumFrom } = line;
    this.framing = framingOf(line);
    this.expression = messageExpression(line, unit);
    this.request = fillIn(line.request ?? '', unit, (before) =>
      checksumOf(checksum, before.slice(checksumFrom)),
    );
    this.#accepted = new RegExp(this.expression, 's');
    this.#unitGroup = line.unitGroup;
    this.signals = Object.entries(profile.signals).flatMap(([name, spec]) => {
      const at = parseLineAt(spec.at);
      return at === null ? [] : [{ name: prefix + name, spec, at, scaled: createScaler(spec) }];
    });
  }

  /** null when `text` is no message of this profile. */
  read(text: string, at: Instant): Record<string, Reading> | null {
    const match = this.#accepted.exec(text);
    if (match === null) return null;
    const groups: Groups = match.groups ?? {};
    const unit = this.#unitGroup === undefined ? null : (groups[this.#unitGroup]?.trim() ?? '');
    const read = this.signals.map((signal) => [signal.name, readSignal(signal, groups, unit, at)]);
    return Object.fromEntries(read);
  }
}

function framingOf(line: LineDialect): LineFraming {
  const { delimiter, length, pattern, checksum, checksumFrom, bits } = line;
  const rest = { checksum, checksumFrom, bits };
  if (delimiter !== undefined) return { end: { delimiter }, ...rest };
  if (length !== undefined) return { end: { length }, ...rest };
  return { end: { pattern: pattern ?? '' }, ...rest };
}

function readSignal(signal: LineSignal, groups: Groups, unit: string | null, at: Instant): Reading {
  const { spec } = signal;
  const found = groups[signal.at.group];
  const { requires } = spec;
  if (requires !== undefined && 'group' in requires) {
    const state = groups[requires.group]?.trim();
    if (state !== requires.equals)
      return invalid(at, `${requires.group} is ${state ?? 'absent'}, not ${requires.equals}`);
  }
  if (found === undefined) return missingReading(at, 'not in the message');
  const word = found.trim();
  if (spec.type === 'text')
    return textReading(/^[ -~]*$/.test(word) ? { text: word } : 'not-text', at);
  const value = Object.hasOwn(spec.values, word) ? spec.values[word] : undefined;
  if (value === 'missing') return missingReading(at, word);
  if (value === 'invalid') return invalid(at, word);
  const raw = value ?? numberOf(word, signal.at.coding);
  if (raw === null) return invalid(at, `"${word}" is no number`);
  return toReading(raw, spec, inUnit(signal, unit), at);
}

function invalid(at: Instant, note: string): Reading {
  return { value: null, quality: 'invalid', at, note };
}

function numberOf(word: string, coding: LineAddress['coding']): number | null {
  if (coding === 'decimal') {
    const match = /^([+-]?) *(\d+\.?\d*|\.\d+)$/.exec(word);
    // A scale writes -0.000 for 0.
    return match === null ? null : Number(`${match[1]}${match[2]}`) + 0;
  }
  if (!/^[0-9A-Fa-f]{1,8}$/.test(word)) return null;
  const value = Number.parseInt(word, 16);
  const bits = 4 * word.length;
  return coding === 'signed-hex' && value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
}

/** Weights are units of ten, so that one in another is exact. */
const exponents: Readonly<Record<string, number>> = { g: -3, kg: 0, t: 3 };

/** A scale that was switched to another unit gives that unit's number: it is no value here. */
function inUnit({ spec, scaled }: LineSignal, unit: string | null): Scaler {
  if (unit === null || spec.unit === '' || unit === spec.unit) return scaled;
  const from = exponents[unit.toLowerCase()];
  const to = exponents[spec.unit];
  if (from === undefined || to === undefined) {
    const bad: BadValue = { quality: 'invalid', note: `in ${unit || 'no unit'}, not ${spec.unit}` };
    return () => bad;
  }
  return (raw) => scaled(shifted(raw, from - to));
}

/** raw × 10^places, rounded once. */
function shifted(raw: number, places: number): number {
  const text = String(raw);
  return text.includes('e') ? raw * 10 ** places : Number(`${text}e${places}`);
}
