/** New models on their way to deciding: each step is one transaction, whole or not at all. */
import type Database from 'better-sqlite3';
import type {
  Activation,
  BundlePointer,
  MirroredShot,
  TrialCounts,
} from '../../models/activation.ts';
import { type ModelFloor, raiseFloor } from './model-floors.ts';

/** One step, with who and why, as it stays in the store. */
export interface ModelChange {
  readonly what:
    | 'shadow-begun'
    | 'trial-begun'
    | 'committed'
    | 'used-at-once'
    | 'shadow-ended'
    | 'returned'
    | 'rolled-back';
  /** `name version` of the model it is about; null: the configuration's. */
  readonly model: string | null;
  /** A person, or `ppuri` where it followed by the rules. */
  readonly who: string;
  readonly why: string;
}

export interface ModelChangeRow extends ModelChange {
  readonly machine: string;
  readonly mold: string | null;
  /** How the candidate did until then; null: it was not asked. */
  readonly counts: TrialCounts | null;
  readonly wallMs: number;
}

/**
 * `activation`: as it is from now on; null: none is under way. `pointer`: what decides from now on;
 * `configured` lets go of the pointer; absent: as it is. `before`: what the configuration names, to go
 * back to from a first pointer.
 */
export interface ModelStep {
  readonly machine: string;
  readonly mold: string | null;
  readonly activation: Activation | null;
  readonly pointer?: BundlePointer | 'configured';
  readonly before?: BundlePointer | null;
  /** What using this release for good makes of the floor of its signer. */
  readonly floor?: ModelFloor | null;
  readonly change: ModelChange;
}

export interface TrialProgress {
  readonly activation: string;
  readonly machine: string;
  readonly counts: TrialCounts;
  readonly boot: string;
  readonly shots: readonly MirroredShot[];
}

const keptChanges = 500;
const keptShots = 20_000;

/** All that are under way. */
export function queryActivations(db: Database.Database): readonly Activation[] {
  return db
    .prepare<[], { body: string; counts: string }>(
      'SELECT body, counts FROM model_activations ORDER BY machine, mold LIMIT 1000',
    )
    .all()
    .map(({ body, counts }) => ({ ...JSON.parse(body), counts: JSON.parse(counts) }));
}

interface RawChange {
  machine: string;
  mold: string;
  what: ModelChange['what'];
  model: string | null;
  who: string;
  why: string;
  counts: string | null;
  wall_ms: number;
}

export function queryModelChanges(db: Database.Database): readonly ModelChangeRow[] {
  return db
    .prepare<[], RawChange>('SELECT * FROM model_changes ORDER BY id DESC LIMIT 100')
    .all()
    .map(({ machine, mold, what, model, who, why, counts, wall_ms }) => ({
      ...{ machine, mold: mold === '' ? null : mold, what, model, who, why },
      counts: counts === null ? null : JSON.parse(counts),
      wallMs: wall_ms,
    }));
}

function writeActivation(db: Database.Database, { machine, mold, activation }: ModelStep): void {
  if (activation === null) {
    db.prepare('DELETE FROM model_activations WHERE machine = ? AND mold = ?').run(
      machine,
      mold ?? '',
    );
    return;
  }
  const { counts, ...body } = activation;
  db.prepare(
    `INSERT OR REPLACE INTO model_activations (machine, mold, activation, body, counts)
     VALUES (?, ?, ?, ?, ?)`,
  ).run(machine, mold ?? '', activation.id, JSON.stringify(body), JSON.stringify(counts));
}

function noteChange(db: Database.Database, step: ModelStep, counts: string | null): void {
  const { machine, mold, change } = step;
  const { what, model, who, why } = change;
  db.prepare(
    `INSERT INTO model_changes (machine, mold, what, model, who, why, counts, wall_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(machine, mold ?? '', what, model, who, why, counts, Date.now());
  db.prepare('DELETE FROM model_changes WHERE id <= (SELECT max(id) FROM model_changes) - ?').run(
    keptChanges,
  );
}

/** `point`: writes the pointer; handed in, since pointers are another file's. */
export function takeStep(
  db: Database.Database,
  step: ModelStep,
  point: (bundle: BundlePointer) => void,
): void {
  const { machine, mold, pointer } = step;
  db.transaction(() => {
    const counts = db
      .prepare<[string, string], string>(
        'SELECT counts FROM model_activations WHERE machine = ? AND mold = ?',
      )
      .pluck()
      .get(machine, mold ?? '');
    writeActivation(db, step);
    if (pointer === 'configured')
      db.prepare('DELETE FROM model_pointers WHERE machine = ? AND mold = ?').run(
        machine,
        mold ?? '',
      );
    else if (pointer !== undefined) point(pointer);
    if (step.floor) raiseFloor(db, step.floor);
    noteChange(db, step, counts ?? null);
  }).immediate();
}

/** Counts of a stage under way; of one that has ended nothing is written but its shots. */
export function saveProgress(db: Database.Database, progress: TrialProgress): void {
  const { activation, machine, counts, boot, shots } = progress;
  const insert = db.prepare(
    `INSERT INTO mirrored_shots (boot, machine, activation, cycle_index, shot, mold, wall_ms, model,
       role, decided, outcome, reason, probability, threshold, took_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  db.transaction(() => {
    db.prepare('UPDATE model_activations SET counts = ? WHERE activation = ?').run(
      JSON.stringify(counts),
      activation,
    );
    for (const one of shots)
      insert.run(
        ...[boot, machine, activation, one.cycleIndex, one.shot, one.mold, one.wallMs],
        ...[JSON.stringify(one.model), one.role, one.decided, one.outcome, one.reason],
        ...[one.probability, one.threshold, one.tookMs],
      );
    db.prepare(
      'DELETE FROM mirrored_shots WHERE id <= (SELECT max(id) FROM mirrored_shots) - ?',
    ).run(keptShots);
  }).immediate();
}

export interface MirroredRow extends Omit<MirroredShot, 'cycleIndex'> {
  readonly machine: string;
  readonly boot: string;
  readonly cycleIndex: number;
  readonly activation: string;
}

interface RawMirrored {
  machine: string;
  boot: string;
  activation: string;
  cycle_index: number;
  shot: number | null;
  mold: string | null;
  wall_ms: number;
  model: string;
  role: MirroredShot['role'];
  decided: MirroredShot['decided'];
  outcome: MirroredShot['outcome'];
  reason: string;
  probability: number | null;
  threshold: number | null;
  took_ms: number | null;
}

/** Newest first. */
export function queryMirrored(
  db: Database.Database,
  machine: string | undefined,
  limit: number,
): readonly MirroredRow[] {
  const where = machine === undefined ? '' : 'WHERE machine = @machine';
  return db
    .prepare<[object], RawMirrored>(
      `SELECT * FROM mirrored_shots ${where} ORDER BY id DESC LIMIT @limit`,
    )
    .all({ machine, limit })
    .map(({ cycle_index, wall_ms, model, took_ms, ...raw }) => ({
      ...{ machine: raw.machine, boot: raw.boot, activation: raw.activation },
      ...{ cycleIndex: cycle_index, shot: raw.shot, mold: raw.mold, wallMs: wall_ms },
      model: JSON.parse(model),
      ...{ role: raw.role, decided: raw.decided, outcome: raw.outcome, reason: raw.reason },
      ...{ probability: raw.probability, threshold: raw.threshold, tookMs: took_ms },
    }));
}
