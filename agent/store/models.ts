/** Which bundle each machine uses, and what is remembered of models that misbehaved. */
import type Database from 'better-sqlite3';
import { asFields, requiredText } from './params.ts';

export interface BundlePointer {
  readonly name: string;
  readonly version: string;
  /** Directory of the bundle. */
  readonly path: string;
  /** sha256 of model.onnx, hex. */
  readonly hash: string;
}

export interface ModelPointer extends BundlePointer {
  readonly machine: string;
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
  readonly states: readonly ModelState[];
}

interface RawPointer {
  machine: string;
  name: string;
  version: string;
  path: string;
  hash: string;
  previous: string | null;
  changed_wall_ms: number;
}

function toPointer(raw: RawPointer): ModelPointer {
  const { machine, name, version, path, hash, previous, changed_wall_ms } = raw;
  return {
    ...{ machine, name, version, path, hash },
    previous: previous === null ? null : JSON.parse(previous),
    changedWallMs: changed_wall_ms,
  };
}

/** All pointers and states; there are as many as machines and models. */
export function queryModels(db: Database.Database): ModelTable {
  const pointers = db
    .prepare<[], RawPointer>('SELECT * FROM model_pointers ORDER BY machine LIMIT 1000')
    .all();
  const states = db
    .prepare<[], { hash: string; state: string; changed_wall_ms: number }>(
      'SELECT * FROM model_states ORDER BY hash LIMIT 1000',
    )
    .all();
  return {
    pointers: pointers.map(toPointer),
    states: states.map(({ hash, state, changed_wall_ms }) => ({
      hash,
      state: JSON.parse(state),
      changedWallMs: changed_wall_ms,
    })),
  };
}

const upsertPointer = `
  INSERT INTO model_pointers (machine, name, version, path, hash, previous, changed_wall_ms)
  VALUES (@machine, @name, @version, @path, @hash, @previous, @wall)
  ON CONFLICT (machine) DO UPDATE SET name = excluded.name, version = excluded.version,
    path = excluded.path, hash = excluded.hash, previous = excluded.previous,
    changed_wall_ms = excluded.changed_wall_ms`;

/** Points `machine` at a bundle, in one transaction; the old one becomes `previous`. */
export function setPointer(
  db: Database.Database,
  machine: string,
  bundle: BundlePointer,
): ModelPointer {
  return db
    .transaction(() => {
      const find = db.prepare<[string], RawPointer>(
        'SELECT * FROM model_pointers WHERE machine = ?',
      );
      const old = find.get(machine);
      const same = old !== undefined && old.hash === bundle.hash && old.path === bundle.path;
      const before = old === undefined ? null : toPointer(old);
      const { name, version, path, hash } = bundle;
      const previous = same
        ? before?.previous
        : before && {
            name: before.name,
            version: before.version,
            path: before.path,
            hash: before.hash,
          };
      db.prepare(upsertPointer).run({
        ...{ machine, name, version, path, hash, wall: Date.now() },
        previous: previous ? JSON.stringify(previous) : null,
      });
      const now = find.get(machine);
      if (now === undefined) throw new Error('the pointer just written is not there');
      return toPointer(now);
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
export function readPointer(params: unknown): { machine: string; bundle: BundlePointer } {
  const method = 'set-pointer';
  const fields = asFields(method, params, ['machine', 'name', 'version', 'path', 'hash']);
  const text = (name: string): string => requiredText(method, fields, name);
  return {
    machine: text('machine'),
    bundle: {
      name: text('name'),
      version: text('version'),
      path: text('path'),
      hash: text('hash'),
    },
  };
}
