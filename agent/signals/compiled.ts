/** A profile's signals made ready to read: from the words of a reply to readings. */
import type { SignalCondition } from '../../config/line-dialect.ts';
import type { Profile, SignalSpec } from '../../config/profile.ts';
import { decodeRaw, parseAddress, type RegisterSpec, wordCount } from '../../drivers/decode.ts';
import { quadrantPowerFactor } from '../../drivers/power-factor.ts';
import { decodeText } from '../../drivers/register-text.ts';
import { createScaler } from '../../drivers/scale.ts';
import type { Instant, Reading } from '../records.ts';
import { type BadValue, missingReading, type Scaler, textReading, toReading } from './reading.ts';

export type Readings = Record<string, Reading>;

export interface CompiledSignal {
  /** As the machine calls it: `castPressure`, or `meter.activePower` of an accessory. */
  readonly name: string;
  readonly spec: SignalSpec;
  readonly register: RegisterSpec;
  readonly words: number;
  /** Name of the signal that says its decimals; null: it has none of its own. */
  readonly pointAt: string | null;
  /** What another signal must say for this one to count; null: nothing. */
  readonly condition: SignalCondition | null;
  /** Names of the signals without which it has no value: its decimal point, its condition. */
  readonly leansOn: readonly string[];
  /** By decimals; one where there is no decimal point. */
  readonly scalers: readonly [Scaler, ...Scaler[]];
}

/** The words of one signal within a reply. */
export interface Piece {
  readonly signal: CompiledSignal;
  readonly words: readonly number[];
  readonly start: number;
  readonly at: Instant;
}

/** Beyond none; a decimal point that says more is not believed. */
const decimalPlaces = [1, 2, 3, 4, 5, 6];

/** `prefix` is put before each name: empty for the machine itself, `meter.` for an accessory. */
export function compileSignals(profile: Profile, prefix: string): CompiledSignal[] {
  return Object.entries(profile.signals).map(([name, spec]) => {
    const { type, length, scale, offset, decimalPoint } = spec;
    const order = spec.order ?? profile.modbus.order;
    const register = { ...parseAddress(spec.at), type, order, scale, offset, length };
    const more = decimalPoint === undefined ? [] : decimalPlaces;
    const pointAt = decimalPoint === undefined ? null : prefix + decimalPoint;
    const condition = conditionOf(spec, prefix);
    return {
      name: prefix + name,
      spec,
      register,
      words: wordCount(type, length),
      pointAt,
      condition,
      leansOn: [pointAt, condition?.signal ?? null].filter((other) => other !== null),
      scalers: [scalerOf(spec, 0), ...more.map((decimals) => scalerOf(spec, decimals))],
    };
  });
}

function conditionOf({ requires }: SignalSpec, prefix: string): SignalCondition | null {
  if (requires === undefined || 'group' in requires) return null;
  return { ...requires, signal: prefix + requires.signal };
}

function scalerOf(spec: SignalSpec, decimals: number): Scaler {
  const toUnit = createScaler(spec, decimals);
  if (spec.coding === 'plain') return toUnit;
  return (raw) => {
    const coded = toUnit(raw);
    const note = `${coded} is no coded power factor`;
    return quadrantPowerFactor(coded) ?? { quality: 'invalid', note };
  };
}

/**
 * Decodes pieces that were read together. A decimal point or condition among them (or in `into`
 * already) holds for its signals; for any other `latestOf` is asked.
 */
export function readPieces(
  pieces: readonly Piece[],
  into: Readings,
  latestOf: (name: string, at: Instant) => Reading,
): void {
  for (const piece of pieces)
    if (piece.signal.leansOn.length === 0) into[piece.signal.name] = readPiece(piece, null);
  for (const piece of pieces) {
    const { pointAt, condition, leansOn, name } = piece.signal;
    if (leansOn.length === 0) continue;
    const known = (other: string): Reading => into[other] ?? latestOf(other, piece.at);
    const unmet = condition === null ? null : whyUnmet(condition, known(condition.signal));
    into[name] =
      unmet === null
        ? readPiece(piece, pointAt === null ? null : known(pointAt))
        : { value: null, ...unmet, at: piece.at };
  }
}

/** A number that the device itself does not stand by is none. null: the condition is met. */
export function whyUnmet(
  { signal, equals, notEquals }: SignalCondition,
  state: Reading,
): BadValue | null {
  const { value, quality, note } = state;
  if (quality === 'missing' || quality === 'stale')
    return { quality: 'missing', note: `${signal} is not known: ${note ?? quality}` };
  if (quality !== 'good') return { quality: 'invalid', note: `${signal} is ${quality}` };
  if (equals !== undefined && value !== equals)
    return { quality: 'invalid', note: `${signal} is ${value}, not ${equals}` };
  if (notEquals !== undefined && value === notEquals)
    return { quality: 'invalid', note: `${signal} is ${value}` };
  return null;
}

function readPiece({ signal, words, start, at }: Piece, point: Reading | null): Reading {
  const { register, spec, scalers } = signal;
  if (register.type === 'text') return textReading(decodeText(words, register, start), at);
  const raw = decodeRaw(words, register, start);
  return toReading(raw, spec, point === null ? scalers[0] : byPoint(signal, point), at);
}

/** Without a sure decimal point a number could be ten times off, so there is none. */
function byPoint({ scalers, pointAt }: CompiledSignal, point: Reading): Scaler {
  const { value, quality, note } = point;
  if (quality !== 'good')
    return () => ({ quality, note: `decimal point ${pointAt}: ${note ?? quality}` });
  const plausible = value === null ? undefined : scalers[value];
  if (plausible !== undefined) return plausible;
  const why = `decimal point ${pointAt} is ${value}, not 0 to ${decimalPlaces.length}`;
  return () => ({ quality: 'invalid', note: why });
}

/** What is known of a decimal point or condition that was never read. */
export function unread(at: Instant): Reading {
  return missingReading(at, 'not read yet');
}
