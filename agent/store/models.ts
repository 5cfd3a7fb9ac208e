/** Which bundle each machine uses for which mold, and what is remembered of models that misbehaved. */
import type Database from 'better-sqlite3';
import type { Activation, BundlePointer } from '../../models/activation.ts';
import { type ModelChangeRow, queryActivations, queryModelChanges } from './activations.ts';
import { asFields, optionalText, requiredText } from './params.ts';

export type { BundlePointer };

export interface ModelPointer extends BundlePointer {
  readonly machine: string;
  /** Null: every mold without a pointer of its own. */
  readonly mold: string | null;
  /** The one before, to go back to. */
  readonly previous: BundlePointer | null;
  readonly changedWallMs: number;
}

/** What inference wants remembered of one model, by hash; its shape is inference's own. */
export interface ModelState {
  readonly hash: string;
  readonly state: unknown;
  readonly changedWallMs: number;
}

export interface ModelTable {
  readonly pointers: readonly ModelPointer[];
  readonly activations: readonly Activation[];
  readonly states: readonly ModelState[];
  /** The last steps, newest first. */
  readonly changes: readonly ModelChangeRow[];
}

interface RawPointer {
  machine: string;
  mold: string;
  name: string;
  version: string;
  path: string;
  hash: string;
  previous: string | null;
  changed_wall_ms: number;
}

function toPointer(raw: RawPointer): ModelPointer {
  const { machine, mold, name, version, path, hash, previous, changed_wall_ms } = raw;
  return {
    ...{ machine, mold: mold === '' ? null : mold, name, version, path, hash },
    previous: previous === null ? null : JSON.parse(previous),
    changedWallMs: changed_wall_ms,
  };
}

/** All there is; there is as much as machines, molds and models. */
export function queryModels(db: Database.Database): ModelTable {
  const pointers = db
    .prepare<[], RawPointer>('SELECT * FROM model_pointers ORDER BY machine, mold LIMIT 1000')
    .all();
  const states = db
    .prepare<[], { hash: string; state: string; changed_wall_ms: number }>(
      'SELECT * FROM model_states ORDER BY hash LIMIT 1000',
    )
    .all();
  return {
    pointers: pointers.map(toPointer),
    activations: queryActivations(db),
    states: states.map(({ hash, state, changed_wall_ms }) => ({
      hash,
      state: JSON.parse(state),
      changedWallMs: changed_wall_ms,
    })),
    changes: queryModelChanges(db),
  };
}

export function findPointer(
  db: Database.Database,
  machine: string,
  mold: string | null,
): ModelPointer | null {
  const raw = db
    .prepare<[string, string], RawPointer>(
      'SELECT * FROM model_pointers WHERE machine = ? AND mold = ?',
    )
    .get(machine, mold ?? '');
  return raw === undefined ? null : toPointer(raw);
}

const upsertPointer = `
  INSERT INTO model_pointers (machine, mold, name, version, path, hash, previous, changed_wall_ms)
  VALUES (@machine, @mold, @name, @version, @path, @hash, @previous, @wall)
  ON CONFLICT (machine, mold) DO UPDATE SET name = excluded.name, version = excluded.version,
    path = excluded.path, hash = excluded.hash, previous = excluded.previous,
    changed_wall_ms = excluded.changed_wall_ms`;

const plain = ({ name, version, path, hash }: BundlePointer): BundlePointer => ({
  ...{ name, version, path, hash },
});

/**
 * Points `machine` at a bundle, in one transaction; the old one becomes `previous`. `before`: what was
 * in force without a pointer, by the configuration.
 */
export function setPointer(
  db: Database.Database,
  machine: string,
  bundle: BundlePointer,
  mold: string | null = null,
  before: BundlePointer | null = null,
): ModelPointer {
  return db
    .transaction(() => {
      const old = findPointer(db, machine, mold);
      const same = old !== null && old.hash === bundle.hash && old.path === bundle.path;
      const last = old ?? before;
      const previous = same ? old.previous : last && plain(last);
      db.prepare(upsertPointer).run({
        ...{ machine, mold: mold ?? '', ...plain(bundle), wall: Date.now() },
        previous: previous ? JSON.stringify(previous) : null,
      });
      const now = findPointer(db, machine, mold);
      if (now === null) throw new Error('the pointer just written is not there');
      return now;
    })
    .immediate();
}

/** Remembers `state` for a model; null forgets it. */
export function setModelState(db: Database.Database, hash: string, state: unknown): void {
  if (state === null) {
    db.prepare('DELETE FROM model_states WHERE hash = ?').run(hash);
    return;
  }
  db.prepare(
    `INSERT INTO model_states (hash, state, changed_wall_ms) VALUES (?, ?, ?)
     ON CONFLICT (hash) DO UPDATE SET state = excluded.state,
       changed_wall_ms = excluded.changed_wall_ms`,
  ).run(hash, JSON.stringify(state), Date.now());
}

/** Parameters of `set-pointer`. Throws `usage`. */
export function readPointer(params: unknown): {
  readonly machine: string;
  readonly mold: string | null;
  readonly bundle: BundlePointer;
} {
  const method = 'set-pointer';
  const fields = asFields(method, params, ['machine', 'mold', 'name', 'version', 'path', 'hash']);
  const text = (name: string): string => requiredText(method, fields, name);
  return {
    machine: text('machine'),
    mold: optionalText(method, fields, 'mold') ?? null,
    bundle: {
      name: text('name'),
      version: text('version'),
      path: text('path'),
      hash: text('hash'),
    },
  };
}
