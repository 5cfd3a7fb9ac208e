/** Why one signal of a device that answers is not right: other orders, tables and addresses are tried. */
import type { WordOrder } from '../../drivers/decode.ts';
import type { RegisterTable } from '../../drivers/driver.ts';
import type { Answer } from './asker.ts';
import type { CauseId } from './causes.ts';
import {
  exceptionOf,
  isDoubtful,
  isOddFloat,
  type ProbedSignal,
  type SignalEvidence,
} from './evidence.ts';
import type { Question } from './frames.ts';
import { wordOrders } from './interpret.ts';

export type AskOnce = (question: Question) => Promise<Answer>;

export interface SignalTrial {
  readonly cause: CauseId;
  /** What would be right, as it is to be written; null where it is not known. */
  readonly remedy: string | null;
  /** What was seen, for people: `CDAB: 230.1`. */
  readonly seen: string;
}

const otherTable: Readonly<Record<RegisterTable, RegisterTable>> = {
  holding: 'input',
  input: 'holding',
  coil: 'discrete',
  discrete: 'coil',
};

/** Null when nothing is wrong with the signal, or nothing is known of it. Reads only. */
export async function trySignal(
  unit: number,
  evidence: SignalEvidence,
  ask: AskOnce,
): Promise<SignalTrial | null> {
  const { signal, words, reading, error } = evidence;
  const exception = exceptionOf(error);
  if (exception !== null) return tryException(unit, signal, exception, ask);
  if (words === null) return null;
  const note = reading.note ?? '';
  if (note.startsWith('sentinel')) return { cause: 'sensor-fault', remedy: null, seen: note };
  const wrong = reading.quality === 'invalid' || isDoubtful(evidence);
  if (!wrong) return null;
  const ordered = tryOrders(signal, words);
  if (ordered !== null) return ordered;
  const elsewhere = await tryElsewhere(unit, signal, ask);
  return elsewhere ?? { cause: 'odd-value', remedy: null, seen: note };
}

async function tryException(
  unit: number,
  signal: ProbedSignal,
  exception: number,
  ask: AskOnce,
): Promise<SignalTrial | null> {
  const seen = `exception ${exception}`;
  if (exception === 5 || exception === 6) return { cause: 'device-busy', remedy: null, seen };
  if (exception > 3) return null;
  const elsewhere = await tryElsewhere(unit, signal, ask);
  return elsewhere ?? { cause: 'no-such-register', remedy: null, seen };
}

/** Values in range in another order; a value that fits in several is no proof. */
function tryOrders(signal: ProbedSignal, words: readonly number[]): SignalTrial | null {
  if (signal.count < 2 || signal.type === 'text') return null;
  const others = wordOrders.filter((order) => order !== signal.order);
  const fits = others.filter((order) => isConvincing(signal, words, order));
  const [order] = fits;
  if (order === undefined) return null;
  const seen = fits.map((one) => `${one}: ${valueText(signal, words, one)}`).join(', ');
  return { cause: 'word-order', remedy: `order: ${order}`, seen };
}

/** Good, no odd float, and not a mere 0 that any order gives. */
function isConvincing(signal: ProbedSignal, words: readonly number[], order: WordOrder): boolean {
  const { quality, value } = signal.judge(words, order);
  return quality === 'good' && value !== 0 && !isOddFloat(signal, words, order);
}

function valueText(signal: ProbedSignal, words: readonly number[], order: WordOrder): string {
  const { value } = signal.judge(words, order);
  return value === null ? '-' : `${Number(value.toPrecision(6))} ${signal.unit}`.trim();
}

async function tryElsewhere(
  unit: number,
  signal: ProbedSignal,
  ask: AskOnce,
): Promise<SignalTrial | null> {
  const { table, address, count } = signal;
  const places = [
    { table: otherTable[table], address, cause: 'wrong-table' },
    { table, address: address - 1, cause: 'address-off-by-one' },
    { table, address: address + 1, cause: 'address-off-by-one' },
  ] as const;
  for (const { cause, ...place } of places) {
    if (place.address < 0 || place.address + count > 0x1_0000) continue;
    const answer = await ask({ unit, count, ...place });
    if (answer.kind !== 'words' || !speaksFor(signal, answer.words)) continue;
    const at = `${place.table} ${place.address}`;
    const seen = `${at}: ${valueText(signal, answer.words, signal.order)}`;
    return { cause, remedy: `at: ${at}`, seen };
  }
  return null;
}

/** What is there looks like this signal: a bit can only be there; a number must mean something. */
function speaksFor(signal: ProbedSignal, words: readonly number[]): boolean {
  if (signal.type === 'bit') return true;
  if (signal.type === 'text') return signal.judge(words).quality === 'good';
  return isConvincing(signal, words, signal.order);
}
