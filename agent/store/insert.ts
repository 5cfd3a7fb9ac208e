/** Writing rows. A record that is there already is left as it is: its key says it is the same. */
import type Database from 'better-sqlite3';
import { insertPeriod, insertShotEnergy } from './energy-layout.ts';
import { insertDeed, insertLabel } from './label-layout.ts';
import type { BootInfo } from './protocol.ts';
import type { RecordRow } from './rows.ts';
import type { Packer } from './shapes.ts';
import { insertReason, upsertStop } from './stop-layout.ts';

export type InsertRow = (row: RecordRow) => void;

/** Registers this start of the agent once; its ordinal orders all its records. */
export function registerBoot(db: Database.Database, boot: BootInfo): number {
  db.prepare(
    `INSERT INTO boots (boot, started_wall_ms, started_mono_ms, clock_synced) VALUES (?, ?, ?, ?)
     ON CONFLICT (boot) DO NOTHING`,
  ).run(boot.id, boot.startedWallMs, boot.startedMonoMs ?? null, boot.clockSynced ? 1 : 0);
  return Number(db.prepare('SELECT ordinal FROM boots WHERE boot = ?').pluck().get(boot.id));
}

const key = '(? << 40) | ?';

const insertRecord = `
  INSERT INTO records (id, kind, machine, wall_ms, mono_ms, clock_synced, body, packed)
  VALUES (${key}, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`;
const insertCycle = `
  INSERT INTO cycles (id, machine, profile, mold, shot, cycle_index, observed, suppressed, wall_ms,
    outcome, reason, detail, judge, probability, threshold, model_name, model_version, model_hash,
    flags, estimate)
  VALUES (${key}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const insertData = `
  INSERT INTO cycle_data (id, packed_features, packed_readings) VALUES (${key}, ?, ?)`;
const insertChange = `INSERT INTO alert_changes (id, alert, state) VALUES (${key}, ?, ?)`;

/** A change that arrives after a later one (it waited for space) must not undo it. */
const upsertAlert = `
  INSERT INTO alerts (boot, alert, state, machine, severity, cause, raised_wall_ms,
    updated_wall_ms, cleared_wall_ms, first_id, last_id)
  VALUES (@boot, @alert, @state, @machine, @severity, @cause, @wall, @wall, @cleared,
    (@boot << 40) | @seq, (@boot << 40) | @seq)
  ON CONFLICT (boot, alert) DO UPDATE SET state = excluded.state, severity = excluded.severity,
    cause = excluded.cause, updated_wall_ms = excluded.updated_wall_ms,
    cleared_wall_ms = excluded.cleared_wall_ms, last_id = excluded.last_id
  WHERE excluded.last_id > alerts.last_id`;

/** Prepared statements that write one row and all that hangs on it; call inside a transaction. */
export function prepareInsert(db: Database.Database, boot: number, packer: Packer): InsertRow {
  const record = db.prepare(insertRecord);
  const cycle = db.prepare(insertCycle);
  const data = db.prepare(insertData);
  const change = db.prepare(insertChange);
  const alerts = db.prepare(upsertAlert);
  const label = db.prepare(insertLabel);
  const deed = db.prepare(insertDeed);
  const period = db.prepare(insertPeriod);
  const shotEnergy = db.prepare(insertShotEnergy);
  const stops = prepareStops(db, boot);
  return (row) => {
    const { seq } = row;
    const { texts } = row;
    const machine = texts?.machine ?? '';
    const packed = texts && packer.pack(`body ${machine}`, texts.body);
    if (record.run(boot, seq, ...row.record, packed).changes === 0) return;
    if (row.cycle !== null) cycle.run(boot, seq, ...row.cycle);
    if (texts !== null) {
      const features = packer.pack(`features ${machine}`, texts.features);
      data.run(boot, seq, features, packer.pack(`readings ${machine}`, texts.readings));
    }
    if (row.label !== null) {
      const { part, machine: ofMachine, mold, shot, result, type, who, from } = row.label;
      const { boot: cycleBoot, seq: cycleSeq } = row.label.cycle;
      const about = { part, machine: ofMachine, mold, shot, cycleBoot, cycleSeq };
      label.run({ boot, seq, ...about, result, type, who, from });
    }
    if (row.deed !== null) {
      const { what, subject, who, from } = row.deed;
      deed.run({ boot, seq, what, subject, who, from });
    }
    if (row.period !== null) period.run(boot, seq, row.period.machine, row.wallMs);
    if (row.shotEnergy !== null) {
      const { machine: ofShot, index, kWh } = row.shotEnergy;
      shotEnergy.run(boot, seq, ofShot, index, kWh);
    }
    stops(row);
    if (row.alert === null) return;
    const { id, state, severity, cause } = row.alert;
    change.run(boot, seq, id, state);
    const cleared = state === 'cleared' ? row.wallMs : null;
    const wall = row.wallMs;
    alerts.run({
      ...{ boot, seq, alert: id, state, severity, cause, wall, cleared },
      machine: row.alert.machine,
    });
  };
}

function prepareStops(db: Database.Database, boot: number): InsertRow {
  const upsert = db.prepare(upsertStop);
  const insert = db.prepare(insertReason);
  return ({ seq, stop, reason }) => {
    if (stop !== null) {
      const { id, machine, mold, kind, state, usualMs, continues, begin, end, at } = stop;
      const times = { beginMs: begin.monoMs, endMs: (end ?? at).monoMs };
      upsert.run({ boot, seq, id, machine, mold, kind, state, usualMs, continues, ...times });
    }
    if (reason !== null) {
      const { stop: of, code, note, who } = reason;
      insert.run({ boot, seq, stop: of, code, note, who });
    }
  };
}
