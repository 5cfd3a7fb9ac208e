/**
 * Which model each machine runs for which mold: the configured one, the one a person pointed it to, or
 * a new one on trial; and what people do about it. Remembers models that misbehaved.
 */
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { PpuriError } from '../config/errors.ts';
import type { Activation, BundlePointer } from '../models/activation.ts';
import type { Bundle } from '../models/manifest.ts';
import { ActivationDesk, type ActivationParts, type ModelMemory } from './activation-desk.ts';
import { noTrialCounts } from './governance/count.ts';
import type { TrialRules } from './governance/rules.ts';
import type { Inference, ModelIncidents } from './infer/inference.ts';
import type { Machine } from './machine.ts';
import { Mirror } from './mirror.ts';
import { floorOf, requireRelease } from './model-release.ts';
import { ModelSeats, messageOf, type SeatParts } from './model-seats.ts';
import { labelOf, ModelSlot, pointerTo, slotKey } from './model-slot.ts';
import { type SlotStatus, slotStatus } from './model-status.ts';
import { askedOf, refuse, type UseAsked } from './model-use.ts';
import type { Cycle, Deed, Verdict } from './records.ts';
import type { ModelTable } from './store/models.ts';

export interface DeskParts {
  readonly machines: ReadonlyMap<string, Machine>;
  /** Machine → the bundle its configuration names. */
  readonly configured: ReadonlyMap<string, Bundle>;
  /** Machine → mold → the bundle its configuration names for it. */
  readonly byMold: ReadonlyMap<string, ReadonlyMap<string, Bundle>>;
  readonly inference: Inference;
  readonly memory: ModelMemory;
  readonly rules: TrialRules & { readonly shadowShots: number; readonly trialShots: number };
  readonly readBundle: SeatParts['readBundle'];
  readonly tell: SeatParts['tell'];
  readonly deed: (deed: Deed) => void;
}

/** What became of a request to use a model. */
export interface Used {
  readonly machine: string;
  readonly mold: string | null;
  readonly name: string;
  readonly version: string;
  readonly hash: string;
  /** `now`: it decides from the next shot on. */
  readonly stage: 'now' | Activation['stage'];
  /** Of that stage; null: it has none. */
  readonly shots: number | null;
}

/** A busy gateway with more than this in models is told so; loaded, they take about twice as much. */
const LARGE_MODELS_MIB = 200;

export class ModelDesk {
  readonly #parts: DeskParts;
  readonly #seats: ModelSeats;
  readonly #activations: ActivationDesk;
  readonly #setAside = new Set<string>();
  /** Children that a model had cost when we last looked. */
  readonly #seen = new Map<string, number>();

  constructor(parts: DeskParts) {
    this.#parts = parts;
    const { inference } = parts;
    const admitConfigured = (bundle: Bundle, machine: string): Promise<Bundle | null> =>
      this.#admitConfigured(bundle, machine);
    this.#seats = new ModelSeats({ ...parts, admitConfigured });
    const clock = (): number => performance.now();
    const mirror = new Mirror({
      predict: (request) => inference.predict(request),
      waiting: () => inference.status().waiting,
      clock,
    });
    const around: ActivationParts = { ...parts, seats: this.#seats, mirror, clock };
    this.#activations = new ActivationDesk(around);
    for (const [id, machine] of parts.machines) {
      this.#seats.add(new ModelSlot(machine, null, parts.configured.get(id) ?? null));
      for (const [mold, bundle] of parts.byMold.get(id) ?? [])
        this.#seats.add(new ModelSlot(machine, mold, bundle));
    }
  }

  /** Settles when every machine has its models or a told reason why not. Never rejects. */
  async open(): Promise<void> {
    const table = await this.#remembered();
    const incidents = table.states.flatMap(({ state }) => (isIncidents(state) ? [state] : []));
    this.#parts.inference.adopt(incidents);
    for (const incident of incidents) this.#seen.set(incident.model, costOf(incident));
    for (const { machine, mold } of [...table.pointers, ...table.activations])
      this.#slotFor(machine, mold);
    const slots = [...this.#seats.slots.values()];
    for (const slot of slots) this.#seats.expect(slot);
    await Promise.all(slots.map((slot) => this.#activations.open(slot, table)));
    this.#warnOfSize();
    await this.noticeIncidents();
  }

  /** False until it is known which models this machine runs. */
  isSeated(machine: string): boolean {
    return this.#seats.isSeated(machine);
  }

  onVerdict(cycle: Cycle, verdict: Verdict): void {
    this.#activations.onVerdict(cycle, verdict);
  }

  /** To be called each second or so. Never rejects. */
  tick(): Promise<void> {
    return this.#activations.tick();
  }

  noticeLabels(): void {
    this.#activations.noticeLabels();
  }

  settle(): Promise<void> {
    return this.#activations.settle();
  }

  status(): readonly SlotStatus[] {
    return [...this.#seats.slots.values()].map(slotStatus);
  }

  /** A person wants a machine to use a model: watched first, on trial, or at once. Rejects with PpuriError. */
  async use(fields: Readonly<Record<string, unknown>>): Promise<Used> {
    const asked = askedOf(fields, this.#parts.rules);
    const slot = this.#requireSlot(asked.machine, asked.mold, 'use a model');
    const bundle = await this.#parts.readBundle(asked.path);
    slot.machine.requireFit(bundle);
    requireMold(bundle, slot);
    if (asked.mode !== 'now') requireFree(slot);
    if (asked.older !== 'allow') requireRelease(bundle, await this.#parts.memory.floors());
    // Whoever points a machine to a model that was set aside says that it may run again.
    if (this.#setAside.has(bundle.hash)) await this.restore(bundle.hash);
    const isInForce = slot.base?.hash === bundle.hash && slot.base.dir === bundle.dir;
    const used = isInForce && asked.mode === 'use' ? null : await this.#begin(slot, bundle, asked);
    this.#did('model-use', asked, `${labelOf(bundle)} ${used?.why ?? 'is in force already'}`);
    if (asked.older === 'allow') this.#didAllow(bundle, asked);
    slot.machine.tellReturn(labelOf(bundle), null);
    const { name, version } = bundle.manifest;
    const about = { machine: asked.machine, mold: asked.mold, name, version, hash: bundle.hash };
    return { ...about, stage: used?.stage ?? 'now', shots: used?.shots ?? null };
  }

  async #begin(slot: ModelSlot, bundle: Bundle, asked: UseAsked) {
    const model = labelOf(bundle);
    const { who, mode, shadowShots, trialShots } = asked;
    if (mode === 'now') {
      await this.#seats.holdInTime(slot, bundle, 'shared');
      const change = { what: 'used-at-once', model, who, why: 'a person asked for it' } as const;
      const [pointer, floor] = [pointerTo(bundle), floorOf(bundle)];
      await this.#activations.step(slot, { activation: null, pointer, floor, change });
      return { stage: 'now', shots: null, why: 'at once' } as const;
    }
    await this.#seats.holdInTime(slot, bundle, 'apart');
    const stage = shadowShots > 0 ? 'shadow' : 'trial';
    const afterShadow = mode === 'shadow' ? 'end' : 'trial';
    const activation: Activation = {
      ...{ id: randomUUID(), machine: slot.machine.id, mold: slot.mold, stage, afterShadow, who },
      ...{ candidate: pointerTo(bundle), shadowShots, trialShots, counts: noTrialCounts },
      sinceWallMs: Date.now(),
    };
    const shots = stage === 'shadow' ? shadowShots : trialShots;
    const why = `${stage} for ${shots} shots`;
    const what = stage === 'shadow' ? 'shadow-begun' : 'trial-begun';
    await this.#activations.step(slot, { activation, change: { what, model, who, why } });
    return { stage, shots, why } as const;
  }

  /** A person wants the model before: of a new one under way, or of the last change. */
  async rollback(fields: Readonly<Record<string, unknown>>): Promise<Used> {
    const asked = askedOf({ ...fields, path: '-' }, this.#parts.rules);
    const slot = this.#requireSlot(asked.machine, asked.mold, 'roll a model back');
    const { who } = asked;
    const from = slot.activation === null ? slot.base : slot.candidate;
    const model = from === null ? null : labelOf(from);
    const change = { what: 'rolled-back', model, who, why: 'a person asked for it' } as const;
    if (slot.activation !== null) await this.#activations.step(slot, { activation: null, change });
    else {
      const pointer = await this.#previous(slot);
      await this.#activations.step(slot, { activation: null, pointer, change });
    }
    const now = this.#seats.underlying(slot);
    this.#did('model-rolled-back', asked, `${model ?? 'none'} to ${now ? labelOf(now) : 'none'}`);
    slot.machine.tellReturn(model ?? '', null);
    const { name, version } = now?.manifest ?? { name: '', version: '' };
    const about = { machine: asked.machine, mold: asked.mold, name, version };
    return { ...about, hash: now?.hash ?? '', stage: 'now', shots: null };
  }

  /** Loaded and fit to run. Rejects with `usage` when there is none, or as `readBundle` does. */
  async #previous(slot: ModelSlot) {
    if (slot.pointer === null)
      throw refuse(
        `${slot.name} runs what its configuration names: nothing came before`,
        'roll a model back',
        slot.name,
        '`ppuri model use` takes another model; `ppuri model status` shows what there is',
      );
    const { previous } = slot.pointer;
    if (previous === null) return 'configured';
    const bundle = await this.#readPrevious(slot, previous);
    slot.machine.requireFit(bundle);
    await this.#seats.hold(slot, bundle, 'shared');
    return pointerTo(bundle);
  }

  async #readPrevious(slot: ModelSlot, { name, version, path, hash }: BundlePointer) {
    try {
      return await this.#seats.readAgain(path, hash);
    } catch (error) {
      if (!(error instanceof PpuriError)) throw error;
      throw new PpuriError(error.code, `the model before, ${name} ${version}: ${error.message}`, {
        operation: 'roll a model back',
        subject: slot.name,
        hint: 'add it again, or take another: `ppuri model list`, then `ppuri model use NAME --now`',
        cause: error,
      });
    }
  }

  /** A person says that a model may run again. Rejects with PpuriError. */
  async restore(hash: string): Promise<void> {
    await this.#parts.inference.restore(hash);
    await this.#parts.memory.setState(hash, null);
    this.#setAside.delete(hash);
    this.#seen.delete(hash);
    for (const slot of this.#seats.slots.values()) {
      const { base, machine } = slot;
      if (base?.hash !== hash) continue;
      await this.#seats.hold(slot, base, 'shared');
      machine.tellModel('back', base.manifest.name);
    }
  }

  /** Call after any event of inference: remembers incidents, tells machines, takes candidates back. */
  async noticeIncidents(): Promise<void> {
    for (const incident of this.#parts.inference.incidents()) {
      const isNew = costOf(incident) > (this.#seen.get(incident.model) ?? 0);
      this.#seen.set(incident.model, costOf(incident));
      if (isNew) this.#takeBack(incident);
      if (incident.placement === 'set-aside' && !this.#setAside.has(incident.model)) {
        this.#setAside.add(incident.model);
        this.#tellSetAside(incident.model);
      }
      try {
        await this.#parts.memory.setState(incident.model, incident);
      } catch (error) {
        this.#parts.tell('model-state-not-kept', 'warn', incident.model, messageOf(error));
      }
    }
  }

  /** One process that a candidate took down is enough: the old one has not. */
  #takeBack({ model, last }: ModelIncidents): void {
    for (const slot of this.#seats.slots.values()) {
      if (slot.activation?.candidate.hash !== model) continue;
      const detail = `${last.cause}: ${last.detail}`;
      void this.#activations.takeBack(slot, { cause: 'crashed', detail });
    }
  }

  #tellSetAside(hash: string): void {
    for (const { base, machine } of this.#seats.slots.values())
      if (base?.hash === hash) machine.tellModel('set-aside', labelOf(base));
  }

  async #remembered(): Promise<ModelTable> {
    try {
      return await this.#parts.memory.models();
    } catch (error) {
      const text = `models as configured: what was remembered cannot be read: ${messageOf(error)}`;
      this.#parts.tell('model-memory-unavailable', 'warn', 'store', text);
      // Once the store tells, it is followed.
      for (const slot of this.#seats.slots.values()) slot.unsure = true;
      return { pointers: [], activations: [], states: [], changes: [] };
    }
  }

  /** Null: it is older than one that its signer has had activated. */
  async #admitConfigured(bundle: Bundle, machine: string): Promise<Bundle | null> {
    const floor = floorOf(bundle);
    if (bundle.signer === null) return bundle;
    try {
      requireRelease(bundle, await this.#parts.memory.floors());
      if (floor !== null) await this.#parts.memory.raiseFloor(floor);
      return bundle;
    } catch (error) {
      const refused = error instanceof PpuriError && error.code === 'model-older';
      const kind = refused ? 'model-not-loaded' : 'model-memory-unavailable';
      this.#parts.tell(kind, refused ? 'error' : 'warn', machine, messageOf(error));
      // A store that does not answer keeps no machine from its model.
      return refused ? null : bundle;
    }
  }

  /** Null: the machine is not in the configuration any more. */
  #slotFor(machineId: string, mold: string | null): ModelSlot | null {
    const known = this.#seats.slots.get(slotKey(machineId, mold));
    const machine = this.#parts.machines.get(machineId);
    if (known !== undefined || machine === undefined) return known ?? null;
    const slot = new ModelSlot(machine, mold, null);
    this.#seats.add(slot);
    return slot;
  }

  #requireSlot(machine: string, mold: string | null, operation: string): ModelSlot {
    const slot = this.#slotFor(machine, mold);
    if (slot !== null) return slot;
    const known = [...this.#parts.machines.keys()].join(', ');
    throw refuse(`there is no machine ${machine}`, operation, machine, `machines: ${known}`);
  }

  #didAllow({ manifest }: Bundle, { machine, who, from }: UseAsked): void {
    const { name, version, serial } = manifest;
    const at = { monoMs: performance.now(), wallMs: Date.now() };
    const detail = `${machine}, serial ${serial ?? 'none'}`;
    const subject = `${name} ${version}`;
    this.#parts.deed({ what: 'model-older-allowed', subject, who, from, detail, at });
  }

  #did(what: string, { machine, mold, who, from }: UseAsked, detail: string): void {
    const at = { monoMs: performance.now(), wallMs: Date.now() };
    const subject = mold === null ? machine : `${machine} ${mold}`;
    this.#parts.deed({ what, subject, who, from, detail, at });
  }

  #warnOfSize(): void {
    const models = new Map(
      [...this.#seats.slots.values()].flatMap(({ held }) =>
        [...held].map(([hash, { modelPath }]) => [hash, modelPath] as const),
      ),
    );
    const sizes = [...models.values()].map(
      (path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0,
    );
    const bytes = sizes.reduce((sum, one) => sum + one, 0);
    const mebibytes = Math.round(bytes / 2 ** 20);
    if (mebibytes < LARGE_MODELS_MIB) return;
    const text = `${models.size} models of ${mebibytes} MiB together are loaded: watch this gateway’s memory`;
    this.#parts.tell('models-large', 'warn', 'models', text);
  }
}

function costOf({ inShared, inOwn }: ModelIncidents): number {
  return inShared + inOwn;
}

function requireMold({ manifest }: Bundle, { mold, name }: ModelSlot): void {
  if (mold === null || manifest.molds === 'any' || manifest.molds.includes(mold)) return;
  throw new PpuriError('model-invalid', `model ${manifest.name} was not trained on mold ${mold}`, {
    operation: 'use a model',
    subject: name,
    hint: `its molds: ${manifest.molds.join(', ')}`,
  });
}

function requireFree({ activation, name }: ModelSlot): void {
  if (activation === null) return;
  const { candidate, stage } = activation;
  const model = `${candidate.name} ${candidate.version}`;
  throw refuse(
    `${model} is under way on ${name} (${stage})`,
    'use a model',
    name,
    'wait for its end, end it with `ppuri model rollback`, or use --now',
  );
}

function isIncidents(state: unknown): state is ModelIncidents {
  return typeof state === 'object' && state !== null && 'placement' in state && 'model' in state;
}
