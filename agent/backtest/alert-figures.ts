/** How right the alerts of a history were, as who answers them meets it. */
import { type SharedOut, shareOf } from '../../models/share.ts';
import type { ReplayedAlert } from './alert-replay.ts';
import { type Episode, episodesOf } from './episodes.ts';
import type { JudgedShot } from './shot.ts';
import { dayText } from './times.ts';

export interface Spread {
  readonly median: number;
  readonly p90: number;
  readonly max: number;
}

/** An alert on shots, with what inspection found among them. */
export interface CheckedAlert {
  readonly cause: string;
  readonly mold: string | null;
  readonly attention: ReplayedAlert['attention'];
  readonly raisedRow: number;
  readonly clearedRow: number | null;
  readonly raisedWallMs: number | null;
  readonly ranges: readonly { readonly from: number; readonly to: number }[];
  /** Shots of its mold within its ranges. */
  readonly shotsToSort: number;
  readonly defects: number;
  /** Null: none of its shots was inspected. */
  readonly isTrue: boolean | null;
}

export interface EpisodeCount {
  readonly episodes: number;
  readonly found: number;
}

export interface MissedEpisode {
  readonly mold: string | null;
  readonly fromRow: number;
  readonly toRow: number;
  readonly fromWallMs: number | null;
  readonly defects: number;
}

const mostMissed = 1000;

export interface AlertFigures {
  /** Alerts on shots; those on sensors and the like are in `others`. */
  readonly alerts: number;
  /** Of them, such that called or were grouped with others that did. */
  readonly called: number;
  readonly grouped: number;
  readonly perThousandShots: number | null;
  /** By calendar days with shots; null without times. */
  readonly perDay: number | null;
  readonly days: number | null;
  /** Verdicts `defect`: so many would each single one have been. */
  readonly defectVerdicts: number;
  /** Alerts with a defect among their shots, of those with an inspected shot. */
  readonly trueShare: SharedOut;
  readonly notInspected: number;
  readonly shotsToSort: Spread | null;
  /** Defects among the inspected shots that alerts have sorted out. */
  readonly sortedYield: SharedOut;
  /** Defects that lie within an alert's shots, of all. */
  readonly defectsWithin: SharedOut;
  readonly episodes: EpisodeCount & {
    /** Defects fewer than so many shots of their mold apart are one episode. */
    readonly within: number;
    /** Of one defect: two of three shots make an alert, so no rule of the agent can find them. */
    readonly single: EpisodeCount;
    readonly several: EpisodeCount & { readonly share: SharedOut };
    /** Shots of the mold from an episode's first defect to its alert; 0: it stood already. */
    readonly shotsToAlert: Spread | null;
    readonly perMold: Readonly<Record<string, EpisodeCount & { readonly alerts: number }>>;
    /** Those without an alert, the first thousand. */
    readonly missed: readonly MissedEpisode[];
  };
  readonly others: Readonly<Record<string, number>>;
  readonly list: readonly CheckedAlert[];
}

type Place = (mold: string | null, row: number) => number;

/** Rows of each mold in order, to count shots of one mold between two rows. */
class MoldRows {
  readonly #rows: ReadonlyMap<string | null, Int32Array>;
  readonly #shots: ReadonlyMap<string | null, readonly JudgedShot[]>;

  constructor(shots: readonly JudgedShot[]) {
    this.#shots = Map.groupBy(shots, ({ mold }) => mold);
    this.#rows = new Map(
      [...this.#shots].map(([mold, part]) => [mold, Int32Array.from(part, ({ row }) => row)]),
    );
  }

  /** How many shots of the mold come before this row. */
  readonly place: Place = (mold, row) => {
    const rows = this.#rows.get(mold) ?? new Int32Array();
    let [low, high] = [0, rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((rows[middle] ?? 0) < row) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  within(mold: string | null, from: number, to: number): readonly JudgedShot[] {
    const part = this.#shots.get(mold) ?? [];
    return part.slice(this.place(mold, from), this.place(mold, to + 1));
  }
}

function check(alert: ReplayedAlert, rows: MoldRows): CheckedAlert & { shots: JudgedShot[] } {
  const { cause, mold, attention, raisedRow, clearedRow, raisedWallMs, ranges } = alert;
  const shots = ranges.flatMap(({ from, to }) => rows.within(mold, from, to));
  const defects = shots.filter(({ label }) => label === 1).length;
  const inspected = shots.some(({ label }) => label !== null);
  return {
    ...{ cause, mold, attention, raisedRow, clearedRow, raisedWallMs, ranges },
    ...{ shotsToSort: shots.length, defects, shots },
    isTrue: inspected ? defects > 0 : null,
  };
}

/** The rows of its defects lie within the shots of an alert: which, and how late it was told. */
function findEpisode(episode: Episode, alertOf: ReadonlyMap<number, CheckedAlert>, place: Place) {
  const first = episode.defects
    .flatMap((row) => alertOf.get(row) ?? [])
    .reduce<CheckedAlert | null>(
      (best, alert) => (best === null || alert.raisedRow < best.raisedRow ? alert : best),
      null,
    );
  if (first === null) return null;
  const { mold } = episode;
  return Math.max(0, place(mold, first.raisedRow) - place(mold, episode.fromRow));
}

export function spreadOf(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (q: number): number => sorted[Math.ceil(q * sorted.length) - 1] ?? 0;
  return { median: at(0.5), p90: at(0.9), max: at(1) };
}

function daysOf(shots: readonly JudgedShot[]): number | null {
  const days = new Set<string>();
  for (const { wallMs } of shots) {
    if (wallMs === null) return null;
    days.add(dayText(wallMs));
  }
  return days.size;
}

export function alertFigures(
  shots: readonly JudgedShot[],
  replayed: readonly ReplayedAlert[],
  within: number,
): AlertFigures {
  const rows = new MoldRows(shots);
  const checked = replayed.filter(({ ranges }) => ranges.length > 0).map((one) => check(one, rows));
  const alertOf = new Map<number, CheckedAlert>();
  for (const alert of checked)
    for (const { row } of alert.shots) if (!alertOf.has(row)) alertOf.set(row, alert);
  const sorted = shots.filter(({ row, label }) => label !== null && alertOf.has(row));
  const caught = sorted.filter(({ label }) => label === 1).length;
  const told = checked.filter(({ isTrue }) => isTrue !== null);
  const days = daysOf(shots);
  const others: Record<string, number> = {};
  for (const { cause, ranges } of replayed)
    if (ranges.length === 0) others[cause] = (others[cause] ?? 0) + 1;
  return {
    alerts: checked.length,
    called: checked.filter(({ attention }) => attention === 'call').length,
    grouped: checked.filter(({ attention }) => attention === 'grouped').length,
    perThousandShots: shots.length === 0 ? null : (checked.length / shots.length) * 1000,
    perDay: days === null || days === 0 ? null : checked.length / days,
    days,
    defectVerdicts: shots.filter(({ outcome }) => outcome === 'defect').length,
    trueShare: shareOf(told.filter(({ isTrue }) => isTrue).length, told.length),
    notInspected: checked.length - told.length,
    shotsToSort: spreadOf(checked.map(({ shotsToSort }) => shotsToSort)),
    sortedYield: shareOf(caught, sorted.length),
    defectsWithin: shareOf(caught, shots.filter(({ label }) => label === 1).length),
    episodes: episodeFigures(shots, checked, alertOf, rows.place, within),
    others,
    list: checked.map(({ shots: _, ...alert }) => alert),
  };
}

function episodeFigures(
  shots: readonly JudgedShot[],
  alerts: readonly CheckedAlert[],
  alertOf: ReadonlyMap<number, CheckedAlert>,
  place: Place,
  within: number,
): AlertFigures['episodes'] {
  const episodes = episodesOf(shots, within).map((episode) => ({
    episode,
    lateBy: findEpisode(episode, alertOf, place),
  }));
  const count = (part: typeof episodes): EpisodeCount => ({
    episodes: part.length,
    found: part.filter(({ lateBy }) => lateBy !== null).length,
  });
  const single = count(episodes.filter(({ episode }) => episode.defects.length === 1));
  const several = count(episodes.filter(({ episode }) => episode.defects.length > 1));
  const molds = new Set([...shots.map(({ mold }) => mold)]);
  const perMold = [...molds].map((mold) => [
    mold ?? '-',
    {
      ...count(episodes.filter(({ episode }) => episode.mold === mold)),
      alerts: alerts.filter((alert) => alert.mold === mold).length,
    },
  ]);
  return {
    ...{ within, ...count(episodes), single },
    several: { ...several, share: shareOf(several.found, several.episodes) },
    shotsToAlert: spreadOf(episodes.flatMap(({ lateBy }) => lateBy ?? [])),
    perMold: Object.fromEntries(perMold),
    missed: missedOf(
      shots,
      episodes.flatMap(({ episode, lateBy }) => (lateBy === null ? [episode] : [])),
    ),
  };
}

function missedOf(shots: readonly JudgedShot[], episodes: readonly Episode[]): MissedEpisode[] {
  const times = new Map(shots.map(({ row, wallMs }) => [row, wallMs]));
  return episodes.slice(0, mostMissed).map(({ mold, fromRow, toRow, defects }) => ({
    ...{ mold, fromRow, toRow, defects: defects.length },
    fromWallMs: times.get(fromRow) ?? null,
  }));
}
