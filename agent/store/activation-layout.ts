/** Tables of models by mold, of new models on their way to deciding, and of what both said meanwhile. */

/**
 * mold '': every mold without a model of its own. model_changes: each step, written in the transaction
 * that made it. mirrored_shots: what the model that did not decide said; (boot, machine, cycle_index) is
 * the shot of `cycles`.
 */
export const activationLayout = `
  CREATE TABLE pointers_by_mold (
    machine TEXT NOT NULL,
    mold TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    path TEXT NOT NULL,
    hash TEXT NOT NULL,
    previous TEXT,
    changed_wall_ms REAL NOT NULL,
    PRIMARY KEY (machine, mold)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO pointers_by_mold
    SELECT machine, '', name, version, path, hash, previous, changed_wall_ms FROM model_pointers;
  DROP TABLE model_pointers;
  ALTER TABLE pointers_by_mold RENAME TO model_pointers;

  CREATE TABLE model_activations (
    machine TEXT NOT NULL,
    mold TEXT NOT NULL,
    activation TEXT NOT NULL,
    body TEXT NOT NULL,
    counts TEXT NOT NULL,
    PRIMARY KEY (machine, mold)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE model_changes (
    id INTEGER PRIMARY KEY,
    machine TEXT NOT NULL,
    mold TEXT NOT NULL,
    what TEXT NOT NULL,
    model TEXT,
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    counts TEXT,
    wall_ms REAL NOT NULL
  ) STRICT;

  CREATE TABLE mirrored_shots (
    id INTEGER PRIMARY KEY,
    boot TEXT NOT NULL,
    machine TEXT NOT NULL,
    activation TEXT NOT NULL,
    cycle_index INTEGER NOT NULL,
    shot INTEGER,
    mold TEXT,
    wall_ms REAL NOT NULL,
    model TEXT NOT NULL,
    role TEXT NOT NULL,
    decided TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    probability REAL,
    threshold REAL,
    took_ms REAL
  ) STRICT;
`;
