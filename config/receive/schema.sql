-- Where a plant's records end up: PostgreSQL 13 or newer.
--   createdb ppuri && psql -v ON_ERROR_STOP=1 -d ppuri -f schema.sql
--
-- A collector copies messages into ppuri.inbox as they came. A trigger keeps each record once by
-- its key, so that what is delivered twice, in whatever order, is there once. The inbox stays empty.

BEGIN;

CREATE SCHEMA ppuri;

CREATE TABLE ppuri.records (
  gateway text NOT NULL,
  boot text NOT NULL,
  seq bigint NOT NULL CHECK (seq > 0),
  site text,
  kind text NOT NULL,
  machine text,
  -- The gateway's wall clock, which orders nothing; clock_synced says whether it could be trusted.
  at timestamptz NOT NULL,
  clock_synced boolean NOT NULL,
  record jsonb NOT NULL,
  received timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (gateway, boot, seq)
);
CREATE INDEX records_by_machine ON ppuri.records (gateway, machine, at);

-- Counted, so that repeats can be seen: one row per gateway.
CREATE TABLE ppuri.repeats (
  gateway text PRIMARY KEY,
  count bigint NOT NULL,
  latest timestamptz NOT NULL
);

-- Messages that are no record: kept as they came, for someone to look at.
CREATE TABLE ppuri.refused (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  received timestamptz NOT NULL DEFAULT clock_timestamp(),
  topic text,
  value text,
  reason text NOT NULL
);

CREATE TABLE ppuri.inbox (
  time timestamptz,
  topic text,
  value text
);

CREATE FUNCTION ppuri.keep() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  message jsonb;
  body jsonb;
BEGIN
  message := NEW.value::jsonb;
  body := message -> 'body';
  INSERT INTO ppuri.records (gateway, boot, seq, site, kind, machine, at, clock_synced, record)
  VALUES (
    message ->> 'gateway', message ->> 'boot', (message ->> 'seq')::bigint, message ->> 'site',
    body ->> 'kind',
    coalesce(body #>> '{cycle,machine}', body #>> '{alert,machine}'),
    to_timestamp((message #>> '{at,wallMs}')::double precision / 1000),
    (message ->> 'clockSynced')::boolean,
    message
  )
  ON CONFLICT (gateway, boot, seq) DO NOTHING;
  IF NOT FOUND THEN
    INSERT INTO ppuri.repeats AS r VALUES (message ->> 'gateway', 1, clock_timestamp())
    ON CONFLICT (gateway) DO UPDATE SET count = r.count + 1, latest = clock_timestamp();
  END IF;
  RETURN NULL;
EXCEPTION
  -- Only what is wrong with the message itself. A full disk or a lost connection must fail the
  -- collector's write, so that it comes again.
  WHEN data_exception OR integrity_constraint_violation THEN
    INSERT INTO ppuri.refused (topic, value, reason) VALUES (NEW.topic, NEW.value, SQLERRM);
    RETURN NULL;
END $$;

CREATE TRIGGER keep BEFORE INSERT ON ppuri.inbox FOR EACH ROW EXECUTE FUNCTION ppuri.keep();

-- What a gateway could not keep and said so.
CREATE VIEW ppuri.gaps AS
SELECT gateway, boot, seq,
  (record #>> '{body,gap,fromSeq}')::bigint AS from_seq,
  (record #>> '{body,gap,toSeq}')::bigint AS to_seq,
  (record #>> '{body,gap,count}')::bigint AS count,
  record #>> '{body,gap,reason}' AS reason,
  at
FROM ppuri.records WHERE kind = 'gap';

-- Runs of keys that are not here, between the first key of a start (1) and the last one that came.
-- told: a gap record of the same start speaks of that run; reasons: what it says. A run that is not
-- told is still under way, or was lost on the way here. After the last key nothing can be seen.
CREATE VIEW ppuri.missing AS
WITH keys AS (
  SELECT gateway, boot, seq FROM ppuri.records
  UNION ALL
  SELECT gateway, boot, 0 FROM ppuri.records GROUP BY gateway, boot
), runs AS (
  SELECT gateway, boot, seq + 1 AS from_seq,
    lead(seq) OVER (PARTITION BY gateway, boot ORDER BY seq) - 1 AS to_seq
  FROM keys
)
SELECT r.gateway, r.boot, r.from_seq, r.to_seq, r.to_seq - r.from_seq + 1 AS count,
  g.reasons IS NOT NULL AS told, g.reasons
FROM runs r
LEFT JOIN LATERAL (
  SELECT string_agg(DISTINCT reason, ', ') AS reasons FROM ppuri.gaps g
  WHERE g.gateway = r.gateway AND g.boot = r.boot
    AND g.from_seq <= r.to_seq AND g.to_seq >= r.from_seq
) g ON true
WHERE r.to_seq >= r.from_seq;

CREATE VIEW ppuri.shots AS
SELECT gateway, boot, seq, site, machine, at, clock_synced,
  record #>> '{body,cycle,profile}' AS profile,
  record #>> '{body,cycle,mold}' AS mold,
  (record #>> '{body,cycle,shot}')::bigint AS shot,
  record #>> '{body,cycle,observed}' AS observed,
  record #>> '{body,verdict,outcome}' AS outcome,
  record #>> '{body,verdict,reason}' AS reason,
  (record #>> '{body,verdict,probability}')::double precision AS probability,
  (record #>> '{body,verdict,threshold}')::double precision AS threshold,
  record #>> '{body,verdict,model,name}' AS model,
  record #>> '{body,verdict,model,version}' AS model_version,
  record #> '{body,cycle,features}' AS features
FROM ppuri.records WHERE kind = 'cycle';

-- Alerts as they stand: the latest change of each.
CREATE VIEW ppuri.alerts AS
SELECT DISTINCT ON (gateway, boot, record #>> '{body,alert,id}')
  gateway, boot, seq, site, machine, at,
  record #>> '{body,alert,id}' AS alert,
  record #>> '{body,alert,state}' AS state,
  record #>> '{body,alert,severity}' AS severity,
  record #>> '{body,alert,cause}' AS cause,
  record #>> '{body,alert,text,ko}' AS text_ko,
  record #>> '{body,alert,text,en}' AS text_en
FROM ppuri.records WHERE kind = 'alert'
ORDER BY gateway, boot, record #>> '{body,alert,id}', seq DESC;

COMMIT;
