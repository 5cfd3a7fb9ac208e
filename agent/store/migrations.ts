/**
 * The layout of the store, in numbered steps. Each step and the number it leaves behind are one
 * transaction, so that a kill or a power cut leaves the old layout or the new one.
 *
 * A record's id packs its key: `ordinal of its boot << 40 | seq`. The table's own order is then
 * the order of the records, rows are only ever appended, and no second index is written.
 */
import type Database from 'better-sqlite3';
import { PpuriError } from '../../config/errors.ts';
import { activationLayout } from './activation-layout.ts';
import { bdSeqLayout } from './bd-seq.ts';
import { deliveriesLayout } from './delivery.ts';
import { energyLayout, energyLayoutBack } from './energy-layout.ts';
import { labelLayout } from './label-layout.ts';
import { floorsLayout } from './model-floors.ts';
import { stopLayout, stopLayoutBack } from './stop-layout.ts';
import { canGoBack, goBack, noteWayBack } from './way-back.ts';

export interface Migration {
  readonly title: string;
  readonly sql: string;
  /**
   * Makes the layout before it again, with every record, delivery, label and model choice that was
   * kept since; lies in the store for an older ppuri. Layouts of before the first release have none.
   */
  readonly back?: string;
}

const firstLayout = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE boots (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    boot TEXT NOT NULL UNIQUE,
    started_wall_ms REAL NOT NULL,
    clock_synced INTEGER NOT NULL
  ) STRICT;

  -- body: the record as JSON, without what cycle_data holds of it.
  CREATE TABLE records (
    id INTEGER PRIMARY KEY,
    boot INTEGER NOT NULL GENERATED ALWAYS AS (id >> 40) VIRTUAL REFERENCES boots(ordinal),
    seq INTEGER NOT NULL GENERATED ALWAYS AS (id & 1099511627775) VIRTUAL,
    kind TEXT NOT NULL,
    machine TEXT,
    wall_ms REAL NOT NULL,
    mono_ms REAL NOT NULL,
    clock_synced INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX records_rare ON records (kind) WHERE kind <> 'cycle';

  CREATE TABLE cycles (
    id INTEGER PRIMARY KEY REFERENCES records(id) ON DELETE CASCADE,
    machine TEXT NOT NULL,
    profile TEXT NOT NULL,
    mold TEXT,
    shot INTEGER,
    cycle_index INTEGER NOT NULL,
    observed TEXT NOT NULL,
    suppressed TEXT,
    wall_ms REAL NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT,
    judge TEXT NOT NULL,
    probability REAL,
    threshold REAL,
    model_name TEXT,
    model_version TEXT,
    model_hash TEXT,
    flags TEXT NOT NULL
  ) STRICT;
  CREATE INDEX cycles_by_machine ON cycles (machine);
  CREATE INDEX cycles_by_time ON cycles (wall_ms);
  CREATE INDEX cycles_not_ok ON cycles (outcome) WHERE outcome <> 'ok';

  -- The bulky part of a cycle, apart, because it is the first to go when space runs short.
  CREATE TABLE cycle_data (
    id INTEGER PRIMARY KEY REFERENCES cycles(id) ON DELETE CASCADE,
    features TEXT,
    readings TEXT
  ) STRICT;

  -- One row per alert, as it stands; alert_changes has how it came to be so.
  CREATE TABLE alerts (
    boot INTEGER NOT NULL REFERENCES boots(ordinal),
    alert TEXT NOT NULL,
    state TEXT NOT NULL,
    machine TEXT NOT NULL,
    severity TEXT NOT NULL,
    cause TEXT NOT NULL,
    raised_wall_ms REAL NOT NULL,
    updated_wall_ms REAL NOT NULL,
    cleared_wall_ms REAL,
    first_id INTEGER NOT NULL,
    last_id INTEGER NOT NULL REFERENCES records(id),
    PRIMARY KEY (boot, alert)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX alerts_by_last ON alerts (last_id);
  CREATE TABLE alert_changes (
    id INTEGER PRIMARY KEY REFERENCES records(id) ON DELETE CASCADE,
    alert TEXT NOT NULL,
    state TEXT NOT NULL
  ) STRICT;
  CREATE INDEX alert_changes_by_alert ON alert_changes (alert);

  CREATE TABLE model_pointers (
    machine TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    path TEXT NOT NULL,
    hash TEXT NOT NULL,
    previous TEXT,
    changed_wall_ms REAL NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE model_states (
    hash TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    changed_wall_ms REAL NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

/** Texts of shots are packed (shapes.ts): `body` is then '' and `packed` has it. */
const packedLayout = `
  ALTER TABLE records ADD COLUMN packed BLOB;
  ALTER TABLE cycle_data ADD COLUMN packed_features BLOB;
  ALTER TABLE cycle_data ADD COLUMN packed_readings BLOB;
  CREATE TABLE shapes (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    sample TEXT NOT NULL
  ) STRICT;

  -- What went to make room, counted in the transaction that removed it. what: a part in evict.ts.
  CREATE TABLE evictions (
    boot INTEGER NOT NULL REFERENCES boots(ordinal),
    what TEXT NOT NULL,
    delivered INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (boot, what, delivered)
  ) STRICT, WITHOUT ROWID;

  -- Of a start that has ended: seqs with neither a record nor a gap or eviction that counts them.
  CREATE TABLE unkept (
    boot INTEGER PRIMARY KEY REFERENCES boots(ordinal),
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    count INTEGER NOT NULL
  ) STRICT;
`;

/** started_mono_ms: null for a start by an older ppuri. Both clock_synced: see clock-fill.ts. */
const clockLayout = `
  ALTER TABLE boots ADD COLUMN started_mono_ms REAL;
  CREATE TABLE clock_fills (
    boot INTEGER NOT NULL REFERENCES boots(ordinal),
    after_seq INTEGER NOT NULL,
    up_to_seq INTEGER NOT NULL,
    offset_ms REAL NOT NULL,
    vouched INTEGER NOT NULL,
    UNIQUE (boot, up_to_seq, vouched)
  ) STRICT;
`;

/** JSON; null where no model answered, or one that gives a probability. */
const estimateLayout = `
  ALTER TABLE cycles ADD COLUMN estimate TEXT;
`;

export const migrations: readonly Migration[] = [
  { title: 'records, cycles, alerts and model pointers', sql: firstLayout },
  { title: 'packed shots, counted evictions', sql: packedLayout },
  { title: 'birth-death numbers of Sparkplug targets', sql: bdSeqLayout },
  { title: 'wall times put right once the clock is known', sql: clockLayout },
  { title: 'what each sync target has', sql: deliveriesLayout },
  { title: 'labels and deeds', sql: labelLayout },
  { title: 'newest releases of signed models', sql: floorsLayout },
  { title: 'scores and predicted values', sql: estimateLayout },
  { title: 'models by mold, and new models on trial', sql: activationLayout },
  { title: 'energy of shots and quarter hours', sql: energyLayout, back: energyLayoutBack },
  { title: 'stops of machines and their reasons', sql: stopLayout, back: stopLayoutBack },
];

/** 'ppur' as SQLite's application id: tells our files from other programs'. */
export const applicationId = 0x70707572;

function versionOf(db: Database.Database): number {
  return Number(db.pragma('user_version', { simple: true }));
}

function foreign(db: Database.Database): PpuriError {
  return new PpuriError('store-unavailable', 'this file belongs to another program', {
    operation: 'open the store',
    subject: db.name,
    hint: 'move it away, or give ppuri another `store.path`',
  });
}

/**
 * Refuses a file of another program (`store-unavailable`) or of a newer ppuri (`store-newer`).
 * `migrating`: a newer layout will do that tells the way back.
 */
export function assertOurs(
  db: Database.Database,
  steps: readonly Migration[] = migrations,
  purpose: 'reading' | 'migrating' = 'reading',
): void {
  const version = versionOf(db);
  if (version === 0) return;
  const details = { operation: 'open the store', subject: db.name };
  if (db.pragma('application_id', { simple: true }) !== applicationId) throw foreign(db);
  if (purpose === 'migrating' && canGoBack(db, version, steps.length)) return;
  if (version > steps.length)
    throw new PpuriError(
      'store-newer',
      `the store has layout ${version}, this ppuri knows up to ${steps.length}`,
      { ...details, hint: 'run the newer ppuri, or give this one another `store.path`' },
    );
}

/** Refuses, as `store-unavailable`, a file that holds no layout, of which nothing can be asked. */
export function assertBegun(db: Database.Database): void {
  if (versionOf(db) > 0) return;
  const tables = db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get();
  if (tables !== 0) throw foreign(db);
  throw new PpuriError('store-unavailable', 'the store is empty: nothing was ever kept in it', {
    operation: 'open the store for reading',
    subject: db.name,
    hint: 'its first start was cut short; the next start of `ppuri run` begins it',
  });
}

/** Brings the layout up to date, or back from a newer one, one transaction a step. */
export function migrate(db: Database.Database, steps: readonly Migration[] = migrations): void {
  assertOurs(db, steps, 'migrating');
  goBack(db, versionOf(db), steps.length);
  for (const [index, step] of steps.entries()) {
    if (index < versionOf(db)) continue;
    db.transaction(() => {
      db.exec(step.sql);
      if (step.back !== undefined) noteWayBack(db, index + 1, step.back);
      db.pragma(`application_id = ${applicationId}`);
      db.pragma(`user_version = ${index + 1}`);
    }).immediate();
  }
}
