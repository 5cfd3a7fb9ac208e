/**
 * Seats models: loads what a place is to run, has its machine use it between two shots, and lets go of
 * what it ran before once nobody waits for its answer any more.
 */
import { PpuriError } from '../config/errors.ts';
import type { Activation, BundlePointer } from '../models/activation.ts';
import type { Bundle } from '../models/manifest.ts';
import type { Inference } from './infer/inference.ts';
import type { Machine } from './machine.ts';
import { requirePace } from './model-pace.ts';
import { labelOf, loadedKey, type ModelSlot, slotKey } from './model-slot.ts';
import type { ModelTable } from './store/models.ts';

export interface SeatParts {
  readonly machines: ReadonlyMap<string, Machine>;
  readonly inference: Inference;
  /** A bundle folder, verified. Rejects with PpuriError `model-invalid`. */
  readonly readBundle: (dir: string) => Promise<Bundle>;
  /** Null: it is older than one that its signer has had activated, which was told. Never rejects. */
  readonly admitConfigured: (bundle: Bundle, machine: string) => Promise<Bundle | null>;
  readonly tell: (
    kind: string,
    level: 'info' | 'warn' | 'error',
    subject: string,
    text: string,
  ) => void;
}

/** Why a candidate that the store names cannot be run. */
export type Unusable = { readonly detail: string };

/** Rows of an explanation wait this long at most; a verdict's by its machine's deadline. */
const LONGEST_ASIDE_MS = 1000;
const MARGIN_MS = 500;

export function messageOf(thrown: unknown): string {
  if (thrown instanceof PpuriError)
    return thrown.hint === '' ? thrown.message : `${thrown.message} (${thrown.hint})`;
  throw thrown;
}

export class ModelSeats {
  readonly slots = new Map<string, ModelSlot>();
  readonly #parts: SeatParts;
  readonly #seated = new Set<string>();
  /** Places that the start has not come to yet. */
  readonly #awaited = new Set<ModelSlot>();

  constructor(parts: SeatParts) {
    this.#parts = parts;
  }

  /** False until it is known which models this machine runs. */
  isSeated(machine: string): boolean {
    return this.#seated.has(machine);
  }

  add(slot: ModelSlot): void {
    this.slots.set(slotKey(slot.machine.id, slot.mold), slot);
  }

  /**
   * Until this place was followed its machine uses no model: a shot of its mold would be judged by
   * another's.
   */
  expect(slot: ModelSlot): void {
    this.#awaited.add(slot);
  }

  /** What this place is to run is not known: its machine's other molds need not wait for that. */
  passOver(slot: ModelSlot): void {
    this.#awaited.delete(slot);
    this.use(slot.machine);
  }

  of(machine: Machine): ModelSlot[] {
    return [...this.slots.values()].filter((slot) => slot.machine === machine);
  }

  /** The place whose models this mold's shots concern. */
  forMold(machine: string, mold: string | null): ModelSlot | null {
    const own = mold === null ? undefined : this.slots.get(slotKey(machine, mold));
    if (own !== undefined && (own.base !== null || own.activation !== null)) return own;
    return this.slots.get(slotKey(machine, null)) ?? null;
  }

  /** What judges in this place without its candidate. */
  underlying(slot: ModelSlot): Bundle | null {
    if (slot.base !== null || slot.mold === null) return slot.base;
    return this.slots.get(slotKey(slot.machine.id, null))?.deciding ?? null;
  }

  /** Loads a bundle for this place. Rejects with PpuriError. */
  async hold(slot: ModelSlot, bundle: Bundle, where: 'shared' | 'apart'): Promise<void> {
    const key = loadedKey(bundle);
    if (slot.held.has(key)) return;
    const { runMs } = await this.#parts.inference.load(bundle, where);
    slot.paces.set(key, runMs);
    if (slot.held.has(key)) this.#parts.inference.release(bundle.hash);
    slot.held.set(key, bundle);
  }

  /** As `hold`; also rejects with `model-slow` for one that this machine has no time for. */
  async holdInTime(slot: ModelSlot, bundle: Bundle, where: 'shared' | 'apart'): Promise<void> {
    await this.hold(slot, bundle, where);
    const { id, deadlineMs } = slot.machine;
    try {
      requirePace(slot.paces.get(loadedKey(bundle)) ?? 0, deadlineMs, id);
    } catch (error) {
      this.#letGo(slot);
      throw error;
    }
  }

  /**
   * Follows the store: what it says of this place is loaded and used. Gives why its candidate cannot
   * be run, in which case the old model goes on; never rejects.
   */
  async follow(slot: ModelSlot, table: ModelTable): Promise<Unusable | null> {
    const isHere = (row: { machine: string; mold: string | null }): boolean =>
      row.machine === slot.machine.id && row.mold === slot.mold;
    const pointer = table.pointers.find(isHere) ?? null;
    const activation = table.activations.find(isHere) ?? null;
    const base = pointer === null ? await this.#configured(slot) : await this.#base(slot, pointer);
    const candidate = activation === null ? null : await this.#candidate(slot, activation);
    if (base !== null) await this.#holdBase(slot, base);
    slot.pointer = pointer;
    slot.base = base;
    const usable = candidate !== null && 'bundle' in candidate;
    this.#setActivation(slot, usable ? activation : null);
    slot.candidate = usable ? candidate.bundle : null;
    slot.unsure = false;
    this.#awaited.delete(slot);
    this.use(slot.machine);
    this.#letGo(slot);
    if (base !== null) this.#parts.inference.join(base.hash);
    return usable || candidate === null ? null : candidate;
  }

  /** Counts of a stage under way are newer here than in the store. */
  #setActivation(slot: ModelSlot, stored: Activation | null): void {
    const known = slot.activation;
    const same = known !== null && known.id === stored?.id && known.stage === stored.stage;
    slot.activation = same ? known : stored;
  }

  /** From the next shot on. */
  use(machine: Machine): void {
    if (this.of(machine).some((slot) => this.#awaited.has(slot))) return;
    const molds = new Map<string, Bundle>();
    let byDefault: Bundle | null = null;
    for (const { mold, deciding } of this.of(machine)) {
      if (mold === null) byDefault = deciding;
      else if (deciding !== null) molds.set(mold, deciding);
    }
    machine.useBundles(byDefault, molds);
    this.#seated.add(machine.id);
  }

  async #base(slot: ModelSlot, pointer: BundlePointer): Promise<Bundle | null> {
    const { machine, mold } = slot;
    try {
      const bundle = await this.#bundleAt(slot, pointer);
      machine.tellMissing({ mold, name: null, instead: null });
      return bundle;
    } catch (error) {
      this.#parts.tell('model-not-loaded', 'error', machine.id, messageOf(error));
      const instead = await this.#configured(slot);
      const name = `${pointer.name} ${pointer.version}`;
      machine.tellMissing({ mold, name, instead: instead === null ? null : labelOf(instead) });
      return instead;
    }
  }

  async #configured({ configured, machine }: ModelSlot): Promise<Bundle | null> {
    return configured === null ? null : this.#parts.admitConfigured(configured, machine.id);
  }

  /** The machine keeps the name of one that is not loaded, so that its shots say why. */
  async #holdBase(slot: ModelSlot, base: Bundle): Promise<void> {
    try {
      await this.hold(slot, base, 'shared');
    } catch (error) {
      this.#parts.tell('model-not-loaded', 'error', slot.machine.id, messageOf(error));
    }
  }

  async #candidate(
    slot: ModelSlot,
    { candidate }: Activation,
  ): Promise<{ readonly bundle: Bundle } | Unusable> {
    try {
      const bundle = await this.#bundleAt(slot, candidate);
      slot.machine.requireFit(bundle);
      await this.hold(slot, bundle, 'apart');
      return { bundle };
    } catch (error) {
      return { detail: messageOf(error) };
    }
  }

  /** Rejects with `model-invalid` when what lies there is no longer what was remembered. */
  async #bundleAt(slot: ModelSlot, { path, hash }: BundlePointer): Promise<Bundle> {
    const known = [slot.base, slot.candidate, ...slot.held.values()];
    const there = known.find((one) => one !== null && one.hash === hash && one.dir === path);
    return there ?? this.readAgain(path, hash);
  }

  async readAgain(path: string, hash: string): Promise<Bundle> {
    const bundle = await this.#parts.readBundle(path);
    if (bundle.hash === hash) return bundle;
    throw new PpuriError('model-invalid', `${path} is no longer the model that was activated`, {
      operation: 'read a model',
      subject: labelOf(bundle),
      hint: 'put the bundle back, or use another with `ppuri model use`',
    });
  }

  /** Answers that are waited for still come from what decided until now. */
  #letGo(slot: ModelSlot): void {
    const needed = new Set(
      [slot.base, slot.candidate].flatMap((one) => (one === null ? [] : [loadedKey(one)])),
    );
    for (const [key, { hash }] of [...slot.held]) {
      if (needed.has(key)) continue;
      slot.held.delete(key);
      const waitMs = Math.max(slot.machine.deadlineMs, LONGEST_ASIDE_MS) + MARGIN_MS;
      setTimeout(() => this.#parts.inference.release(hash), waitMs).unref();
    }
  }
}
