/** Why signals of a device that answers are not right: other orders, tables and addresses are tried. */
import type { RegisterTable } from '../../drivers/driver.ts';
import { exceptionOf, isSound, type ProbedSignal, type SignalEvidence } from './evidence.ts';
import {
  type AskOnce,
  type DeviceVerdict,
  isWrong,
  judgePlaces,
  type PlaceTrial,
  type SignalTrial,
  seenAt,
  seenIn,
  speaksFor,
  tryPlaces,
  valueText,
  wordsAt,
} from './place-trials.ts';

export type { SignalTrial };

export interface FoundTrial {
  readonly evidence: SignalEvidence;
  readonly trial: SignalTrial;
}

const otherTable: Readonly<Record<RegisterTable, RegisterTable>> = {
  holding: 'input',
  input: 'holding',
  coil: 'discrete',
  discrete: 'coil',
};

/** Nothing of signals that are right, or of which nothing is known. Reads only. */
export async function trySignals(
  unit: number,
  signals: readonly SignalEvidence[],
  ask: AskOnce,
  stop: AbortSignal,
): Promise<FoundTrial[]> {
  const found: FoundTrial[] = [];
  const places: PlaceTrial[] = [];
  for (const evidence of signals.filter((one) => !isSound(one))) {
    if (stop.aborted) return found;
    if (isWrong(evidence) || isUnknownPlace(evidence)) {
      places.push(await tryPlaces(unit, evidence, ask));
      continue;
    }
    const trial = tryWord(evidence);
    if (trial !== null) found.push({ evidence, trial });
  }
  const verdict = await verdictOf(unit, places, signals, ask);
  for (const place of places) {
    if (stop.aborted) return found;
    const trials = await trialsOf(unit, place, verdict, ask);
    found.push(...trials.map((trial) => ({ evidence: place.evidence, trial })));
  }
  return found;
}

/** Exceptions 1 to 3: wrong function, address or count. */
function isUnknownPlace({ error }: SignalEvidence): boolean {
  const exception = exceptionOf(error);
  return exception !== null && exception <= 3;
}

/** What the device itself says is the matter. */
function tryWord({ error, words, reading, unvouched }: SignalEvidence): SignalTrial | null {
  const exception = exceptionOf(error);
  if (exception === 5 || exception === 6)
    return { cause: 'device-busy', remedy: null, seen: `exception ${exception}` };
  const note = reading.note ?? '';
  const sentinel = words !== null && note.startsWith('sentinel');
  const refused = unvouched === true && reading.quality === 'invalid';
  return sentinel || refused ? { cause: 'sensor-fault', remedy: null, seen: note } : null;
}

/** Registers that are not there say nothing against a shift of those that are. */
async function verdictOf(
  unit: number,
  places: readonly PlaceTrial[],
  signals: readonly SignalEvidence[],
  ask: AskOnce,
): Promise<DeviceVerdict> {
  const wrong = places.filter(({ evidence }) => evidence.words !== null);
  return wrong.length === 0 ? { kind: 'none' } : judgePlaces(unit, wrong, signals, ask);
}

async function trialsOf(
  unit: number,
  place: PlaceTrial,
  verdict: DeviceVerdict,
  ask: AskOnce,
): Promise<SignalTrial[]> {
  const { orders, shifts, evidence } = place;
  const [first] = shifts.keys();
  const shift = verdict.kind === 'shift' || verdict.kind === 'either' ? verdict.shift : first;
  if (verdict.kind === 'shift' && evidence.words !== null)
    return [{ cause: 'address-off-by-one', ...seenAt(place, verdict.shift) }];
  if (verdict.kind === 'order' && evidence.words !== null)
    return [{ cause: 'word-order', remedy: `order: ${verdict.order}`, seen: seenIn(place) }];
  const [order] = orders.keys();
  if (order !== undefined && shift !== undefined && shifts.has(shift)) {
    // Both fit: neither is to be set without a look at the manual.
    const { seen } = seenAt(place, shift);
    return [
      { cause: 'address-off-by-one', remedy: null, seen: `${seen} (or ${seenIn(place)})` },
      { cause: 'word-order', remedy: null, seen: `${seenIn(place)} (or ${seen})` },
    ];
  }
  if (order !== undefined)
    return [{ cause: 'word-order', remedy: `order: ${order}`, seen: seenIn(place) }];
  return [await elsewhere(unit, place, ask)];
}

async function elsewhere(unit: number, place: PlaceTrial, ask: AskOnce): Promise<SignalTrial> {
  const { evidence, shifts } = place;
  const { signal } = evidence;
  const there = await inOtherTable(unit, signal, ask);
  if (there !== null) return there;
  const [shift] = shifts.keys();
  if (shift !== undefined) return { cause: 'address-off-by-one', ...seenAt(place, shift) };
  const exception = exceptionOf(evidence.error);
  return exception === null
    ? { cause: 'odd-value', remedy: null, seen: evidence.reading.note ?? '' }
    : { cause: 'no-such-register', remedy: null, seen: `exception ${exception}` };
}

async function inOtherTable(
  unit: number,
  signal: ProbedSignal,
  ask: AskOnce,
): Promise<SignalTrial | null> {
  const table = otherTable[signal.table];
  const words = await wordsAt(unit, { ...signal, table }, ask);
  if (words === null || !speaksFor(signal, words)) return null;
  const at = `${table} ${signal.address}`;
  const seen = `${at}: ${valueText(signal, words, signal.order)}`;
  return { cause: 'wrong-table', remedy: `at: ${at}`, seen };
}
