/**
 * Tables of labels and deeds. Their times are those of their records, which may be put right later.
 */

/**
 * cycle: id of the shot, whose row may have been evicted; null: its start is not in this store. The
 * newest label of a (cycle, part) is in force.
 */
export const labelLayout = `
  CREATE TABLE labels (
    id INTEGER PRIMARY KEY REFERENCES records(id) ON DELETE CASCADE,
    cycle INTEGER,
    part TEXT NOT NULL,
    machine TEXT NOT NULL,
    mold TEXT,
    shot INTEGER,
    result TEXT NOT NULL,
    type TEXT,
    who TEXT NOT NULL,
    source TEXT NOT NULL
  ) STRICT;
  CREATE INDEX labels_by_cycle ON labels (cycle, part);

  CREATE TABLE deeds (
    id INTEGER PRIMARY KEY REFERENCES records(id) ON DELETE CASCADE,
    what TEXT NOT NULL,
    subject TEXT NOT NULL,
    who TEXT NOT NULL,
    source TEXT NOT NULL
  ) STRICT;
`;

export const insertLabel = `
  INSERT INTO labels (id, cycle, part, machine, mold, shot, result, type, who, source)
  VALUES ((@boot << 40) | @seq,
    ((SELECT ordinal FROM boots WHERE boot = @cycleBoot) << 40) | @cycleSeq,
    @part, @machine, @mold, @shot, @result, @type, @who, @from)`;

export const insertDeed = `
  INSERT INTO deeds (id, what, subject, who, source)
  VALUES ((@boot << 40) | @seq, @what, @subject, @who, @from)`;

/** Of a row `l` of labels: no later one is about the same part of the same shot. */
export const inForce = `NOT EXISTS (
  SELECT 1 FROM labels n WHERE n.cycle = l.cycle AND n.part = l.part AND n.id > l.id)`;
