/** `ppuri model status`: which model decides where, how far a new one is, and what both say. */
import { type Command, Option } from 'commander';
import type { Activation, SideCounts } from '../../models/activation.ts';
import type { AgentStatus } from '../agent-status.ts';
import type { SlotStatus } from '../model-status.ts';
import type { MirroredRow } from '../store/activations.ts';
import type { ModelTable } from '../store/models.ts';
import { outcomeWords } from '../words.ts';
import { positiveNumber } from './arguments.ts';
import { reasonText } from './model-use-words.ts';
import { action, type Output } from './output.ts';
import {
  addStoreFlags,
  openStore,
  type Place,
  placeOf,
  reachAgent,
  type StoreAccess,
  type StoreFlags,
} from './store-access.ts';
import { type Column, tableLines } from './table.ts';
import type { Language } from './words.ts';

const help = `
--json prints {"live":…,"models":[{"machine","mold","deciding":{"name","version","hash"}|null,
"previous","activation":{"stage","candidate","shadowShots","trialShots","counts":{"shots","compared",
"differing","dropped","candidate":{"ok","defect","unscored","late","failed","timed","sumMs","maxMs"},
"current":{…}},"who","sinceWallMs"}|null}],"changes":[{"machine","mold","what","model","who","why",
"counts","wallMs"}],"shots":[…]}; "shots" are those both models judged, newest first, with --shots.

Examples:
  ppuri model status -c ppuri.yaml
  ppuri model status -c ppuri.yaml --shots 50
  ppuri model status --store /var/lib/ppuri --json`;

type Row = Pick<SlotStatus, 'machine' | 'mold' | 'activation'> & {
  readonly deciding: { readonly name: string; readonly version: string } | null;
  readonly previous: SlotStatus['previous'];
};

interface Seen {
  readonly live: boolean;
  readonly models: readonly Row[];
  readonly changes: ModelTable['changes'];
  readonly shots: readonly MirroredRow[];
}

/** As a stopped agent left it: without a pointer, what the configuration names decides. */
function storedRows({ pointers, activations }: ModelTable): Row[] {
  const keyOf = ({ machine, mold }: Pick<Row, 'machine' | 'mold'>) => `${machine}\n${mold ?? ''}`;
  const places = new Map([...pointers, ...activations].map((one) => [keyOf(one), one]));
  return [...places].map(([key, { machine, mold }]) => {
    const pointer = pointers.find((one) => keyOf(one) === key) ?? null;
    const activation = activations.find((one) => keyOf(one) === key) ?? null;
    const deciding = activation?.stage === 'trial' ? activation.candidate : pointer;
    const previous = activation === null ? (pointer?.previous ?? null) : pointer;
    return { machine, mold, activation, deciding, previous };
  });
}

async function look({ dir }: Place, shots: number): Promise<Seen> {
  const reached = await reachAgent(dir);
  const ask: Pick<StoreAccess, 'ask' | 'close'> = reached.client ?? openStore(dir);
  try {
    const table = await ask.ask('models', {});
    const mirrored = shots === 0 ? [] : await ask.ask('mirrored', { limit: shots });
    const agent = reached.client === null ? null : (await reached.client.ask('status', {})).agent;
    const told = (agent as Partial<AgentStatus> | null)?.models;
    const models = told ?? storedRows(table);
    return { live: told !== undefined, models, changes: table.changes, shots: mirrored };
  } finally {
    ask.close();
  }
}

const stageWords = {
  shadow: { ko: '관찰', en: 'shadow' },
  trial: { ko: '시험 적용', en: 'trial' },
} as const;

function progressText({ stage, counts, shadowShots, trialShots }: Activation): string {
  return `${counts.shots}/${stage === 'shadow' ? shadowShots : trialShots}`;
}

/** Mean and longest; a figure that is not known is no 0. */
function timeText({ timed, sumMs, maxMs }: SideCounts): string {
  return timed === 0 ? '-' : `${(sumMs / timed).toFixed(2)}/${maxMs.toFixed(1)}`;
}

function columns(lang: Language, place: Place): Column<Row>[] {
  const ko = lang === 'ko';
  const under = (text: (activation: Activation) => string) => (row: Row) =>
    row.activation === null ? '-' : text(row.activation);
  return [
    { title: ko ? '설비' : 'machine', text: ({ machine }) => place.machineName(machine) },
    { title: ko ? '금형' : 'mold', text: ({ mold }) => mold ?? (ko ? '공통' : 'any') },
    {
      title: ko ? '판정 모델' : 'decides',
      text: ({ deciding }) =>
        deciding === null ? (ko ? '설정대로' : 'as configured') : nameOf(deciding),
    },
    { title: ko ? '새 모델' : 'new', text: under(({ candidate }) => nameOf(candidate)) },
    { title: ko ? '단계' : 'stage', text: under(({ stage }) => stageWords[stage][lang]) },
    { title: ko ? '샷' : 'shots', align: 'right', text: under(progressText) },
    {
      title: ko ? '불일치' : 'differ',
      align: 'right',
      text: under(({ counts }) => `${counts.differing}/${counts.compared}`),
    },
    {
      title: ko ? '생략' : 'dropped',
      align: 'right',
      text: under(({ counts }) => String(counts.dropped)),
    },
    {
      title: ko ? 'ms 새 것(평균/최대)' : 'ms new (mean/max)',
      align: 'right',
      text: under(({ counts }) => timeText(counts.candidate)),
    },
    {
      title: ko ? 'ms 기존' : 'ms old',
      align: 'right',
      text: under(({ counts }) => timeText(counts.current)),
    },
  ];
}

function nameOf({ name, version }: { readonly name: string; readonly version: string }): string {
  return `${name} ${version}`;
}

const changeWords: Readonly<
  Record<ModelTable['changes'][number]['what'], Record<Language, string>>
> = {
  'shadow-begun': { ko: '관찰 시작', en: 'shadow begun' },
  'trial-begun': { ko: '시험 적용 시작', en: 'trial begun' },
  committed: { ko: '적용 확정', en: 'committed' },
  'used-at-once': { ko: '즉시 적용', en: 'used at once' },
  'shadow-ended': { ko: '관찰 끝', en: 'shadow ended' },
  returned: { ko: '적용 취소(자동)', en: 'taken back' },
  'rolled-back': { ko: '되돌림', en: 'rolled back' },
};

function changeLine(change: ModelTable['changes'][number], lang: Language, place: Place): string {
  const { machine, mold, what, model, who, why, wallMs } = change;
  const at = new Date(wallMs).toLocaleString('sv-SE');
  const where =
    mold === null ? place.machineName(machine) : `${place.machineName(machine)} ${mold}`;
  return `${at}  ${where}  ${changeWords[what][lang]}  ${model ?? '-'}  ${who}: ${reasonText(why, lang)}`;
}

function shotLine(row: MirroredRow, lang: Language, place: Place): string {
  const percent = row.probability === null ? '-' : row.probability.toFixed(3);
  const said = `${outcomeWords[row.outcome][lang]} ${percent}`;
  const decided = outcomeWords[row.decided][lang];
  const shot = row.shot === null ? '' : `#${row.shot}`;
  const ours = lang === 'ko' ? '판정' : 'verdict';
  return `${place.machineName(row.machine)} ${shot}  ${ours} ${decided}  ${nameOf(row.model)}: ${said}`;
}

const newest = 10;

function show(output: Output, place: Place, seen: Seen): void {
  const { lang } = place;
  if (seen.models.length === 0)
    output.line(lang === 'ko' ? '모두 설정대로입니다' : 'all as configured');
  else for (const line of tableLines(columns(lang, place), seen.models)) output.line(line);
  if (seen.changes.length > 0) output.line('');
  for (const change of seen.changes.slice(0, newest)) output.line(changeLine(change, lang, place));
  if (seen.shots.length > 0) output.line('');
  for (const row of seen.shots) output.line(shotLine(row, lang, place));
}

export function addModelStatus(model: Command): void {
  const command = model
    .command('status')
    .description('which model decides where, and how a new one does beside it');
  addStoreFlags(command, 'one JSON object, described below')
    .addOption(
      new Option('--shots <n>', 'the last shots that both models judged').argParser(positiveNumber),
    )
    .addHelpText('after', help)
    .action(
      action(
        'show models in use',
        async (output, flags: StoreFlags & { readonly shots?: number }) => {
          const place = placeOf(flags);
          const seen = await look(place, Math.min(flags.shots ?? 0, 5000));
          if (flags.json === true) output.json(seen);
          else show(output, place, seen);
        },
      ),
    );
}
