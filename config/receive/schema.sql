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

-- Records that say something else than the one that is kept under their key: kept apart, for someone to
-- look at. The first one stays in force.
CREATE TABLE ppuri.conflicts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  received timestamptz NOT NULL DEFAULT clock_timestamp(),
  gateway text NOT NULL,
  boot text NOT NULL,
  seq bigint NOT NULL,
  record jsonb NOT NULL
);
CREATE INDEX conflicts_by_key ON ppuri.conflicts (gateway, boot, seq);

-- Messages that are no record: kept as they came, for someone to look at; as base64 where no text.
CREATE TABLE ppuri.refused (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  received timestamptz NOT NULL DEFAULT clock_timestamp(),
  topic text,
  value text,
  base64 text,
  reason text NOT NULL
);

-- value: a message as text; or base64: its bytes, so that one that is no text at all cannot fail the
-- collector's write.
CREATE TABLE ppuri.inbox (
  time timestamptz,
  topic text,
  value text,
  base64 text
);

-- Numbers out of JSON that may hold anything: null where there is none of that kind. Nothing a gateway
-- sends can make these, or the views that use them, fail.
CREATE FUNCTION ppuri.number(value jsonb) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN jsonb_typeof(value) = 'number' THEN
    CASE WHEN value::numeric = 0 OR abs(value::numeric) BETWEEN 1e-300 AND 1e300
      THEN value::numeric::double precision END
  END
$$;
CREATE FUNCTION ppuri.whole(value jsonb) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN jsonb_typeof(value) = 'number' THEN
    CASE WHEN abs(value::numeric) <= 9007199254740991 AND value::numeric = trunc(value::numeric)
      THEN value::numeric::bigint END
  END
$$;

-- What keeps a message from being a record of the gateway whose topic it came under; null: nothing.
CREATE FUNCTION ppuri.flaw(topic text, message jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  body jsonb;
BEGIN
  IF jsonb_typeof(message) IS DISTINCT FROM 'object' THEN
    RETURN 'not an object';
  END IF;
  body := message -> 'body';
  IF (jsonb_typeof(message -> 'gateway') = 'string' AND message ->> 'gateway' <> ''
    AND jsonb_typeof(message -> 'site') = 'string' AND message ->> 'site' <> ''
    AND jsonb_typeof(message -> 'boot') = 'string' AND message ->> 'boot' <> ''
    AND jsonb_typeof(body -> 'kind') = 'string' AND body ->> 'kind' <> '') IS NOT TRUE THEN
    RETURN 'gateway, site, boot or body.kind is no text';
  END IF;
  IF (topic ~ '^ppuri/[^/]+/[^/]+/[^/]+$'
    AND split_part(topic, '/', 3) = message ->> 'gateway') IS NOT TRUE THEN
    RETURN 'the topic is another gateway''s';
  END IF;
  IF (ppuri.whole(message -> 'seq') >= 1) IS NOT TRUE THEN
    RETURN 'seq is no whole number from 1';
  END IF;
  IF ppuri.number(message #> '{at,wallMs}') IS NULL THEN
    RETURN 'at.wallMs is no number';
  END IF;
  IF jsonb_typeof(message -> 'clockSynced') IS DISTINCT FROM 'boolean' THEN
    RETURN 'clockSynced is not said';
  END IF;
  IF body ->> 'kind' = 'gap' AND (
    ppuri.whole(body #> '{gap,fromSeq}') >= 0
    AND ppuri.whole(body #> '{gap,toSeq}') >= ppuri.whole(body #> '{gap,fromSeq}')
    AND ppuri.whole(body #> '{gap,count}') >= 0) IS NOT TRUE THEN
    RETURN 'gap has no fromSeq, toSeq and count';
  END IF;
  RETURN NULL;
END $$;

-- Whether two records of one key are the same. The wall time may have been put right, and parts of the
-- shot may have been removed, between the first time it was sent and the next.
CREATE FUNCTION ppuri.lasting(record jsonb, evicted jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT (record - '{at,clockSynced,clockFilled,evicted}'::text[])
    #- CASE WHEN evicted ? 'features' THEN '{body,cycle,features}' ELSE '{}' END::text[]
    #- CASE WHEN evicted ? 'readings' THEN '{body,cycle,readings}' ELSE '{}' END::text[]
$$;
CREATE FUNCTION ppuri.same(one jsonb, other jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT ppuri.lasting(one, evicted) = ppuri.lasting(other, evicted)
  FROM (VALUES (coalesce(one -> 'evicted', '[]') || coalesce(other -> 'evicted', '[]'))) AS e (evicted)
$$;

CREATE FUNCTION ppuri.keep() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  said text;
  message jsonb;
  body jsonb;
  reason text;
BEGIN
  said := coalesce(convert_from(decode(NEW.base64, 'base64'), 'UTF8'), NEW.value);
  message := said::jsonb;
  reason := ppuri.flaw(NEW.topic, message);
  IF reason IS NOT NULL THEN
    INSERT INTO ppuri.refused (topic, value, reason) VALUES (NEW.topic, said, reason);
    RETURN NULL;
  END IF;
  body := message -> 'body';
  INSERT INTO ppuri.records (gateway, boot, seq, site, kind, machine, at, clock_synced, record)
  VALUES (
    message ->> 'gateway', message ->> 'boot', ppuri.whole(message -> 'seq'), message ->> 'site',
    body ->> 'kind',
    coalesce(body #>> '{cycle,machine}', body #>> '{alert,machine}'),
    to_timestamp(ppuri.number(message #> '{at,wallMs}') / 1000),
    (message ->> 'clockSynced')::boolean,
    message
  )
  ON CONFLICT (gateway, boot, seq) DO NOTHING;
  IF NOT FOUND THEN
    PERFORM ppuri.count_repeat(message);
  END IF;
  RETURN NULL;
EXCEPTION
  -- Only what is wrong with the message itself: no JSON, nested too deep, a name too long for a key. A
  -- full disk or a lost connection must fail the collector's write, so that it comes again.
  WHEN data_exception OR integrity_constraint_violation OR program_limit_exceeded THEN
    INSERT INTO ppuri.refused (topic, value, base64, reason)
    VALUES (NEW.topic, said, CASE WHEN said IS NULL THEN NEW.base64 END, SQLERRM);
    RETURN NULL;
END $$;

-- A record whose key is there already: the same once more, or a conflict, which is counted once.
CREATE FUNCTION ppuri.count_repeat(message jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO ppuri.conflicts (gateway, boot, seq, record)
  SELECT r.gateway, r.boot, r.seq, message FROM ppuri.records AS r
  WHERE r.gateway = message ->> 'gateway' AND r.boot = message ->> 'boot'
    AND r.seq = ppuri.whole(message -> 'seq')
    AND r.record <> message AND NOT ppuri.same(r.record, message)
    AND NOT EXISTS (
      SELECT FROM ppuri.conflicts AS c
      WHERE c.gateway = r.gateway AND c.boot = r.boot AND c.seq = r.seq AND ppuri.same(c.record, message)
    );
  IF FOUND THEN
    RETURN;
  END IF;
  INSERT INTO ppuri.repeats AS r VALUES (message ->> 'gateway', 1, clock_timestamp())
  ON CONFLICT (gateway) DO UPDATE SET count = r.count + 1, latest = clock_timestamp();
END $$;

CREATE TRIGGER keep BEFORE INSERT ON ppuri.inbox FOR EACH ROW EXECUTE FUNCTION ppuri.keep();

-- What a gateway could not keep and said so.
CREATE VIEW ppuri.gaps AS
SELECT gateway, boot, seq,
  ppuri.whole(record #> '{body,gap,fromSeq}') AS from_seq,
  ppuri.whole(record #> '{body,gap,toSeq}') AS to_seq,
  ppuri.whole(record #> '{body,gap,count}') AS count,
  record #>> '{body,gap,reason}' AS reason,
  at
FROM ppuri.records WHERE kind = 'gap';

-- Of the runs of absent keys froms[i] to tos[i] of one start, in order: how many keys of each its gap
-- records tell of. A gap tells of no more than it counts, and no more than is absent from its range:
-- each absent key takes from the gap that ends first, which leaves most for the keys behind it.
CREATE FUNCTION ppuri.told(of_gateway text, of_boot text, froms bigint[], tos bigint[])
RETURNS TABLE (from_seq bigint, to_seq bigint, told bigint, reasons text)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  gap_from bigint[];
  gap_to bigint[];
  unused bigint[];
  words text[];
  used text[];
  place bigint;
  next_place bigint;
  pick int;
  took bigint;
BEGIN
  SELECT array_agg(g.from_seq ORDER BY g.to_seq, g.seq), array_agg(g.to_seq ORDER BY g.to_seq, g.seq),
    array_agg(g.count ORDER BY g.to_seq, g.seq), array_agg(g.reason ORDER BY g.to_seq, g.seq)
  INTO gap_from, gap_to, unused, words
  FROM ppuri.gaps g WHERE g.gateway = of_gateway AND g.boot = of_boot;
  FOR i IN 1 .. cardinality(froms) LOOP
    from_seq := froms[i];
    to_seq := tos[i];
    told := 0;
    used := '{}';
    place := froms[i];
    WHILE place <= tos[i] LOOP
      pick := NULL;
      next_place := tos[i] + 1;
      FOR k IN 1 .. coalesce(cardinality(unused), 0) LOOP
        CONTINUE WHEN unused[k] < 1 OR gap_to[k] < place;
        IF gap_from[k] > place THEN
          next_place := least(next_place, gap_from[k]);
        ELSIF pick IS NULL THEN
          pick := k;
        END IF;
      END LOOP;
      IF pick IS NOT NULL THEN
        took := least(unused[pick], gap_to[pick] - place + 1, next_place - place);
        unused[pick] := unused[pick] - took;
        told := told + took;
        used := used || words[pick];
        next_place := place + took;
      END IF;
      place := next_place;
    END LOOP;
    SELECT string_agg(DISTINCT word, ', ') INTO reasons FROM unnest(used) AS word;
    RETURN NEXT;
  END LOOP;
END $$;

-- Runs of keys that are not here, between the first key of a start (1) and the last one that came.
-- told: so many of the run's count gap records of the same start speak of; reasons: what they say. What
-- is not told is still under way, or was lost on the way here. After the last key nothing can be seen.
CREATE VIEW ppuri.missing AS
WITH keys AS (
  SELECT gateway, boot, seq FROM ppuri.records
  UNION ALL
  SELECT gateway, boot, 0 FROM ppuri.records GROUP BY gateway, boot
), runs AS (
  SELECT gateway, boot, seq + 1 AS from_seq,
    lead(seq) OVER (PARTITION BY gateway, boot ORDER BY seq) - 1 AS to_seq
  FROM keys
), starts AS (
  SELECT gateway, boot, array_agg(from_seq ORDER BY from_seq) AS froms,
    array_agg(to_seq ORDER BY from_seq) AS tos
  FROM runs WHERE to_seq >= from_seq GROUP BY gateway, boot
)
SELECT s.gateway, s.boot, t.from_seq, t.to_seq, t.to_seq - t.from_seq + 1 AS count, t.told,
  t.to_seq - t.from_seq + 1 - t.told AS untold, t.reasons
FROM starts s CROSS JOIN LATERAL ppuri.told(s.gateway, s.boot, s.froms, s.tos) AS t;

CREATE VIEW ppuri.shots AS
SELECT gateway, boot, seq, site, machine, at, clock_synced,
  record #>> '{body,cycle,profile}' AS profile,
  record #>> '{body,cycle,mold}' AS mold,
  ppuri.whole(record #> '{body,cycle,shot}') AS shot,
  record #>> '{body,cycle,observed}' AS observed,
  record #>> '{body,verdict,outcome}' AS outcome,
  record #>> '{body,verdict,reason}' AS reason,
  ppuri.number(record #> '{body,verdict,probability}') AS probability,
  ppuri.number(record #> '{body,verdict,threshold}') AS threshold,
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
