/** What was seen of devices and their signals, before anything is concluded from it. */

import type { PpuriError } from '../../config/errors.ts';
import type { BusConfig } from '../../config/schema.ts';
import { decodeRaw, type RegisterType, type WordOrder } from '../../drivers/decode.ts';
import type { BusStats, RegisterTable } from '../../drivers/driver.ts';
import type { Reading, Text } from '../records.ts';

/** One signal of a profile, with what turns its words into a reading as the agent does. */
export interface ProbedSignal {
  readonly name: string;
  readonly title: Text;
  readonly table: RegisterTable;
  readonly address: number;
  /** Registers or bits that it takes. */
  readonly count: number;
  readonly type: RegisterType;
  readonly order: WordOrder;
  readonly unit: string;
  readonly decimals: number;
  readonly required: boolean;
  readonly hasRange: boolean;
  judge(words: readonly number[], order?: WordOrder): Reading;
}

export interface SignalEvidence {
  readonly signal: ProbedSignal;
  readonly words: readonly number[] | null;
  readonly reading: Reading;
  readonly roundTripMs: number | null;
  /** Why there are no words. */
  readonly error: PpuriError | null;
  /** The device does not say that the value counts, or was not heard whether it does. */
  readonly unvouched?: boolean;
}

export interface DeviceEvidence {
  readonly machine: string;
  readonly device: string;
  readonly unit: number;
  readonly profile: string;
  readonly signals: readonly SignalEvidence[];
}

export interface BusEvidence {
  readonly name: string;
  readonly config: BusConfig;
  /** Why the port or endpoint could not be opened; null: it was. */
  readonly failure: PpuriError | null;
  readonly stats: BusStats | null;
  readonly devices: readonly DeviceEvidence[];
}

/** The device itself was heard, be it with an exception. */
export function wasHeard({ signals }: DeviceEvidence): boolean {
  return signals.some(
    ({ words, error }) =>
      words !== null || (error?.code === 'modbus-exception' && !isGatewayWord(error)),
  );
}

export function exceptionOf(error: PpuriError | null): number | null {
  const { cause } = error ?? {};
  if (typeof cause !== 'object' || cause === null || !('exception' in cause)) return null;
  return typeof cause.exception === 'number' ? cause.exception : null;
}

/** Exceptions 10 and 11 are a gateway's, of a device it cannot reach. */
export function isGatewayWord(error: PpuriError | null): boolean {
  const exception = exceptionOf(error);
  return exception === 10 || exception === 11;
}

/** In range, but a float that only a wrong word order makes: 1.4e-41 V, or 3e22. */
export function isDoubtful({ signal, words, reading }: SignalEvidence): boolean {
  return words !== null && reading.quality === 'good' && isOddFloat(signal, words, signal.order);
}

export function isOddFloat(
  { type }: ProbedSignal,
  words: readonly number[],
  order: WordOrder,
): boolean {
  if (type !== 'float32' && type !== 'float64') return false;
  const raw = decodeRaw(words, { type, order, bit: null });
  if (typeof raw !== 'number') return true;
  const size = Math.abs(raw);
  return raw === 0 ? words.some((word) => word !== 0) : size < 1e-6 || size > 1e12;
}

/** It may be taken for what it says. */
export const isSound = (evidence: SignalEvidence): boolean =>
  evidence.reading.quality === 'good' && !isDoubtful(evidence);
