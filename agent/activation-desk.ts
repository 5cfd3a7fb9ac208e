/**
 * New models on their way to deciding: counts what both models say of each shot, and takes the step that
 * follows from it. Each step is one transaction of the store, and what the store says is then followed,
 * so that a cut at any moment leaves the model before the step or the one after it.
 */
import { PpuriError } from '../config/errors.ts';
import type { Activation, MirroredShot, TrialCounts } from '../models/activation.ts';
import { countDropped, countPair, type Judged, noTrialCounts } from './governance/count.ts';
import { type Decision, evaluate, evaluatePrecision, type Return } from './governance/evaluate.ts';
import type { TrialRules } from './governance/rules.ts';
import { returnWords } from './governance/words.ts';
import type { Mirror } from './mirror.ts';
import { floorOf } from './model-release.ts';
import { type ModelSeats, messageOf, type SeatParts } from './model-seats.ts';
import { labelOf, type ModelSlot, pointerTo } from './model-slot.ts';
import type { Cycle, Share, Verdict } from './records.ts';
import type { ModelStep, TrialProgress } from './store/activations.ts';
import type { ModelFloor } from './store/model-floors.ts';
import type { ModelTable } from './store/models.ts';

/** What is remembered; see agent/store. Rejects with PpuriError while the store is down. */
export interface ModelMemory {
  models(): Promise<ModelTable>;
  step(step: ModelStep): Promise<ModelTable>;
  progress(progress: Omit<TrialProgress, 'boot'>): Promise<void>;
  setState(hash: string, state: unknown): Promise<void>;
  /** Newest releases that were activated. */
  floors(): Promise<readonly ModelFloor[]>;
  raiseFloor(floor: ModelFloor): Promise<void>;
  /** Precision by labels, of the models named `name version`, on one machine. */
  precision(machine: string, mold: string | null): Promise<ReadonlyMap<string, Share>>;
}

export interface ActivationParts {
  readonly seats: ModelSeats;
  readonly mirror: Mirror;
  readonly memory: ModelMemory;
  readonly rules: TrialRules;
  readonly tell: SeatParts['tell'];
  /** Monotonic ms. */
  readonly clock: () => number;
}

type Change = Omit<ModelStep, 'machine' | 'mold' | 'before'>;

/** The agent itself, where a step follows by the rules. */
const itself = 'ppuri';
const PRECISION_EVERY_MS = 30_000;
/** Of one place, while the store is down; the counts go on. */
const mostUnsaved = 2000;

export class ActivationDesk {
  readonly #parts: ActivationParts;
  /** Steps are taken one at a time. */
  #last: Promise<unknown> = Promise.resolve();
  #saving = false;
  #precisionDueMs = Number.NEGATIVE_INFINITY;

  constructor(parts: ActivationParts) {
    this.#parts = parts;
  }

  /** A verdict is out: the other model is asked, and both are counted. Never throws. */
  onVerdict(cycle: Cycle, verdict: Verdict): void {
    if (cycle.observed !== 'whole' || cycle.suppressed !== null) return;
    const slot = this.#parts.seats.forMold(cycle.machine, cycle.mold);
    const activation = slot?.activation ?? null;
    if (slot === null || activation === null || slot.moving) return;
    // A shot that was begun before the last step.
    if ((verdict.model?.hash ?? null) !== (this.#inForce(slot)?.hash ?? null)) return;
    void this.#mirror(slot, activation, cycle, verdict);
  }

  #inForce(slot: ModelSlot) {
    return slot.activation?.stage === 'trial' ? slot.candidate : this.#parts.seats.underlying(slot);
  }

  async #mirror(
    slot: ModelSlot,
    { id, stage }: Activation,
    cycle: Cycle,
    verdict: Verdict,
  ): Promise<void> {
    const { mirror, seats } = this.#parts;
    const other = stage === 'trial' ? seats.underlying(slot) : slot.candidate;
    const mirrored = await mirror.ask(slot.machine, other, cycle);
    const now = slot.activation;
    if (now?.id !== id || now.stage !== stage) return;
    if (mirrored.kind === 'dropped') {
      this.#counted(slot, countDropped(now.counts));
      return;
    }
    const decided = judgedOf(verdict, tookMs(verdict));
    const said = judgedOf(mirrored.verdict, mirrored.tookMs);
    const [candidate, current] = stage === 'trial' ? [decided, said] : [said, decided];
    const role = stage === 'trial' ? 'current' : 'candidate';
    slot.unsaved.push(shotOf(cycle, verdict, mirrored.verdict, mirrored.tookMs, role));
    if (slot.unsaved.length > mostUnsaved) slot.unsaved.shift();
    this.#counted(slot, countPair(now.counts, candidate, current, slot.machine.deadlineMs));
  }

  #counted(slot: ModelSlot, counts: TrialCounts): void {
    if (slot.activation === null) return;
    slot.activation = { ...slot.activation, counts };
    slot.dirty = true;
    void this.#decide(slot, evaluate(slot.activation, this.#parts.rules));
  }

  async #decide(slot: ModelSlot, decision: Decision): Promise<void> {
    if (decision.kind === 'stay' || slot.moving) return;
    if (decision.kind === 'return') return this.takeBack(slot, decision.why);
    const { activation, candidate } = slot;
    if (activation === null || candidate === null) return;
    const model = labelOf(candidate);
    const { counts, trialShots } = activation;
    const why = `${counts.differing} of ${counts.compared} verdicts differed on ${counts.shots} shots`;
    if (decision.to === 'trial') {
      const change = { what: 'trial-begun', model, who: itself, why } as const;
      const begun = `decides from the next shot on, for ${trialShots} shots on trial; ${why}`;
      await this.#stepOrTell(slot, { activation: onTrial(activation), change }, begun);
    } else if (decision.to === 'end') {
      const change = { what: 'shadow-ended', model, who: itself, why } as const;
      await this.#stepOrTell(slot, { activation: null, change }, `has been watched; ${why}`);
    } else {
      const change = { what: 'committed', model, who: itself, why } as const;
      const pointer = pointerTo(candidate);
      const floor = floorOf(candidate);
      await this.#stepOrTell(slot, { activation: null, pointer, floor, change }, `stays; ${why}`);
    }
  }

  /** The old model decides from the next shot on, and people are told. Never rejects. */
  async takeBack(slot: ModelSlot, why: Return): Promise<void> {
    const { candidate, activation } = slot;
    if (activation === null) return;
    slot.grounds = why;
    const model = candidate === null ? nameOf(activation) : labelOf(candidate);
    const words = returnWords(why);
    const change = { what: 'returned', model, who: itself, why: words.en } as const;
    const text = `was taken back: ${words.en}`;
    const done = await this.#stepOrTell(slot, { activation: null, change }, text);
    if (done) slot.machine.tellReturn(model, words);
  }

  /** False: the store did not take it; nothing has changed, and it is tried again. */
  async #stepOrTell(slot: ModelSlot, change: Change, text: string): Promise<boolean> {
    try {
      await this.step(slot, change);
    } catch (error) {
      const why = messageOf(error);
      this.#parts.tell('model-step-not-kept', 'warn', slot.name, `nothing is changed: ${why}`);
      return false;
    }
    const { what, model } = change.change;
    const level = what === 'returned' ? 'warn' : 'info';
    this.#parts.tell(`model-${what}`, level, slot.name, `${model ?? 'the model'} ${text}`);
    return true;
  }

  /**
   * One transaction; once it has returned, what the store says is used from the next shot on. Rejects
   * with PpuriError when the store did not take it, or did not say so: then what it holds is looked up
   * as soon as it tells.
   */
  async step(slot: ModelSlot, change: Change): Promise<void> {
    slot.moving = true;
    const turn = this.#last.then(() => this.#take(slot, change));
    this.#last = turn.catch(() => undefined);
    try {
      await turn;
    } finally {
      slot.moving = false;
    }
  }

  async #take(slot: ModelSlot, change: Change): Promise<void> {
    const { memory } = this.#parts;
    try {
      await this.#saveOne(slot);
      const before = slot.base === null ? null : pointerTo(slot.base);
      const place = { machine: slot.machine.id, mold: slot.mold };
      await this.#follow(slot, await memory.step({ ...place, before, ...change }));
      slot.grounds = null;
    } catch (error) {
      slot.unsure = true;
      throw error;
    }
  }

  /** What the store says; a candidate that cannot be run any more is taken back. */
  async #follow(slot: ModelSlot, table: ModelTable): Promise<void> {
    const unusable = await this.#parts.seats.follow(slot, table);
    if (unusable === null) return;
    const stored = table.activations.find(
      ({ machine, mold }) => machine === slot.machine.id && mold === slot.mold,
    );
    const model = stored === undefined ? null : nameOf(stored);
    const words = returnWords({ cause: 'unusable', detail: unusable.detail });
    this.#parts.tell('model-returned', 'warn', slot.name, `${model} was taken back: ${words.en}`);
    slot.machine.tellReturn(model ?? '', words);
    const change = { what: 'returned', model, who: itself, why: words.en } as const;
    const place = { machine: slot.machine.id, mold: slot.mold };
    await this.#parts.memory.step({ ...place, activation: null, change });
  }

  /** At the start of the agent. Never rejects. */
  async open(slot: ModelSlot, table: ModelTable): Promise<void> {
    try {
      await this.#follow(slot, table);
    } catch (error) {
      slot.unsure = true;
      this.#parts.seats.passOver(slot);
      this.#parts.tell('model-step-not-kept', 'warn', slot.name, messageOf(error));
    }
  }

  /** To be called each second or so. */
  async tick(): Promise<void> {
    if (this.#saving) return;
    this.#saving = true;
    try {
      await this.#settleUnsure();
      for (const slot of this.#parts.seats.slots.values()) await this.#saveOne(slot);
      await this.#weighPrecision();
    } catch (error) {
      // The keeper has told that the store is down; counts go on and are saved later.
      if (!(error instanceof PpuriError)) throw error;
    } finally {
      this.#saving = false;
    }
  }

  async #settleUnsure(): Promise<void> {
    const unsure = [...this.#parts.seats.slots.values()].filter(
      (slot) => slot.unsure && !slot.moving,
    );
    if (unsure.length === 0) return;
    const table = await this.#parts.memory.models();
    for (const slot of unsure) {
      if (slot.moving) continue;
      await this.#follow(slot, table);
      if (slot.activation === null) slot.grounds = null;
      else if (slot.grounds !== null) void this.takeBack(slot, slot.grounds);
      else void this.#decide(slot, evaluate(slot.activation, this.#parts.rules));
    }
  }

  async #saveOne(slot: ModelSlot): Promise<void> {
    const { activation } = slot;
    if (activation === null || !slot.dirty) return;
    const shots = slot.unsaved.splice(0);
    slot.dirty = false;
    try {
      const { id, counts } = activation;
      const progress = { activation: id, machine: slot.machine.id, counts, shots };
      await this.#parts.memory.progress(progress);
    } catch (error) {
      slot.unsaved.unshift(...shots);
      slot.dirty = true;
      throw error;
    }
  }

  async #weighPrecision(): Promise<void> {
    const { clock, memory, rules, seats } = this.#parts;
    if (clock() < this.#precisionDueMs) return;
    this.#precisionDueMs = clock() + PRECISION_EVERY_MS;
    for (const slot of seats.slots.values()) {
      const { activation, candidate } = slot;
      const current = seats.underlying(slot);
      if (activation?.stage !== 'trial' || candidate === null || current === null) continue;
      const shares = await memory.precision(slot.machine.id, slot.mold);
      const [theirs, ours] = [shares.get(labelOf(candidate)), shares.get(labelOf(current))];
      if (theirs === undefined || ours === undefined || theirs === ours) continue;
      await this.#decide(slot, evaluatePrecision(theirs, ours, rules));
    }
  }

  /** Inspection results came: precision is weighed at the next tick. */
  noticeLabels(): void {
    this.#precisionDueMs = Number.NEGATIVE_INFINITY;
  }

  /** Settles when no step is under way. */
  async settle(): Promise<void> {
    await this.#last;
  }
}

function onTrial(activation: Activation): Activation {
  return { ...activation, stage: 'trial', counts: noTrialCounts, sinceWallMs: Date.now() };
}

function nameOf({ candidate }: Activation): string {
  return `${candidate.name} ${candidate.version}`;
}

function tookMs({ times, judge, reason }: Verdict): number | null {
  if (judge === 'none' && reason !== 'deadline-missed') return null;
  const { features, inference } = times;
  return features === undefined || inference === undefined ? null : inference - features;
}

function judgedOf({ outcome, reason }: Verdict, ms: number | null): Judged {
  return { outcome, reason, tookMs: ms };
}

function shotOf(
  { index, shot, mold, at }: Cycle,
  decided: Verdict,
  said: Verdict,
  ms: number | null,
  role: MirroredShot['role'],
): MirroredShot {
  return {
    ...{ cycleIndex: index, shot, mold, wallMs: at.wallMs, role, tookMs: ms },
    model: said.model ?? { name: '', version: '', hash: '' },
    decided: decided.outcome,
    ...{ outcome: said.outcome, reason: said.reason },
    ...{ probability: said.probability, threshold: said.threshold },
  };
}
