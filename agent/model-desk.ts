/**
 * Which model each machine runs: the configured one, or the one a person pointed it to; loads them,
 * swaps them without losing a shot, and remembers those that misbehaved.
 */
import { PpuriError } from '../config/errors.ts';
import type { Bundle } from '../models/manifest.ts';
import type { Inference, ModelIncidents } from './infer/inference.ts';
import type { Machine } from './machine.ts';
import { requirePace } from './model-pace.ts';
import { floorOf, requireRelease } from './model-release.ts';
import type { Keeper } from './store/keeper.ts';
import type { ModelFloor } from './store/model-floors.ts';
import type { BundlePointer, ModelTable } from './store/models.ts';

/** What the desk remembers by; see agent/store. Rejects with PpuriError while the store is down. */
export interface ModelMemory {
  models(): Promise<ModelTable>;
  setPointer(machine: string, bundle: BundlePointer): Promise<void>;
  setState(hash: string, state: unknown): Promise<void>;
  /** Newest releases that were activated. */
  floors(): Promise<readonly ModelFloor[]>;
  raiseFloor(floor: ModelFloor): Promise<void>;
}

/** The store remembers. */
export function keptBy(keeper: Pick<Keeper, 'query'>): ModelMemory {
  return {
    models: () => keeper.query('models', {}),
    setPointer: async (machine, bundle) =>
      void (await keeper.query('set-pointer', { machine, ...bundle })),
    setState: async (hash, state) => void (await keeper.query('set-model-state', { hash, state })),
    floors: () => keeper.query('model-floors', {}),
    raiseFloor: async (floor) => void (await keeper.query('raise-model-floor', floor)),
  };
}

export interface UseOptions {
  /** `allow`: a person goes back to a release before the newest on purpose. */
  readonly older?: 'refuse' | 'allow';
}

export interface DeskParts {
  readonly machines: ReadonlyMap<string, Machine>;
  /** Machine → the bundle its configuration names. */
  readonly configured: ReadonlyMap<string, Bundle>;
  readonly inference: Inference;
  readonly memory: ModelMemory;
  /** A bundle folder, verified. Rejects with PpuriError `model-invalid`. */
  readonly readBundle: (dir: string) => Promise<Bundle>;
  readonly tell: (
    kind: string,
    level: 'info' | 'warn' | 'error',
    subject: string,
    text: string,
  ) => void;
}

function messageOf(thrown: unknown): string {
  if (thrown instanceof PpuriError)
    return thrown.hint === '' ? thrown.message : `${thrown.message} (${thrown.hint})`;
  throw thrown;
}

export class ModelDesk {
  readonly #parts: DeskParts;
  readonly #loaded = new Map<string, Bundle>();
  /** What each machine should run, loaded or not. */
  readonly #wanted = new Map<string, Bundle>();
  readonly #setAside = new Set<string>();

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /** Settles when every machine has its model or a told reason why not. Never rejects. */
  async open(): Promise<void> {
    const table = await this.#remembered();
    const incidents = table.states.flatMap(({ state }) => (isIncidents(state) ? [state] : []));
    this.#parts.inference.adopt(incidents);
    const pointers = new Map(table.pointers.map((pointer) => [pointer.machine, pointer]));
    await Promise.all(
      [...this.#parts.machines.values()].map((machine) =>
        this.#seat(machine, pointers.get(machine.id) ?? null),
      ),
    );
    await this.noticeIncidents();
  }

  /** Runs `dir` on a machine from its next shot on; remembered. Rejects with PpuriError. */
  async use(machineId: string, dir: string, { older }: UseOptions = {}): Promise<Bundle> {
    const machine = this.#parts.machines.get(machineId);
    if (machine === undefined) {
      const known = [...this.#parts.machines.keys()].join(', ');
      throw new PpuriError('usage', `there is no machine ${machineId}`, {
        operation: 'use a model',
        subject: machineId,
        hint: `machines: ${known}`,
      });
    }
    const bundle = await this.#parts.readBundle(dir);
    machine.requireFit(bundle);
    if (older !== 'allow') requireRelease(bundle, await this.#parts.memory.floors());
    // Whoever points a machine to a model that was set aside says that it may run again.
    if (this.#setAside.has(bundle.hash)) await this.restore(bundle.hash);
    const { runMs } = await this.#parts.inference.load(bundle);
    try {
      requirePace(runMs, machine.deadlineMs, machineId);
      await this.#point(machineId, bundle);
    } catch (error) {
      this.#parts.inference.release(bundle.hash);
      throw error;
    }
    this.#swap(machine, bundle);
    return bundle;
  }

  async #point(machineId: string, bundle: Bundle): Promise<void> {
    const { memory } = this.#parts;
    const { dir: path, hash } = bundle;
    const { name, version } = bundle.manifest;
    // A power cut in between leaves the old model with its pointer, which no floor is asked about.
    const floor = floorOf(bundle);
    if (floor !== null) await memory.raiseFloor(floor);
    await memory.setPointer(machineId, { name, version, path, hash });
  }

  /** A person says that a model may run again. Rejects with PpuriError. */
  async restore(hash: string): Promise<void> {
    await this.#parts.inference.restore(hash);
    await this.#parts.memory.setState(hash, null);
    this.#setAside.delete(hash);
    for (const [id, bundle] of this.#wanted) {
      const machine = this.#parts.machines.get(id);
      if (bundle.hash !== hash || machine === undefined) continue;
      if (this.#loaded.get(id)?.hash !== hash) await this.#load(machine, bundle);
      machine.tellModel('back', bundle.manifest.name);
    }
  }

  /** Call after any event of inference: remembers incidents, and tells machines left without. */
  async noticeIncidents(): Promise<void> {
    for (const incident of this.#parts.inference.incidents()) {
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

  #tellSetAside(hash: string): void {
    for (const machine of this.#parts.machines.values()) {
      const { model } = machine.status();
      if (model?.hash === hash) machine.tellModel('set-aside', `${model.name} ${model.version}`);
    }
  }

  async #remembered(): Promise<ModelTable> {
    try {
      return await this.#parts.memory.models();
    } catch (error) {
      const text = `models as configured: what was remembered cannot be read: ${messageOf(error)}`;
      this.#parts.tell('model-memory-unavailable', 'warn', 'store', text);
      return { pointers: [], states: [] };
    }
  }

  async #seat(machine: Machine, pointer: BundlePointer | null): Promise<void> {
    const pointed = pointer === null ? null : await this.#readPointed(machine, pointer);
    const bundle = pointed ?? (await this.#configured(machine));
    if (bundle !== null) await this.#load(machine, bundle);
  }

  /** Null: there is none, or it is older than one that its signer has had activated. */
  async #configured(machine: Machine): Promise<Bundle | null> {
    const bundle = this.#parts.configured.get(machine.id) ?? null;
    const floor = bundle === null ? null : floorOf(bundle);
    if (bundle === null || bundle.signer === null) return bundle;
    try {
      requireRelease(bundle, await this.#parts.memory.floors());
      if (floor !== null) await this.#parts.memory.raiseFloor(floor);
      return bundle;
    } catch (error) {
      const refused = error instanceof PpuriError && error.code === 'model-older';
      const kind = refused ? 'model-not-loaded' : 'model-memory-unavailable';
      this.#parts.tell(kind, refused ? 'error' : 'warn', machine.id, messageOf(error));
      // A store that does not answer keeps no machine from its model.
      return refused ? null : bundle;
    }
  }

  async #load(machine: Machine, bundle: Bundle): Promise<void> {
    this.#wanted.set(machine.id, bundle);
    try {
      await this.#parts.inference.load(bundle);
      this.#swap(machine, bundle);
    } catch (error) {
      // The machine keeps the model's name, so that its shots say why they are unscored.
      machine.useBundle(bundle);
      this.#parts.tell('model-not-loaded', 'error', machine.id, messageOf(error));
    }
  }

  async #readPointed(machine: Machine, pointer: BundlePointer): Promise<Bundle | null> {
    try {
      const bundle = await this.#parts.readBundle(pointer.path);
      if (bundle.hash === pointer.hash) return bundle;
      this.#parts.tell(
        'model-changed',
        'error',
        machine.id,
        `${pointer.path} is no longer the model that was activated`,
      );
    } catch (error) {
      this.#parts.tell('model-not-loaded', 'error', machine.id, messageOf(error));
    }
    return null;
  }

  #swap(machine: Machine, bundle: Bundle): void {
    const before = this.#loaded.get(machine.id);
    this.#loaded.set(machine.id, bundle);
    this.#wanted.set(machine.id, bundle);
    machine.useBundle(bundle);
    if (before !== undefined) this.#parts.inference.release(before.hash);
  }
}

function isIncidents(state: unknown): state is ModelIncidents {
  return typeof state === 'object' && state !== null && 'placement' in state && 'model' in state;
}
