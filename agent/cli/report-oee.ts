/** `ppuri report oee`: how well machines were used, by ISO 22400. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseConfig } from '../../config/load.ts';
import { productionSchema } from '../../config/production-schema.ts';
import type { Config } from '../../config/schema.ts';
import {
  type OeeDimension,
  type OeePlan,
  type OeeReport,
  oeeDimensions,
  oeeReport,
} from '../production/oee-report.ts';
import { idealCycleMsOf } from '../production-desk.ts';
import { storePaths } from '../store/paths.ts';
import { queryProduction } from '../store/production.ts';
import { asStoreError, isDiskTrouble } from '../store/trouble.ts';
import { labelLanguage } from './label-agent.ts';
import { withMachineId } from './machine-argument.ts';
import { oeeCsv, oeeLines } from './oee-lines.ts';
import { action, type Output } from './output.ts';
import {
  addStoreFlags,
  moment,
  openStore,
  type Place,
  placeOf,
  reachAgent,
  type StoreFlags,
} from './store-access.ts';
import { openStoreFile } from './store-file.ts';

interface OeeFlags extends StoreFlags {
  readonly machine?: string;
  readonly since?: number;
  readonly until?: number;
  readonly by: readonly OeeDimension[];
  readonly csv?: boolean;
  readonly bom?: boolean;
}

const help = `
By ISO 22400-2, an item being a shot: availability = APT/PBT, effectiveness = PRI·PQ/APT, quality ratio =
GQ/PQ, OEE = their product. Where each element comes from:
  PBT  time in which the agent watched, without planned stops: breaks and hours of the configuration in
       which the machine stood, and stops with a reason that counts as planned
  APT  PBT without stops and micro-stops; a mold change counts for the mold that comes in
  PRI  \`idealCycleS\` of the machine; else learned: the cycle that one in ten of the last shots beats
  PQ   shots by the machine's own counter, try and warm-up shots too
  GQ   shots inspected as ok, else judged ok; one that is neither is never good, and counts for nothing
       but the range beside the ratio
Time in which nobody watched, or the machine did not answer, is unknown: it is shown, and is in no ratio.

--json prints one object: {"fromWallMs","toWallMs","by","rows":[{"machine","mold","shiftFromWallMs",
"availability","effectiveness","quality","qualityLow","qualityHigh","oee","paceBasis":"configured"|
"learned"|"mixed"|null,"plannedRunMs","time":{"busyMs","productionMs","plannedStopMs","stopMs",
"microStopMs","unknownMs"},"stops":{"stops","microStops","unexplained","unexplainedMs","byReason":
{"<code>":{"count","ms"}}},"shots":{"produced","good","defect","unknown","suppressed","inspected",
"unwatched"}}]}; what is not known is null.

Examples:
  ppuri report oee -c ppuri.yaml
  ppuri report oee -c ppuri.yaml --since 30d --by machine,mold --csv --bom > oee.csv`;

const dayMs = 86_400_000;

function dimensions(text: string): OeeDimension[] {
  return text.split(',').map((name) => {
    const found = oeeDimensions.find((dimension) => dimension === name.trim());
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`some of ${oeeDimensions.join(',')}`);
  });
}

/** Without a configuration, or with one that has errors, what is usual. */
function planOf(config: Config | null): OeePlan {
  return {
    production: config?.production ?? productionSchema.parse({}),
    idealCycleMs: (id, mold) => {
      const machine = config?.machines.find((one) => one.id === id);
      return machine === undefined ? null : idealCycleMsOf(machine, mold);
    },
  };
}

async function run(output: Output, given: OeeFlags): Promise<void> {
  const place = placeOf(given);
  const flags = await resolved(given, place);
  const config = flags.config === undefined ? null : (parseConfig(flags.config).config ?? null);
  const plan = planOf(config);
  const report = await reportOf(place, flags, plan);
  if (flags.json === true) output.json(report);
  else if (flags.csv === true) {
    const [titles = '', ...rows] = oeeCsv(report);
    output.line((flags.bom === true ? '\ufeff' : '') + titles);
    for (const row of rows) output.line(row);
  } else if (report.rows.length === 0)
    output.note(place.lang === 'ko' ? '그 기간에 기록이 없습니다' : 'no records of that time');
  else for (const line of oeeLines(report, place, plan.production.reasons)) output.line(line);
}

async function resolved(flags: OeeFlags, place: Place): Promise<OeeFlags> {
  const store = openStore(place.dir);
  try {
    return await withMachineId(flags, store, place, 'report OEE');
  } finally {
    store.close();
  }
}

/** From the file, beside a running agent: a long period would keep that from its records. */
async function reportOf(
  { dir, parts, shifts }: Place,
  flags: OeeFlags,
  plan: OeePlan,
): Promise<OeeReport> {
  const now = Date.now();
  const reached = await reachAgent(dir);
  reached.client?.close();
  const toWallMs = Math.min(flags.until ?? now, now);
  const fromWallMs = flags.since ?? toWallMs - dayMs;
  if (fromWallMs >= toWallMs) return { fromWallMs, toWallMs, by: flags.by, rows: [] };
  const db = openStoreFile(storePaths(dir).database);
  try {
    const facts = queryProduction(db, {
      ...{ fromWallMs, toWallMs, machine: flags.machine, shifts, parts },
      seenToWallMs: reached.client === null ? undefined : now,
    });
    return oeeReport(facts, plan, flags.by);
  } catch (thrown) {
    if (!isDiskTrouble(thrown)) throw thrown;
    throw asStoreError(thrown, 'read production from the store', db.name, 'reader');
  } finally {
    db.close();
  }
}

export function addReportOee(report: Command): void {
  const command = report
    .command('oee')
    .description(
      'availability, effectiveness, quality and OEE by ISO 22400, with what stopped machines',
    );
  addStoreFlags(command, 'one JSON object, described below')
    .option('--machine <name>', 'of this machine only: its id or its name')
    .option('--since <when>', 'from: 24h, or a date and time (default: 24 hours)', moment)
    .option('--until <when>', 'up to: 1h, or a date and time', moment)
    .option('--by <a,b>', 'group by machine,mold,shift', dimensions, ['machine', 'shift'])
    .addOption(new Option('--csv', 'comma-separated, one line a group').conflicts('json'))
    .option('--bom', 'with --csv: begin as Excel wants it')
    .addHelpText('after', help)
    .action(action('report OEE', run, labelLanguage));
}
