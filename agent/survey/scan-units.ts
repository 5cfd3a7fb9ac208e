/** Which units answer on a line or endpoint whose settings are right. */
import { PpuriError } from '../../config/errors.ts';
import type { Text } from '../records.ts';
import type { Answer, Asker } from './asker.ts';
import type { Question } from './frames.ts';

export interface FoundUnit {
  readonly unit: number;
  /** An exception answer counts as alive. */
  readonly answered: 'words' | 'exception';
  readonly exception: number | null;
  readonly roundTripMs: number;
  /** More than one reply to one question: two devices have this number. */
  readonly replies: number;
}

export interface ScanProgress {
  readonly done: number;
  readonly of: number;
  readonly unit: number;
  readonly found: number;
}

export interface UnitScanOptions {
  readonly units: readonly number[];
  /** First time-out; falls to what the slowest answer so far needs. */
  readonly timeoutMs: number;
  readonly leastTimeoutMs: number;
  readonly stop: AbortSignal;
  readonly progress?: (progress: ScanProgress) => void;
  readonly found?: (unit: FoundUnit) => void;
}

export interface UnitScan {
  readonly found: readonly FoundUnit[];
  readonly asked: number;
  /** A gateway said of these that it cannot reach them (exceptions 10 and 11). */
  readonly unreachable: readonly number[];
  /** Units that came damaged: something is there, but the line is bad. */
  readonly damaged: readonly number[];
  /** Units whose replies fit no question, and in which way. */
  readonly unfit: readonly { readonly unit: number; readonly text: Text }[];
  /** The port or endpoint went away after some answers; the rest was not asked. */
  readonly failure: PpuriError | null;
}

/** A late answer needs no more than so many times the slowest so far. */
const patience = 6;
/** Two devices of one number seldom answer at once. */
const lingerMs = 15;
const lastWordMs = 200;

export const question = (unit: number): Question => ({
  unit,
  table: 'holding',
  address: 0,
  count: 1,
});

/** Never more than one question under way. Rejects with `bus-unavailable` before the first answer. */
export async function scanUnits(asker: Asker, options: UnitScanOptions): Promise<UnitScan> {
  const found = new Map<number, FoundUnit>();
  const unreachable = new Set<number>();
  const damaged = new Set<number>();
  const unfit: UnitScan['unfit'][number][] = [];
  let slowestMs = 0;
  let asked = 0;
  const take = (unit: number, answer: Answer): void => {
    const alive = foundUnit(unit, answer);
    if (alive !== null && !found.has(unit)) {
      found.set(unit, alive);
      options.found?.(alive);
    } else if (answer.kind === 'exception' && alive === null) unreachable.add(unit);
    else if (answer.kind === 'damaged' || answer.kind === 'cut') damaged.add(unit);
    else if (answer.kind === 'misfit') unfit.push({ unit, text: answer.why.text });
  };
  let failure: PpuriError | null = null;
  const tryUnit = async (unit: number, timeoutMs: number): Promise<Answer | null> => {
    try {
      return await asker.ask(question(unit), { timeoutMs, lingerMs });
    } catch (error) {
      if (!(error instanceof PpuriError) || asked === 0) throw error;
      failure = error;
      return null;
    }
  };
  for (const unit of options.units) {
    if (options.stop.aborted) break;
    options.progress?.({ done: asked, of: options.units.length, unit, found: found.size });
    const timeoutMs = timeoutAfter(slowestMs, options);
    const answer = await tryUnit(unit, timeoutMs);
    if (answer === null) break;
    asked += 1;
    if (answer.replies > 0) slowestMs = Math.max(slowestMs, answer.roundTripMs);
    take(unit, answer);
    for (const { question: own, answer: late } of asker.late.splice(0)) take(own.unit, late);
  }
  if (failure === null) await lateOnes(asker, take, options.stop);
  const sorted = [...found.values()].sort((a, b) => a.unit - b.unit);
  const rest = { unreachable: [...unreachable], damaged: [...damaged], unfit, failure };
  return { found: sorted, asked, ...rest };
}

/** On TCP an answer to one of the last questions may still be under way: asking again shows it. */
async function lateOnes(
  asker: Asker,
  take: (unit: number, answer: Answer) => void,
  stop: AbortSignal,
): Promise<void> {
  const [first] = asker.late;
  if (stop.aborted || first === undefined) return;
  await asker.ask(first.question, { timeoutMs: lastWordMs });
  for (const { question: own, answer } of asker.late.splice(0)) take(own.unit, answer);
}

function timeoutAfter(slowestMs: number, { timeoutMs, leastTimeoutMs }: UnitScanOptions): number {
  if (slowestMs === 0) return timeoutMs;
  return Math.min(timeoutMs, Math.max(leastTimeoutMs, patience * slowestMs));
}

/** 10 and 11 are a gateway's own words about a device it cannot reach. */
export function foundUnit(unit: number, answer: Answer): FoundUnit | null {
  const { roundTripMs, replies } = answer;
  if (answer.kind === 'words') {
    return { unit, answered: 'words', exception: null, roundTripMs, replies };
  }
  if (answer.kind !== 'exception' || answer.exception === 10 || answer.exception === 11)
    return null;
  return { unit, answered: 'exception', exception: answer.exception, roundTripMs, replies };
}
