/** The newest release of each model that each key has had activated: what is older is not again. */
import type Database from 'better-sqlite3';
import { asFields, badParameter, optionalNumber, requiredText } from './params.ts';

export const floorsLayout = `
  CREATE TABLE model_floors (
    signer TEXT NOT NULL,
    name TEXT NOT NULL,
    serial INTEGER NOT NULL,
    changed_wall_ms REAL NOT NULL,
    PRIMARY KEY (signer, name)
  ) STRICT, WITHOUT ROWID;
`;

export interface ModelFloor {
  /** Key id of who signed it. */
  readonly signer: string;
  /** Of the bundle. */
  readonly name: string;
  /** Highest serial activated so far. */
  readonly serial: number;
}

export function queryFloors(db: Database.Database): ModelFloor[] {
  return db
    .prepare<[], ModelFloor>('SELECT signer, name, serial FROM model_floors LIMIT 10000')
    .all();
}

/** Never lowers one. */
export function raiseFloor(db: Database.Database, { signer, name, serial }: ModelFloor): void {
  db.prepare(
    `INSERT INTO model_floors (signer, name, serial, changed_wall_ms) VALUES (?, ?, ?, ?)
     ON CONFLICT (signer, name) DO UPDATE SET serial = excluded.serial,
       changed_wall_ms = excluded.changed_wall_ms WHERE excluded.serial > serial`,
  ).run(signer, name, serial, Date.now());
}

/** Parameters of `raise-model-floor`. Throws `usage`. */
export function readFloor(params: unknown): ModelFloor {
  const method = 'raise-model-floor';
  const fields = asFields(method, params, ['signer', 'name', 'serial']);
  const serial = optionalNumber(method, fields, 'serial');
  if (serial === undefined || !Number.isSafeInteger(serial) || serial < 1)
    throw badParameter(method, 'serial must be a whole number above 0');
  const [signer, name] = ['signer', 'name'].map((key) => requiredText(method, fields, key));
  return { signer: signer ?? '', name: name ?? '', serial };
}
