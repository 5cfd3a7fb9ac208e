/** `ppuri quality`: how verdicts agree with what inspection found. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type QualityDimension, type QualityReport, qualityDimensions } from '../records.ts';
import { storePaths } from '../store/paths.ts';
import { type QualityRequest, queryQuality } from '../store/quality.ts';
import { asStoreError, isDiskTrouble } from '../store/trouble.ts';
import { labelLanguage } from './label-agent.ts';
import { withMachineId } from './machine-argument.ts';
import { action, type Output } from './output.ts';
import { qualityCsv, qualityLines } from './quality-lines.ts';
import {
  addStoreFlags,
  moment,
  openStore,
  type Place,
  placeOf,
  type StoreFlags,
} from './store-access.ts';
import { openStoreFile } from './store-file.ts';

interface QualityFlags extends StoreFlags {
  readonly machine?: string;
  readonly mold?: string;
  readonly since?: number;
  readonly until?: number;
  readonly by: readonly QualityDimension[];
  readonly csv?: boolean;
  readonly bom?: boolean;
}

const help = `
Only shots with a verdict count. A shot is a defect when one of its parts is, and good when all of them
are. Inspection that looks at suspected shots only cannot know what was missed: where verdicts of one
kind were labelled more often, recall is scaled up from the labelled shares, and where shots with
verdict ok are hardly labelled there is none. Shifts and parts of a shot are those of the configuration.

--json prints one object: {"fromWallMs","toWallMs","by","labelsWithoutShot","rows":[{"machine",
"mold","model","shiftFromWallMs","shots","verdicts","labelled","partly","unjudgedLabelled",
"truePositives","falsePositives","trueNegatives","falseNegatives","baseRate","precision",
"falseAlarms","missed","recall"|null,"coverage":{"kind":"none"|"even"|"selective"|"suspected-only"|
"too-few","defect","ok"}}]}; a share is {"count","of","value","low","high"}, the last three null where of is 0. "calibration":[{"machine",
"mold","model","labelled","expected","found","fit":"fits"|"too-low"|"too-high"|"too-few","brier",
"bins":[{"low","high","expected","found","fit"}],"coverage"}] sets the probabilities that were shown
beside what inspection found, by machine, mold and model, however the rest is grouped.

Examples:
  ppuri quality -c ppuri.yaml --since 24h
  ppuri quality -c ppuri.yaml --since 30d --by machine,model --csv --bom > quality.csv`;

const weekMs = 7 * 86_400_000;

function dimensions(text: string): QualityDimension[] {
  return text.split(',').map((name) => {
    const found = qualityDimensions.find((dimension) => dimension === name.trim());
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`some of ${qualityDimensions.join(',')}`);
  });
}

async function run(output: Output, given: QualityFlags): Promise<void> {
  const place = placeOf(given);
  const flags = await resolved(given, place);
  const { machine, mold, by } = flags;
  const toWallMs = flags.until ?? Date.now();
  const report = reportOf(place.dir, {
    ...{ machine, mold, by, toWallMs, parts: place.parts },
    fromWallMs: flags.since ?? toWallMs - weekMs,
    ...(place.shifts === undefined ? {} : { shifts: place.shifts }),
  });
  print(output, place, flags, report);
}

async function resolved(flags: QualityFlags, place: Place): Promise<QualityFlags> {
  const store = openStore(place.dir);
  try {
    return await withMachineId(flags, store, place, 'report quality');
  } finally {
    store.close();
  }
}

/** Of the last seven days, by machine, mold and model. */
export function weekOfQuality({ dir, parts }: Place): QualityReport {
  const toWallMs = Date.now();
  return reportOf(dir, { fromWallMs: toWallMs - weekMs, toWallMs, by: [], parts });
}

/** From the file, beside a running agent: a long period would keep that from its records. */
function reportOf(dir: string, request: QualityRequest): QualityReport {
  const db = openStoreFile(storePaths(dir).database);
  try {
    return queryQuality(db, request);
  } catch (thrown) {
    if (!isDiskTrouble(thrown)) throw thrown;
    throw asStoreError(thrown, 'read quality from the store', db.name, 'reader');
  } finally {
    db.close();
  }
}

function print(output: Output, place: Place, flags: QualityFlags, report: QualityReport): void {
  if (flags.json === true) output.json(report);
  else if (flags.csv === true) {
    const [titles = '', ...rows] = qualityCsv(report);
    output.line((flags.bom === true ? '\ufeff' : '') + titles);
    for (const row of rows) output.line(row);
  } else if (report.rows.length === 0)
    output.note(place.lang === 'ko' ? '그 기간에 샷이 없습니다' : 'no shots in that time');
  else for (const line of qualityLines(report, place)) output.line(line);
}

export function addQuality(program: Command): void {
  const command = program
    .command('quality')
    .description('verdicts against inspection results: precision, recall, missed, false alarms');
  addStoreFlags(command, 'one JSON object, described below')
    .option('--machine <name>', 'of this machine only: its id or its name')
    .option('--mold <mold>', 'of this mold only')
    .option('--since <when>', 'shots from: 24h, or a date and time (default: 7 days)', moment)
    .option('--until <when>', 'shots up to: 1h, or a date and time', moment)
    .option('--by <a,b>', 'group by machine,mold,model,shift', dimensions, [...qualityDimensions])
    .addOption(new Option('--csv', 'comma-separated, one line a group').conflicts('json'))
    .option('--bom', 'with --csv: begin as Excel wants it')
    .addHelpText('after', help)
    .action(action('report quality', run, labelLanguage));
}
