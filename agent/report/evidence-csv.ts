/** Evidence as one CSV: a column `kind` says what a line is. */
import { cellText, csvLine } from '../cli/table.ts';
import type { Evidence, EvidenceRow, ModelUse, Settings } from './evidence.ts';

export const format = 'ppuri-effect-evidence 1';

export const columns = [
  ...['kind', 'period', 'day', 'machine', 'mold', 'mode', 'lot', 'shots'],
  ...['verdictOk', 'verdictDefect', 'unscored', 'labelledOk', 'labelledDefect'],
  ...['labelledOfOk', 'labelledOfDefect', 'labelledOfUnscored'],
  ...['fromPanel', 'fromCommand', 'fromSheet', 'partly', 'reworked', 'missed', 'suppressed'],
  ...['kwh', 'goodKg', 'holdHours', 'ambientC'],
  ...['name', 'value', 'version', 'hash', 'threshold', 'lastDay'],
] as const;
export type ColumnName = (typeof columns)[number];

export type Cells = Partial<Record<ColumnName, string | number | null>>;

/** Spreadsheets run what begins like a formula; `'` before it, and before what has one already. */
const guarded = (text: string | null | undefined): string | null =>
  text === null || text === undefined ? null : /^'+[=+@-]/.test(text) ? `'${text}` : cellText(text);

const line = (cells: Cells): string => csvLine(columns.map((name) => cells[name] ?? null));

/** In this order always: the same evidence has the same hash. */
const plainSettings = [
  ...(['basis', 'by', 'blocks', 'aim', 'scrapKrw', 'kwhKrw', 'dayStart'] as const),
  ...(['energyPer', 'version', 'countedWallMs'] as const),
] as const;

/** One line a setting; looks and left-out days are texts of their own. */
function settingCells(settings: Settings, evidence: Evidence): [string, string | number | null][] {
  const { looks, energyLeftOut, machine, mold, gateway } = settings;
  const { days, ledger } = evidence;
  return [
    ['format', format],
    ['before', days.before.join(' ')],
    ['after', days.after.join(' ')],
    ...plainSettings.map((name): [string, string | number | null] => [name, settings[name]]),
    ['machine', guarded(machine)],
    ['mold', guarded(mold)],
    ['gateway', guarded(gateway)],
    ['looks', looks === null ? null : `${looks.method} ${looks.everyDays} ${looks.plannedDays}`],
    ['energyLeftOut', `${energyLeftOut.before} ${energyLeftOut.after}`],
    ['ledger', `${ledger.kept} ${ledger.lost} ${ledger.unexplained}`],
  ];
}

function shotCells(row: EvidenceRow): Cells {
  const { period, day, shots, verdicts, labelled, labelledOf, labelledFrom } = row;
  const reasons = Object.entries(row.suppressed).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...{ kind: 'shots', period, day, shots },
    ...{ machine: guarded(row.machine), mold: guarded(row.mold) },
    ...{ mode: guarded(row.mode), lot: guarded(row.lot) },
    ...{ verdictOk: verdicts.ok, verdictDefect: verdicts.defect, unscored: verdicts.unscored },
    ...{ labelledOk: labelled.ok, labelledDefect: labelled.defect },
    ...{ labelledOfOk: labelledOf.ok, labelledOfDefect: labelledOf.defect },
    labelledOfUnscored: labelledOf.unscored,
    ...{ fromPanel: labelledFrom.panel, fromCommand: labelledFrom.cli },
    fromSheet: labelledFrom.import,
    ...{ partly: row.partly, reworked: row.reworked, missed: row.missed },
    suppressed: reasons.map(([reason, count]) => `${reason}:${count}`).join(' '),
  };
}

const modelCells = (use: ModelUse): Cells => ({
  ...{ kind: 'model', period: use.period, day: use.firstDay, lastDay: use.lastDay },
  ...{ machine: guarded(use.machine), name: guarded(use.name) },
  ...{ version: guarded(use.version), hash: use.hash, threshold: use.threshold, shots: use.shots },
});

/** Numbers are written in full, so that reading them gives the same ones. The same bytes each time. */
export function evidenceCsv(evidence: Evidence): string {
  const { settings, shots, energy, models } = evidence;
  const lines = [
    columns.join(','),
    ...settingCells(settings, evidence).map(([name, value]) =>
      line({ kind: 'setting', name, value }),
    ),
    ...models.map((use) => line(modelCells(use))),
    ...shots.map((row) => line(shotCells(row))),
    ...energy.map((row) => line({ kind: 'energy', ...row })),
  ];
  // Excel takes a file for UTF-8 only when it begins with this mark.
  return `\ufeff${lines.join('\r\n')}\r\n`;
}
