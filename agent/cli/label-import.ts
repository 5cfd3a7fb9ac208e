/** `ppuri label import`: inspection sheets, late and in the shop's own words. */
import { type Command, InvalidArgumentError } from 'commander';
import { readTable } from '../../models/table.ts';
import type { LabelOutcome } from '../labels/outcome.ts';
import { refusalText } from '../labels/words.ts';
import { collectPairs, duration } from './arguments.ts';
import { giveLabels, labelLanguage, thisUser, withAgent } from './label-agent.ts';
import { readSheet, type Sheet, type SheetFlags } from './label-sheet.ts';
import { action, type Output } from './output.ts';
import { addStoreFlags, type Place, placeOf, type StoreFlags } from './store-access.ts';
import type { Language } from './words.ts';

interface ImportFlags
  extends StoreFlags,
    Omit<SheetFlags, 'types' | 'words' | 'who' | 'toleranceMs'> {
  readonly okValues: readonly string[];
  readonly defectValues: readonly string[];
  readonly typeMap: Readonly<Record<string, string>>;
  readonly tolerance?: number;
  readonly by?: string;
  readonly dryRun?: boolean;
}

const help = `
UTF-8 or CP949, with commas, semicolons or tabs; the first line names the columns. Columns with the
usual names (설비 호기 · 타수 샷 · 일자 시각 일시 · 판정 결과 · 불량유형 · 캐비티) are found by themselves. Dates
are written year first (2026-11-27, 2026. 11. 27, 20261127). Times without a zone are those of this
computer, as everywhere else; --zone +09:00 where the sheet is Korean and the gateway is not. A shot
number alone means the newest shot with it; where the counter begins anew every day the sheet needs a
date as well: what fits two shots is refused, never guessed.
A row without a result is left out. Rows that cannot be taken are told with their line, the others are
taken: exit 1. The same sheet again changes nothing.

--json prints {"rows":n,"kept":n,"repeated":n,"blank":n,"refused":[{"line":n,"message","hint"}],
"dryRun":bool,"columns":{…}}.

Examples:
  ppuri label import 검사.csv -c ppuri.yaml --dry-run
  ppuri label import 검사.csv -c ppuri.yaml --machine dc-03 --type-map 기포=porosity --type-map 기타=
  ppuri label import qc.tsv -c ppuri.yaml --result-column grade --ok-values A,B --defect-values C`;

/** One request to the agent; see mostLabels of agent/label-desk.ts. */
const batchLabels = 200;
const mostShown = 20;

interface Refusal {
  readonly line: number;
  readonly message: string;
  readonly hint: string;
}

interface Report {
  readonly rows: number;
  readonly kept: number;
  readonly repeated: number;
  readonly blank: number;
  readonly refused: readonly Refusal[];
  readonly dryRun: boolean;
  readonly columns: Sheet['columns'];
}

async function send(sheet: Sheet, place: Place, dryRun: boolean): Promise<Report> {
  const counts = { kept: 0, repeated: 0 };
  const refused: Refusal[] = sheet.rows.flatMap(({ line, request, problem }) =>
    request === null ? [{ line, message: problem?.[place.lang] ?? '', hint: '' }] : [],
  );
  const rows = sheet.rows.filter(({ request }) => request !== null);
  const note = (outcome: LabelOutcome, line: number): void => {
    if (outcome.state !== 'refused') counts[outcome.state] += 1;
    else {
      const message = refusalText(outcome.error.message)[place.lang];
      refused.push({ line, message, hint: outcome.error.hint });
    }
  };
  await withAgent(place, async (client) => {
    for (let from = 0; from < rows.length; from += batchLabels) {
      const batch = rows.slice(from, from + batchLabels);
      const labels = batch.map(({ request }) => request);
      const outcomes = await giveLabels(client, labels, dryRun);
      for (const [index, outcome] of outcomes.entries()) note(outcome, batch[index]?.line ?? 0);
    }
  });
  refused.sort((a, b) => a.line - b.line);
  const { blank, columns } = sheet;
  return { rows: sheet.rows.length + blank, ...counts, blank, refused, dryRun, columns };
}

function lines(
  { kept, repeated, blank, refused, dryRun, columns }: Report,
  lang: Language,
): string[] {
  const used = Object.values(columns).join(', ');
  const rest = refused.length - mostShown;
  const shown = refused.slice(0, mostShown);
  if (lang === 'ko')
    return [
      `사용한 열: ${used}`,
      `${dryRun ? '등록될 결과' : '등록'} ${kept}건, 이미 등록됨 ${repeated}건, 결과 없음 ${blank}행, 등록 못 함 ${refused.length}행`,
      ...shown.map(({ line, message }) => `  ${line}행: ${message}`),
      ...(rest > 0 ? [`  외 ${rest}행 (--json으로 전체 확인)`] : []),
    ];
  return [
    `columns used: ${used}`,
    `${kept} ${dryRun ? 'would be kept' : 'kept'}, ${repeated} known already, ${blank} rows without a result, ${refused.length} refused`,
    ...shown.map(({ line, message }) => `  line ${line}: ${message}`),
    ...(rest > 0 ? [`  and ${rest} more (all with --json)`] : []),
  ];
}

async function run(output: Output, file: string, flags: ImportFlags): Promise<void> {
  const place = placeOf(flags);
  const { okValues, defectValues, typeMap, tolerance, by, ...columns } = flags;
  const table = await readTable(file);
  const sheet = readSheet(table, {
    ...columns,
    types: typeMap,
    words: { ok: okValues, defect: defectValues },
    who: by ?? thisUser(),
    ...(tolerance === undefined ? {} : { toleranceMs: tolerance }),
  });
  const report = await send(sheet, place, flags.dryRun === true);
  if (flags.json === true) output.json(report);
  else for (const line of lines(report, place.lang)) output.line(line);
  if (report.refused.length > 0) process.exitCode = 1;
}

/** `Z`, `UTC`, `KST`, `+09:00` → minutes ahead of UTC. */
function zoneOf(text: string): number {
  if (/^(?:Z|UTC)$/i.test(text)) return 0;
  if (/^KST$/i.test(text)) return 540;
  const [, sign, hours, minutes = '0'] = /^([+-])(\d{1,2})(?::?(\d{2}))?$/.exec(text) ?? [];
  const ahead = Number(hours) * 60 + Number(minutes);
  if (sign === undefined || !(ahead <= 840)) throw new InvalidArgumentError('give +09:00 or UTC');
  return sign === '-' ? -ahead : ahead;
}

const list = (text: string): string[] => text.split(',').map((word) => word.trim());

export function addLabelImport(label: Command): void {
  const command = label
    .command('import')
    .argument('<csv>', 'an inspection sheet')
    .description('take the results of an inspection sheet');
  addStoreFlags(command, 'one JSON object, described below')
    .option('--machine <id>', 'all rows are of this machine')
    .option('--machine-column <name>', 'holds the machine: its id or its name')
    .option('--shot-column <name>', 'holds the machine’s own counter')
    .option('--time-column <name>', 'holds the time, or date and time')
    .option('--date-column <name>', 'holds the date')
    .option('--result-column <name>', 'holds the result')
    .option('--type-column <name>', 'holds the kind of defect')
    .option('--part-column <name>', 'holds the cavity or part')
    .option('--ok-values <a,b>', 'results that mean good, beside the usual ones', list, [])
    .option('--defect-values <a,b>', 'results that mean a defect', list, [])
    .option(
      '--type-map <name=id>',
      'what the sheet calls a defect; `name=`: of no known kind',
      collectPairs,
      {},
    )
    .option('--tolerance <time>', 'how far a shot may be from its time: 30s, 2h', duration)
    .option(
      '--zone <zone>',
      'of times without one, e.g. +09:00 (default: of this computer)',
      zoneOf,
    )
    .option('--by <name>', 'who inspected (default: this user)')
    .option('--dry-run', 'say what would be taken, and take nothing')
    .addHelpText('after', help)
    .action(action('import labels', run, (_, flags) => labelLanguage(flags)));
}
