/** What inspection found before and after a change, as counts: never one row for each shot. */

export type Period = 'before' | 'after';

/** The shots of one day, mold and mode. Try and warm-up shots are left out by whoever counts. */
export interface CountRow {
  readonly period: Period;
  /** `2027-03-14`, the working day that the shots are counted to. */
  readonly day: string;
  readonly mold: string | null;
  /** Speed, recipe or part variant; null: the machine has one. */
  readonly mode: string | null;
  /** Lot of material; absent or null: not known. */
  readonly lot?: string | null;
  /** Shots that inspection judged. */
  readonly judged: number;
  readonly defects: number;
  /** Shots that nobody judged; absent: 0. */
  readonly unjudged?: number;
}

/** Shots and defects, both whole numbers except where made-up weights say otherwise. */
export interface Counts {
  readonly judged: number;
  readonly defects: number;
}

/** What resembles itself within: shots of one day, lot or week come out alike. */
export type BlockKind = 'day' | 'lot' | 'week';

/** Both periods of one mold in one mode. */
export interface Stratum {
  readonly mold: string | null;
  readonly mode: string | null;
  readonly before: Counts;
  readonly after: Counts;
}

/** Shots of one block in one stratum. */
export interface Cell extends Counts {
  /** Place in the list of strata. */
  readonly stratum: number;
}

/** One block of one period, in the order of time. */
export interface Block {
  readonly name: string;
  readonly firstDay: string;
  readonly cells: readonly Cell[];
}

export interface Table {
  readonly strata: readonly Stratum[];
  readonly blocks: Readonly<Record<Period, readonly Block[]>>;
}

export const dayMs = 86_400_000;

/** Days since 1970 of `2027-03-14`. */
export function dayNumber(day: string): number {
  const ms = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(ms)) throw new RangeError(`not a day: ${day}`);
  return ms / dayMs;
}

function blockName({ day, lot }: CountRow, kind: BlockKind): string {
  if (kind === 'lot' && lot !== undefined && lot !== null) return `lot ${lot}`;
  // Weeks from Monday on; 1970-01-01 was a Thursday.
  if (kind === 'week') return `week ${Math.floor((dayNumber(day) + 3) / 7)}`;
  return day;
}

const stratumKey = ({ mold, mode }: { mold: string | null; mode: string | null }): string =>
  JSON.stringify([mold, mode]);

function sum(rows: readonly Counts[]): Counts {
  let [judged, defects] = [0, 0];
  for (const row of rows) {
    judged += row.judged;
    defects += row.defects;
  }
  return { judged, defects };
}

function refuseImpossible(rows: readonly CountRow[]): void {
  const isCount = (value: number): boolean => Number.isFinite(value) && value >= 0;
  for (const row of rows)
    if (!isCount(row.judged) || !isCount(row.defects) || row.defects > row.judged)
      throw new RangeError(`${row.defects} defects of ${row.judged} shots on ${row.day}`);
}

/** Rows by stratum and block; rows without a judged shot tell nothing and are left out. */
export function tableOf(rows: readonly CountRow[], kind: BlockKind): Table {
  refuseImpossible(rows);
  const judged = rows.filter((row) => row.judged > 0);
  const groups = [...Map.groupBy(judged, stratumKey).values()];
  const strata = groups.flatMap((group): Stratum[] => {
    const [first] = group;
    if (first === undefined) return [];
    const of = (period: Period): Counts => sum(group.filter((row) => row.period === period));
    return [{ mold: first.mold, mode: first.mode, before: of('before'), after: of('after') }];
  });
  const places = new Map(strata.map((stratum, place) => [stratumKey(stratum), place]));
  const blocksOf = (period: Period): Block[] => {
    const own = judged.filter((row) => row.period === period);
    const named = Map.groupBy(own, (row) => blockName(row, kind));
    return [...named]
      .map(([name, group]) => ({
        name,
        firstDay: group.map(({ day }) => day).toSorted()[0] ?? '',
        cells: [...Map.groupBy(group, (row) => places.get(stratumKey(row)) ?? -1)].map(
          ([stratum, cells]) => ({ stratum, ...sum(cells) }),
        ),
      }))
      .sort((a, b) => (a.firstDay < b.firstDay ? -1 : a.firstDay > b.firstDay ? 1 : 0));
  };
  return { strata, blocks: { before: blocksOf('before'), after: blocksOf('after') } };
}

export function totalOf(table: Table, period: Period): Counts {
  return sum(table.strata.map((stratum) => stratum[period]));
}
