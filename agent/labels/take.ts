/** Taking inspection results: each finds its shot, is checked, and is on the disk before it is said. */
import { PpuriError } from '../../config/errors.ts';
import type { Instant, Label } from '../records.ts';
import {
  isRepeat,
  type KnownMachine,
  type LabelledCycle,
  labelFrom,
  placeText,
  refused,
} from './label.ts';
import type { LabelKey, LabelTaken } from './outcome.ts';
import type { LabelPlace, LabelRequest } from './request.ts';

/** What taking labels needs of the agent. */
export interface LabelTools {
  /** By id, or by what operators call it; null: not of this gateway. */
  machineOf(idOrName: string): KnownMachine | null;
  /** Ids of the machines, for who asked for another. */
  readonly machines: readonly string[];
  /** In order; null: no such shot. Rejects with PpuriError while the store is down. */
  find(places: readonly LabelPlace[]): Promise<readonly (LabelledCycle | null)[]>;
  keep(label: Label): LabelKey;
  /** Resolves when all that was kept is on the disk. */
  flush(): Promise<void>;
  now(): Instant;
}

export type TakenLabel = LabelTaken | { readonly state: 'refused'; readonly error: PpuriError };

/** Throws `label-refused`. */
function known(idOrName: string, tools: LabelTools): KnownMachine {
  const machine = tools.machineOf(idOrName);
  if (machine !== null) return machine;
  const hint = `machines: ${tools.machines.join(', ')}`;
  throw refused(`there is no machine "${idOrName}"`, idOrName, hint);
}

/** The result of `work`, or the error of a request that is at fault itself. */
function attempt<T>(work: () => T): T | PpuriError {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof PpuriError && thrown.code === 'label-refused') return thrown;
    throw thrown;
  }
}

function shotOf(request: LabelRequest, cycle: LabelledCycle | null): LabelledCycle {
  const subject = placeText(request.place);
  if (cycle === null)
    throw refused(
      `there is no shot ${subject}`,
      subject,
      '`ppuri cycles` lists the shots that are kept; older ones are found with their time',
    );
  if (cycle.ambiguous && request.ambiguous === 'refuse')
    throw refused(`more than one shot fits ${subject}`, subject, 'give its time, or a closer one');
  return cycle;
}

class Taking {
  readonly #tools: LabelTools;
  readonly #isDry: boolean;
  /** Key of a shot → its labels, with those of this call. */
  readonly #labels = new Map<string, LabelledCycle['labels']>();

  constructor(tools: LabelTools, isDry: boolean) {
    this.#tools = tools;
    this.#isDry = isDry;
  }

  take(request: LabelRequest, found: LabelledCycle | null): TakenLabel {
    const cycle = shotOf(request, found);
    const machine = known(cycle.machine, this.#tools);
    const label = labelFrom(request, cycle, machine, this.#tools.now());
    const cycleKey = `${cycle.boot}/${cycle.seq}`;
    const { wallMs, outcome, ambiguous } = cycle;
    const shot = { wallMs, outcome, ambiguous };
    const before = this.#labels.get(cycleKey) ?? cycle.labels;
    if (isRepeat(label, before)) return { state: 'repeated', label, shot };
    this.#labels.set(cycleKey, [...before, label]);
    return { state: 'kept', label, shot, key: this.#isDry ? null : this.#tools.keep(label) };
  }
}

/**
 * Takes each label or says why not, in order. What is said to be kept is on the disk. Rejects with
 * PpuriError while the store is down; what was kept until then is not lost, and said again is a repeat.
 */
export async function takeLabels(
  requests: readonly LabelRequest[],
  tools: LabelTools,
  isDry = false,
): Promise<TakenLabel[]> {
  const places = requests.map(({ place }) =>
    attempt(() => ('seq' in place ? place : { ...place, machine: known(place.machine, tools).id })),
  );
  const askable = places.filter((place): place is LabelPlace => !(place instanceof PpuriError));
  const cycles = askable.length === 0 ? [] : await tools.find(askable);
  const found = cycles.values();
  const taking = new Taking(tools, isDry);
  const taken = requests.map((request, index): TakenLabel => {
    const place = places[index];
    if (place instanceof PpuriError) return { state: 'refused', error: place };
    const cycle = found.next().value ?? null;
    const outcome = attempt(() => taking.take(request, cycle));
    return outcome instanceof PpuriError ? { state: 'refused', error: outcome } : outcome;
  });
  if (!isDry && taken.some(({ state }) => state === 'kept')) await tools.flush();
  return taken;
}

/** One label. Rejects with `label-refused` too. */
export async function takeLabel(request: LabelRequest, tools: LabelTools): Promise<LabelTaken> {
  const [taken] = await takeLabels([request], tools);
  if (taken === undefined) throw new Error('a label went without an answer');
  if (taken.state === 'refused') throw taken.error;
  return taken;
}
