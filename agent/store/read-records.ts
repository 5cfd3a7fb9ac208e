/** Records as the loop made them, read back from the store: for those who deliver or export them. */
import type Database from 'better-sqlite3';
import type { Reading, RecordBody, StoredRecord } from '../records.ts';
import { clockMarks } from './clock-fill.ts';
import { unpackReadings } from './compact.ts';
import { unpackText } from './shapes.ts';

export interface ReadRecord extends StoredRecord {
  /** `ordinal of its boot << 40 | seq`: the order of records. */
  readonly id: number;
  /** Parts of a shot that retention has let go of; it then has none of them. */
  readonly evicted: readonly ('features' | 'readings')[];
}

interface RawRecord {
  id: number;
  boot: string;
  seq: number;
  wall_ms: number;
  mono_ms: number;
  clock_synced: number;
  kind: string;
  body: string;
  packed: Buffer | null;
  features: string | null;
  packed_features: Buffer | null;
  readings: string | null;
  packed_readings: Buffer | null;
}

const select = `
  SELECT r.id, b.boot, r.id & 1099511627775 AS seq, r.wall_ms, r.mono_ms, r.clock_synced, r.kind,
    r.body, r.packed, d.features, d.packed_features, d.readings, d.packed_readings
  FROM records r CROSS JOIN boots b ON b.ordinal = r.id >> 40 LEFT JOIN cycle_data d ON d.id = r.id
  WHERE r.id > @after AND r.id <= @upTo ORDER BY r.id LIMIT @limit`;

/** Readings or features of a shot, by name; null once retention has let go of them. */
export function partOf(
  db: Database.Database,
  text: string | null | undefined,
  packed: Buffer | null | undefined,
): Readonly<Record<string, Reading>> | null {
  if (packed) return unpackReadings(unpackText(db, packed));
  return text === null || text === undefined ? null : unpackReadings(text);
}

function toRecord(db: Database.Database, raw: RawRecord): ReadRecord {
  const text = raw.packed === null ? raw.body : unpackText(db, raw.packed);
  const body: RecordBody = JSON.parse(text);
  const { id, boot, seq } = raw;
  const at = { monoMs: raw.mono_ms, wallMs: raw.wall_ms };
  const clock = {
    clockSynced: raw.clock_synced === clockMarks.known,
    ...(raw.clock_synced === clockMarks.filled ? { clockFilled: true } : {}),
  };
  const record = { id, boot, seq, at, ...clock };
  if (body.kind !== 'cycle') return { ...record, body, evicted: [] };
  const features = partOf(db, raw.features, raw.packed_features);
  const readings = partOf(db, raw.readings, raw.packed_readings);
  const evicted = [
    ...(features === null ? (['features'] as const) : []),
    ...(readings === null ? (['readings'] as const) : []),
  ];
  const cycle = { ...body.cycle, features: features ?? {}, readings: readings ?? {} };
  return { ...record, body: { ...body, cycle }, evicted };
}

/** Up to `limit` records with ids above `after` and up to `upTo`, in the order of records. */
export function readRecords(
  db: Database.Database,
  range: { readonly after: number; readonly upTo: number; readonly limit: number },
): ReadRecord[] {
  return db
    .prepare<[object], RawRecord>(select)
    .all({ ...range })
    .map((raw) => toRecord(db, raw));
}
