/** Which replies are tampered with, and how: one seeded decision for each reply. */
import { PpuriError } from '../../config/errors.ts';
import { nearest } from '../../config/nearest.ts';
import { Random } from './random.ts';

/** What is said over what: Modbus TCP, RTU frames or an instrument's text. */
export type CarrierKind = 'modbus-tcp' | 'rtu-tcp' | 'rtu-pty' | 'text-tcp' | 'text-pty';

interface FaultEntry {
  readonly means: string;
  /** Absent: all. */
  readonly carriers?: readonly CarrierKind[];
}

const connections: readonly CarrierKind[] = ['modbus-tcp', 'rtu-tcp', 'text-tcp'];
const lines: readonly CarrierKind[] = ['rtu-tcp', 'rtu-pty', 'text-tcp', 'text-pty'];
const modbus: readonly CarrierKind[] = ['modbus-tcp', 'rtu-tcp', 'rtu-pty'];

export const faultTable = {
  late: { means: 'the right reply, after the reader has given up' },
  duplicate: { means: 'the right reply twice, glued' },
  'duplicate-late': { means: 'the right reply, and again later' },
  truncated: { means: 'the reply breaks off' },
  oversize: { means: 'more data than asked, bytes after the frame, or over the longest frame' },
  glued: { means: 'the right reply with another frame before or after it', carriers: modbus },
  echo: { means: 'the request itself before the reply' },
  'echo-only': { means: 'the request itself and no reply' },
  flip: { means: 'one to three bits changed (Modbus TCP: in the header)' },
  burst: { means: 'a burst of up to 16 bits changed', carriers: lines },
  'foreign-unit': { means: 'another unit’s number, its CRC right', carriers: modbus },
  'wrong-function': { means: 'another function code, its CRC right', carriers: modbus },
  'wrong-transaction': { means: 'another transaction id', carriers: ['modbus-tcp'] },
  'wrong-protocol': { means: 'another protocol id', carriers: ['modbus-tcp'] },
  'wrong-length': { means: 'a false length in the header', carriers: ['modbus-tcp'] },
  'wrong-count': { means: 'a false byte count, its CRC right', carriers: modbus },
  exception: { means: 'one of the exceptions 1 to 11', carriers: modbus },
  silent: { means: 'no reply' },
  'slow-loris': { means: 'the reply byte by byte, one each second' },
  endless: { means: 'a stream of bytes that does not end by itself' },
  reset: { means: 'the connection is reset', carriers: connections },
  'half-open': {
    means: 'the connection stays open and never says anything again',
    carriers: connections,
  },
  noise: { means: 'random bytes before, after or long after the right reply' },
  split: { means: 'the right reply in pieces' },
} as const satisfies Readonly<Record<string, FaultEntry>>;

export type FaultName = keyof typeof faultTable;
export const faultNames = Object.keys(faultTable) as readonly FaultName[];

/** Probability of each, for one reply. */
export type FaultRates = Readonly<Partial<Record<FaultName, number>>>;

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(faultTable, name);
}

export function faultsOf(carrier: CarrierKind): FaultName[] {
  return faultNames.filter((name) => {
    const entry: FaultEntry = faultTable[name];
    return entry.carriers?.includes(carrier) ?? true;
  });
}

/** From `late=0.01,duplicate=0.01`; `all=0.1` shares that out. Throws `usage`, naming all there are. */
export function parseFaults(text: string, carrier: CarrierKind): FaultRates {
  const rates: Partial<Record<FaultName, number>> = {};
  const possible = faultsOf(carrier);
  for (const part of text.split(',').map((one) => one.trim())) {
    const [, name = part, value = ''] = /^([^=]*)=(.*)$/.exec(part) ?? [];
    const rate = Number(value);
    if (value === '' || !(rate >= 0 && rate <= 1))
      throw badFault(`"${part}" is no fault with its probability`, 'write NAME=0.01, from 0 to 1');
    if (name === 'all')
      for (const each of possible) rates[each] = (rates[each] ?? 0) + rate / possible.length;
    else rates[nameOf(name, carrier, possible)] = rate;
  }
  return checkRates(rates);
}

function nameOf(name: string, carrier: CarrierKind, possible: readonly FaultName[]): FaultName {
  const all = `over ${carrier} there are: all, ${possible.join(', ')}`;
  if (!isFaultName(name)) {
    const near = nearest(name, possible);
    const meant = near === null ? '' : `did you mean "${near}"? `;
    throw badFault(`there is no fault "${name}"`, `${meant}${all}`);
  }
  if (!possible.includes(name)) throw badFault(`"${name}" cannot happen over ${carrier}`, all);
  return name;
}

/** Throws `usage` when more than every reply would be tampered with. */
export function checkRates(rates: FaultRates): FaultRates {
  const sum = Object.values(rates).reduce((total, rate) => total + rate, 0);
  if (sum <= 1 + 1e-9) return rates;
  throw badFault(`the probabilities add up to ${sum}`, 'at most 1: a reply has one fault');
}

function badFault(message: string, hint: string): PpuriError {
  const operation = 'read the faults to simulate';
  return new PpuriError('usage', message, { operation, subject: '--fault', hint });
}

export interface FaultPlanOptions {
  readonly rates: FaultRates;
  readonly seed: number;
}

/** The same seed and the same number of replies give the same faults. */
export class FaultPlan {
  /** For the parameters of the fault just decided. */
  readonly random: Random;
  readonly #decisions: Random;
  readonly #rates: readonly (readonly [FaultName, number])[];

  constructor({ rates, seed }: FaultPlanOptions) {
    this.#rates = faultNames.flatMap((name) => {
      const rate = checkRates(rates)[name] ?? 0;
      return rate > 0 ? [[name, rate] as const] : [];
    });
    this.#decisions = new Random(seed, 'faults');
    this.random = new Random(seed, 'fault parameters');
  }

  /** The fault of the next reply, or null. */
  next(): FaultName | null {
    if (this.#rates.length === 0) return null;
    let draw = this.#decisions.next();
    for (const [name, rate] of this.#rates) {
      if (draw < rate) return name;
      draw -= rate;
    }
    return null;
  }
}
