/** Tables of stops and of the reasons that people gave for them. Their times are those of their records. */

/**
 * One row a stop, as it was said last (`last_id`). Monotonic ms of its start of the agent: a wall time
 * that is put right later puts them right too. A reason outlives its stop's record.
 */
export const stopLayout = `
  CREATE TABLE stops (
    stop TEXT PRIMARY KEY,
    last_id INTEGER NOT NULL REFERENCES records(id) ON DELETE CASCADE,
    machine TEXT NOT NULL,
    mold TEXT,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    begin_mono_ms REAL NOT NULL,
    end_mono_ms REAL NOT NULL,
    usual_ms REAL,
    continues TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX stops_by_last ON stops (last_id);

  CREATE TABLE stop_reasons (
    id INTEGER PRIMARY KEY REFERENCES records(id) ON DELETE CASCADE,
    stop TEXT NOT NULL,
    code TEXT NOT NULL,
    note TEXT,
    who TEXT NOT NULL
  ) STRICT;
  CREATE INDEX stop_reasons_by_stop ON stop_reasons (stop);

  -- Of a store that went back to an older ppuri and comes forward again: the last word of each.
  INSERT OR REPLACE INTO stops
    SELECT json_extract(body, '$.stop.id'), id, machine, json_extract(body, '$.stop.mold'),
      json_extract(body, '$.stop.kind'), json_extract(body, '$.stop.state'),
      json_extract(body, '$.stop.begin.monoMs'),
      COALESCE(json_extract(body, '$.stop.end.monoMs'), json_extract(body, '$.stop.at.monoMs')),
      json_extract(body, '$.stop.usualMs'), json_extract(body, '$.stop.continues')
    FROM records WHERE kind = 'stop' AND kind <> 'cycle' ORDER BY id;
  INSERT INTO stop_reasons (id, stop, code, note, who)
    SELECT id, json_extract(body, '$.reason.stop'), json_extract(body, '$.reason.code'),
      json_extract(body, '$.reason.note'), json_extract(body, '$.reason.who')
    FROM records WHERE kind = 'stop-reason' AND kind <> 'cycle';
`;

/** The records themselves stay. */
export const stopLayoutBack = 'DROP TABLE stops; DROP TABLE stop_reasons;';

/** What arrives after a later word (it waited for space) must not undo it. */
export const upsertStop = `
  INSERT INTO stops (stop, last_id, machine, mold, kind, state, begin_mono_ms, end_mono_ms, usual_ms,
    continues)
  VALUES (@id, (@boot << 40) | @seq, @machine, @mold, @kind, @state, @beginMs, @endMs, @usualMs,
    @continues)
  ON CONFLICT (stop) DO UPDATE SET last_id = excluded.last_id, mold = excluded.mold,
    kind = excluded.kind, state = excluded.state, begin_mono_ms = excluded.begin_mono_ms,
    end_mono_ms = excluded.end_mono_ms, usual_ms = excluded.usual_ms,
    continues = excluded.continues
  WHERE excluded.last_id > stops.last_id`;

export const insertReason = `
  INSERT INTO stop_reasons (id, stop, code, note, who)
  VALUES ((@boot << 40) | @seq, @stop, @code, @note, @who)`;
