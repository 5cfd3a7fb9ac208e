/** What a furnace did before this start: its last heats, and what its operators were told of late. */
import type Database from 'better-sqlite3';
import type { HeatRecord } from '../records.ts';

export interface FurnacePast {
  /** Oldest first. */
  readonly heats: readonly HeatRecord[];
  /** Advice by cause, and when it was told last, newest first. */
  readonly told: readonly { readonly cause: string; readonly wallMs: number }[];
}

const mostHeats = 60;
const mostTold = 16;

// Few beside shots, and in an index of their own.
const heatsSql = `
  SELECT body FROM records INDEXED BY records_rare
  WHERE kind = 'heat' AND kind <> 'cycle' AND machine = ? ORDER BY id DESC LIMIT ${mostHeats}`;

const toldSql = `
  SELECT cause, raised_wall_ms AS wallMs FROM alerts
  WHERE machine = ? AND cause LIKE 'furnace-%' ORDER BY last_id DESC LIMIT ${mostTold}`;

/** By machine; one that had no heat is absent. */
export function queryFurnacePast(
  db: Database.Database,
  machines: readonly string[],
): Readonly<Record<string, FurnacePast>> {
  const heats = db.prepare<[string], string>(heatsSql).pluck();
  const told = db.prepare<[string], FurnacePast['told'][number]>(toldSql);
  return Object.fromEntries(
    machines.flatMap((machine) => {
      const bodies = heats.all(machine).reverse();
      if (bodies.length === 0) return [];
      const past = bodies.map((body): HeatRecord => JSON.parse(body).heat);
      return [[machine, { heats: past, told: told.all(machine) }]];
    }),
  );
}
