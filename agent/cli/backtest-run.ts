/** A history through a model, row by row: what `ppuri backtest` does before it counts. */
import { PpuriError } from '../../config/errors.ts';
import type { Profile } from '../../config/profile.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { compileEncoder } from '../../models/encode.ts';
import type { Bundle } from '../../models/manifest.ts';
import type { Table } from '../../models/table.ts';
import { AlertReplay, type ReplayedAlert } from '../backtest/alert-replay.ts';
import { columnsProfile, noProfile } from '../backtest/columns-profile.ts';
import { featureHistory, featuresFed, type History, profileHistory } from '../backtest/history.ts';
import { readLabels } from '../backtest/labels.ts';
import { RepeatCount, type Repeats } from '../backtest/repeats.ts';
import { type HistoryJudge, openHistoryJudge } from '../backtest/run.ts';
import type { JudgedShot } from '../backtest/shot.ts';
import { type RowClock, rowClock } from '../backtest/times.ts';
import { createLog } from '../health/log.ts';
import { watchedModelOf } from '../judge-model.ts';
import { type Cycle, defectScoreOf, type Verdict } from '../records.ts';
import { forkRole } from '../role.ts';

/** What of the command line says how rows become judged shots. */
export interface RunOptions {
  readonly label?: string;
  readonly time?: readonly string[];
  readonly positive?: string;
  readonly profile?: string;
  readonly mold?: string;
  readonly column: Readonly<Record<string, string>>;
  readonly drop: Readonly<Record<string, string>>;
  readonly fromRow?: number;
  readonly toRow?: number;
  readonly limits: 'none' | 'profile';
  readonly parts: 'separate' | 'join';
}

export interface JudgedHistory {
  /** How the columns were taken; not the rows, which would stay in memory. */
  readonly history: Pick<History, 'absent' | 'unused' | 'deadRules'>;
  readonly clock: RowClock;
  readonly shots: readonly JudgedShot[];
  readonly repeats: Repeats;
  readonly alerts: readonly ReplayedAlert[];
}

/** Calls of an operator in an hour, as the configuration has it where it says nothing. */
const callsPerHour = 5;

/** What the score of a shot is compared with: at or above is a defect. */
export function scoreLimit({ manifest }: Bundle): number {
  const { limit } = compileEncoder(manifest);
  if (manifest.output.kind !== 'value') return limit;
  // A value on its limit is good still.
  return limit + Math.max(Math.abs(limit) * Number.EPSILON, Number.MIN_VALUE);
}

/** Throws `csv-invalid`, `usage` and what loading a model throws. */
export async function judgeHistory(
  bundle: Bundle,
  table: Table,
  options: RunOptions,
  progress: (done: number) => void,
): Promise<JudgedHistory> {
  const { manifest } = bundle;
  const asked = options.profile ?? manifest.profile;
  const profile = asked === noProfile ? columnsProfile(manifest) : loadProfile(asked);
  requireFeatures(bundle, profile);
  const clock = rowClock(table, options.time ?? null);
  const history = await openHistory(bundle, table, profile, clock, options);
  const columns = history.columns.map(({ column }) => column);
  const rows = new RowTaker(table, clock, columns, options);
  const limits = options.limits === 'profile' ? profile.limits : {};
  const judge = await openHistoryJudge(bundle, limits, history.moldExpected, {
    fork: forkRole,
    log: createLog((line) => process.stderr.write(`${line}\n`), 'warn'),
  });
  const alerts = new AlertReplay({
    ...{ profile, manifest, callsPerHour },
    watched: watchedModelOf(bundle),
    doubt: (features) => judge.doubt(features),
  });
  try {
    await judgeAll({ history, judge, rows, alerts, progress });
  } finally {
    await judge.close();
  }
  if (rows.shots.length === 0) throw nothingLeft(table);
  const { absent, unused, deadRules } = history;
  const { shots } = rows;
  return {
    history: { absent, unused, deadRules },
    ...{ clock, shots, repeats: rows.repeats(), alerts: alerts.alerts() },
  };
}

async function judgeAll(parts: {
  readonly history: History;
  readonly judge: HistoryJudge;
  readonly rows: RowTaker;
  readonly alerts: AlertReplay;
  readonly progress: (done: number) => void;
}): Promise<void> {
  const { history, judge, rows, alerts, progress } = parts;
  for (let row = 0, cycle = history.next(); cycle !== null; row += 1, cycle = history.next()) {
    if (!rows.wants(row)) continue;
    const verdict = await judge.judge(cycle);
    alerts.observe(cycle, verdict, rows.take(row, cycle, verdict));
    progress(rows.shots.length);
  }
}

/** Which rows count, and what is kept of them. */
class RowTaker {
  readonly shots: JudgedShot[] = [];
  readonly #clock: RowClock;
  readonly #options: RunOptions;
  readonly #labelOf: (row: number) => 0 | 1 | null;
  readonly #isDropped: (row: number) => boolean;
  readonly #repeats: RepeatCount;

  constructor(table: Table, clock: RowClock, columns: readonly string[], options: RunOptions) {
    this.#clock = clock;
    this.#options = options;
    const { label, positive } = options;
    this.#labelOf = label === undefined ? () => null : readLabels(table, label, positive);
    this.#isDropped = droppedRows(table, options.drop);
    this.#repeats = new RepeatCount(table, columns, clock.wallMs);
  }

  /** False too for a further part of the shot before, which then has its label. */
  wants(row: number): boolean {
    const { fromRow = 1, toRow = Number.POSITIVE_INFINITY, parts } = this.#options;
    if (row + 1 < fromRow || row + 1 > toRow || this.#isDropped(row)) return false;
    const label = this.#labelOf(row);
    const isSame = this.#repeats.take(row, label);
    const last = this.shots.at(-1);
    if (parts === 'separate' || !isSame || last === undefined) return true;
    this.shots[this.shots.length - 1] = { ...last, label: joined(last.label, label) };
    return false;
  }

  /** Gives when it was. */
  take(row: number, { mold }: Cycle, verdict: Verdict): number | null {
    const { outcome, reason } = verdict;
    const [wallMs, label] = [this.#clock.wallMs(row), this.#labelOf(row)];
    this.shots.push({
      row: row + 1,
      wallMs,
      mold,
      outcome,
      reason,
      score: defectScoreOf(verdict),
      label,
    });
    return wallMs;
  }

  repeats(): Repeats {
    return this.#repeats.count();
  }
}

/** A shot is a defect when one of its parts is, and good when all of them are. */
function joined(a: 0 | 1 | null, b: 0 | 1 | null): 0 | 1 | null {
  if (a === 1 || b === 1) return 1;
  return a === null || b === null ? null : 0;
}

/** A profile without the model's features would leave every input missing. */
function requireFeatures({ manifest }: Bundle, profile: Profile): void {
  const lacking = manifest.features
    .map(({ from }) => from)
    .filter((from) => !(from in profile.features));
  if (lacking.length === 0) return;
  throw new PpuriError('usage', `profile ${profile.id} does not fit model ${manifest.name}`, {
    operation: 'backtest',
    subject: profile.id,
    hint: `the model is for ${manifest.profile}; this profile lacks ${lacking.join(', ')}`,
  });
}

async function openHistory(
  { manifest }: Bundle,
  table: Table,
  profile: Profile,
  clock: RowClock,
  options: RunOptions,
): Promise<History> {
  const { column: columns, mold } = options;
  const how = { columns, clock, moldColumn: mold ?? null };
  if (profile.id === noProfile) return featureHistory(table, manifest, how);
  const fed = featuresFed(table, manifest, profile, columns);
  return fed.throughProfile > 0 && fed.throughProfile >= fed.straight
    ? profileHistory(table, profile, how)
    : featureHistory(table, manifest, how);
}

function droppedRows(
  table: Table,
  drop: Readonly<Record<string, string>>,
): (row: number) => boolean {
  const rules = Object.entries(drop).map(([name, value]) => ({
    column: table.column(name),
    value,
  }));
  return (row) => rules.some(({ column, value }) => table.rows[row]?.[column] === value);
}

function nothingLeft(table: Table): PpuriError {
  return new PpuriError('csv-invalid', 'no row is left to judge', {
    operation: 'backtest',
    subject: table.path,
    hint: `the file has ${table.rows.length} rows; look at --from-row, --to-row and --drop`,
  });
}
