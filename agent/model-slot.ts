/** One place for a model: a machine, and a mold or every mold without a place of its own. */

import type { Activation, BundlePointer, MirroredShot } from '../models/activation.ts';
import type { Bundle } from '../models/manifest.ts';
import type { Return } from './governance/evaluate.ts';
import type { Machine } from './machine.ts';
import type { ModelIdentity } from './records.ts';

export class ModelSlot {
  readonly machine: Machine;
  readonly mold: string | null;
  /** What the configuration names. */
  readonly configured: Bundle | null;
  /** Decides while no trial is on; null: nothing of its own. */
  base: Bundle | null = null;
  /** Null: as configured. */
  pointer: { readonly previous: BundlePointer | null } | null = null;
  activation: Activation | null = null;
  /** Of the activation. */
  candidate: Bundle | null = null;
  /** Loaded for this place, by `loadedKey`. */
  readonly held = new Map<string, Bundle>();
  /** Quickest golden run of what was loaded, ms, by `loadedKey`. */
  readonly paces = new Map<string, number>();
  /** The store may hold another step than this process knows of. */
  unsure = false;
  /** Why its candidate must go, until the store has taken that. */
  grounds: Return | null = null;
  /** A step is being taken. */
  moving = false;
  /** Counted and not yet in the store. */
  readonly unsaved: MirroredShot[] = [];
  dirty = false;

  constructor(machine: Machine, mold: string | null, configured: Bundle | null) {
    this.machine = machine;
    this.mold = mold;
    this.configured = configured;
  }

  /** What judges here from the next shot on. */
  get deciding(): Bundle | null {
    return this.activation?.stage === 'trial' ? this.candidate : this.base;
  }

  /** For events and refusals. */
  get name(): string {
    return this.mold === null ? this.machine.id : `${this.machine.id} mold ${this.mold}`;
  }
}

export function slotKey(machine: string, mold: string | null): string {
  return `${machine}\n${mold ?? ''}`;
}

/** One file may be the model of two bundles, e.g. with other thresholds. */
export function loadedKey({ hash, dir }: Bundle): string {
  return `${hash} ${dir}`;
}

export function pointerTo({ manifest, dir, hash }: Bundle): BundlePointer {
  return { name: manifest.name, version: manifest.version, path: dir, hash };
}

export function identityOf({ manifest, hash }: Bundle): ModelIdentity {
  return { name: manifest.name, version: manifest.version, hash };
}

export function labelOf({ manifest }: Bundle): string {
  return `${manifest.name} ${manifest.version}`;
}
