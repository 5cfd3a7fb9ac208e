/** A profile's signals as registers: values in, words out, and the values a reader makes of them. */
import type { Profile, SignalSpec } from '../../config/profile.ts';
import {
  decodeRaw,
  encodeRaw,
  parseAddress,
  type RegisterSpec,
  type RegisterType,
  wordCount,
} from '../../drivers/decode.ts';
import { encodeText } from '../../drivers/register-text.ts';
import { createScaler, unscaled } from '../../drivers/scale.ts';

export interface CodedSignal {
  readonly name: string;
  readonly spec: SignalSpec;
  readonly register: RegisterSpec;
  readonly words: number;
  readonly scale: (raw: number) => number;
}

/** Words to be put at one place. */
export interface Placed {
  readonly register: RegisterSpec;
  readonly words: readonly number[];
}

const bounds: Partial<Record<RegisterType, readonly [number, number]>> = {
  bit: [0, 1],
  uint16: [0, 0xffff],
  int16: [-0x8000, 0x7fff],
  uint32: [0, 0xffff_ffff],
  int32: [-0x8000_0000, 0x7fff_ffff],
  bcd16: [0, 9999],
  bcd32: [0, 99_999_999],
};

export class Codec {
  readonly signals: ReadonlyMap<string, CodedSignal>;

  constructor(profile: Profile) {
    const coded = Object.entries(profile.signals).map(([name, spec]) => {
      const register: RegisterSpec = {
        ...parseAddress(spec.at),
        type: spec.type,
        order: spec.order ?? profile.modbus.order,
        scale: spec.scale,
        offset: spec.offset,
        length: spec.length,
      };
      const scale = createScaler(register);
      const words = wordCount(spec.type, spec.length);
      return [name, { name, spec, register, words, scale }] as const;
    });
    this.signals = new Map(coded);
  }

  ofPoll(poll: SignalSpec['poll']): CodedSignal[] {
    return [...this.signals.values()].filter(({ spec }) => spec.poll === poll);
  }
}

/**
 * The raw number for a physical value: kept in the register, and off the signal's sentinels.
 * `decimals`: what its decimal point says, where it has one.
 */
export function rawOf(value: number, { spec, register }: CodedSignal, decimals = 0): number {
  const [low, high] = bounds[register.type] ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  let raw = Math.min(high, Math.max(low, unscaled(value, register, decimals)));
  const taken = (candidate: number): boolean =>
    spec.missing.includes(candidate) || spec.invalid.includes(candidate);
  while (taken(raw)) raw += raw > low ? -1 : 1;
  return raw;
}

export function place(raw: number, { register }: CodedSignal): Placed {
  return { register, words: encodeRaw(raw, register) };
}

export function placeText(text: string, { register }: CodedSignal): Placed {
  return { register, words: encodeText(text, register) };
}

/** No value, as far as the signal can say so: its first sentinel, else 0; an empty text. */
export function emptied(signal: CodedSignal): Placed {
  if (signal.register.type === 'text') return placeText('', signal);
  return place(signal.spec.missing[0] ?? 0, signal);
}

/** `signal` at its value among `values`, by name; emptied where it has none. A text is a lot number. */
export function placeOf(
  signal: CodedSignal,
  values: Readonly<Record<string, number | undefined>>,
): Placed {
  const { name, spec } = signal;
  if (signal.register.type === 'text')
    return placeText('LOT-2026-0117'.slice(0, spec.length), signal);
  const value = values[name];
  return value === undefined
    ? emptied(signal)
    : place(rawOf(value, signal, decimalsOf(spec, values)), signal);
}

/** What the decimal point of a signal says, 0 where it has none. */
export function decimalsOf(
  { decimalPoint }: SignalSpec,
  values: Readonly<Record<string, number | undefined>>,
): number {
  return decimalPoint === undefined ? 0 : (values[decimalPoint] ?? 0);
}

/**
 * What a reader makes of these words: the value, or null for a text, a sentinel or one out of range.
 */
export function readBack(
  { words }: Placed,
  { spec, register, scale }: CodedSignal,
  decimals = 0,
): number | null {
  const raw = decodeRaw(words, register);
  if (typeof raw !== 'number' || spec.missing.includes(raw) || spec.invalid.includes(raw)) {
    return null;
  }
  const value = decimals === 0 ? scale(raw) : createScaler(register, decimals)(raw);
  const [low, high] = spec.range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  return value < low || value > high ? null : value;
}
