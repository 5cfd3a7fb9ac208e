/** Word orders and shifted addresses compared over a whole device: halves of floats look like values. */
import type { WordOrder } from '../../drivers/decode.ts';
import type { Answer } from './asker.ts';
import type { CauseId } from './causes.ts';
import { isDoubtful, isOddFloat, type ProbedSignal, type SignalEvidence } from './evidence.ts';
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

/** One signal that is read but cannot be right, and what would make it so. */
export interface PlaceTrial {
  readonly evidence: SignalEvidence;
  readonly orders: ReadonlyMap<WordOrder, readonly number[]>;
  readonly shifts: ReadonlyMap<Shift, readonly number[]>;
  /** Shifts under which it is 0, which is right and proves nothing. */
  readonly zeros: ReadonlySet<Shift>;
}

export type Shift = -1 | 1;
const shifts: readonly Shift[] = [-1, 1];

/** `none`: nothing explains all of the device, each signal must speak for itself. */
export type DeviceVerdict =
  | { readonly kind: 'shift'; readonly shift: Shift }
  | { readonly kind: 'order'; readonly order: WordOrder }
  | { readonly kind: 'either'; readonly shift: Shift; readonly order: WordOrder }
  | { readonly kind: 'none' };

/** It reads, but no device would say so; a sentinel or its not counting is the device's own word. */
export function isWrong(evidence: SignalEvidence): boolean {
  const { words, reading, unvouched } = evidence;
  if (words === null || unvouched === true || reading.note?.startsWith('sentinel') === true)
    return false;
  return reading.quality === 'invalid' || isDoubtful(evidence);
}

/** What `signal` is at another address; null: nothing is there. */
export async function wordsAt(
  unit: number,
  { table, address, count }: Pick<ProbedSignal, 'table' | 'address' | 'count'>,
  ask: AskOnce,
): Promise<readonly number[] | null> {
  if (address < 0 || address + count > 0x1_0000) return null;
  const answer = await ask({ unit, table, address, count });
  return answer.kind === 'words' ? answer.words : null;
}

export async function tryPlaces(
  unit: number,
  evidence: SignalEvidence,
  ask: AskOnce,
): Promise<PlaceTrial> {
  const { signal, words } = evidence;
  const orders = new Map<WordOrder, readonly number[]>();
  for (const order of wordOrders) {
    if (words === null || order === signal.order || signal.count < 2 || signal.type === 'text')
      continue;
    if (isConvincing(signal, words, order)) orders.set(order, words);
  }
  const found = new Map<Shift, readonly number[]>();
  const zeros = new Set<Shift>();
  for (const shift of shifts) {
    const there = await wordsAt(unit, { ...signal, address: signal.address + shift }, ask);
    if (there === null) continue;
    if (speaksFor(signal, there)) found.set(shift, there);
    else if (isZero(signal, there)) zeros.add(shift);
  }
  return { evidence, orders, shifts: found, zeros };
}

/**
 * What explains every signal that is wrong. A shift must hold for those that read well, too; where
 * an order explains as much, the words that only one of the two makes use of decide.
 */
export async function judgePlaces(
  unit: number,
  trials: readonly PlaceTrial[],
  signals: readonly SignalEvidence[],
  ask: AskOnce,
): Promise<DeviceVerdict> {
  const shift = await shiftOfAll(unit, trials, signals, ask);
  const order = orderOfAll(trials);
  if (shift === null) return order === null ? { kind: 'none' } : { kind: 'order', order };
  if (order === null) return { kind: 'shift', shift };
  const lead = tellingWords(trials, order, shift);
  if (lead === 0) return { kind: 'either', shift, order };
  return lead > 0 ? { kind: 'shift', shift } : { kind: 'order', order };
}

function orderOfAll(trials: readonly PlaceTrial[]): WordOrder | null {
  const several = trials.filter(({ evidence }) => evidence.words !== null);
  if (several.length === 0) return null;
  const fits = (order: WordOrder): boolean => several.every(({ orders }) => orders.has(order));
  return wordOrders.find(fits) ?? null;
}

async function shiftOfAll(
  unit: number,
  trials: readonly PlaceTrial[],
  signals: readonly SignalEvidence[],
  ask: AskOnce,
): Promise<Shift | null> {
  for (const shift of shifts) {
    const explains = trials.every(
      ({ evidence, shifts: fits, zeros }) =>
        fits.has(shift) || zeros.has(shift) || evidence.signal.address + shift < 0,
    );
    const proven = trials.some(({ shifts: fits }) => fits.has(shift));
    if (explains && proven && (await othersFit(unit, shift, trials, signals, ask))) return shift;
  }
  return null;
}

/** Registers that read well here must do so there as well: one device has one shift. */
async function othersFit(
  unit: number,
  shift: Shift,
  trials: readonly PlaceTrial[],
  signals: readonly SignalEvidence[],
  ask: AskOnce,
): Promise<boolean> {
  const tried = new Set(trials.map(({ evidence }) => evidence));
  const tables = new Set(trials.map(({ evidence }) => evidence.signal.table));
  for (const evidence of signals) {
    const { signal, words, reading } = evidence;
    const counts = words !== null && reading.quality === 'good' && tables.has(signal.table);
    if (tried.has(evidence) || !counts || signal.address + shift < 0) continue;
    const there = await wordsAt(unit, { ...signal, address: signal.address + shift }, ask);
    if (there === null) return false;
    const { quality } = signal.judge(there);
    if (quality !== 'good' || isOddFloat(signal, there, signal.order)) return false;
  }
  return true;
}

/**
 * The low word of a value is seldom 0. Above 0: more signals have one under the shift than under
 * the order; below: the other way round.
 */
function tellingWords(trials: readonly PlaceTrial[], order: WordOrder, shift: Shift): number {
  let lead = 0;
  for (const { evidence, orders, shifts: found } of trials) {
    const ordered = lowWord(orders.get(order), order);
    const shifted = lowWord(found.get(shift), evidence.signal.order);
    if (ordered === undefined || shifted === undefined) continue;
    lead += Number(shifted !== 0) - Number(ordered !== 0);
  }
  return lead;
}

function lowWord(words: readonly number[] | undefined, order: WordOrder): number | undefined {
  return order === 'ABCD' || order === 'BADC' ? words?.at(-1) : words?.[0];
}

/** Of one signal: what was seen in each place that fits. */
export function seenAt(
  { evidence: { signal }, shifts: found }: PlaceTrial,
  shift: Shift,
): Pick<SignalTrial, 'remedy' | 'seen'> {
  const words = found.get(shift);
  if (signal.address + shift < 0) return { remedy: null, seen: 'before address 0' };
  const at = `${signal.table} ${signal.address + shift}`;
  const value = words === undefined ? '0' : valueText(signal, words, signal.order);
  return { remedy: `at: ${at}`, seen: `${at}: ${value}` };
}

export function seenIn({ evidence: { signal }, orders }: PlaceTrial): string {
  return [...orders]
    .map(([order, words]) => `${order}: ${valueText(signal, words, order)}`)
    .join(', ');
}

export function valueText(
  signal: ProbedSignal,
  words: readonly number[],
  order: WordOrder,
): string {
  const { value } = signal.judge(words, order);
  return value === null ? '-' : `${Number(value.toPrecision(6))} ${signal.unit}`.trim();
}

/** Good, no odd float, and not a mere 0 that any order gives. */
function isConvincing(signal: ProbedSignal, words: readonly number[], order: WordOrder): boolean {
  const { quality, value } = signal.judge(words, order);
  return quality === 'good' && value !== 0 && !isOddFloat(signal, words, order);
}

const isZero = (signal: ProbedSignal, words: readonly number[]): boolean =>
  words.every((word) => word === 0) && signal.judge(words).quality === 'good';

/** What is there looks like this signal: a bit can only be there; a number must mean something. */
export function speaksFor(signal: ProbedSignal, words: readonly number[]): boolean {
  if (signal.type === 'bit') return true;
  if (signal.type === 'text') return signal.judge(words).quality === 'good';
  return isConvincing(signal, words, signal.order);
}
