/** The status of an agent as lines for a terminal. */
import { styleText } from 'node:util';
import type { AgentStatus } from '../agent-status.ts';
import type { TargetFacts } from '../store/delivery.ts';
import { furnaceWords, outcomeWords, reasonText } from '../words.ts';
import { busLines, type Paint } from './status-buses.ts';
import { outputLines, type SeenOutputs } from './status-outputs.ts';
import { syncLines } from './status-sync.ts';
import { type Column, tableLines } from './table.ts';
import { type Language, spanText } from './words.ts';

type Machine = AgentStatus['machines'][number];

const storeWords = {
  ok: { ko: '정상', en: 'ok' },
  degraded: { ko: '지연', en: 'degraded' },
  down: { ko: '중단', en: 'down' },
} as const;

/** Null where all is well, or this system cannot say. */
const clockWords = {
  synced: null,
  trusted: null,
  unsaid: null,
  unsynced: { ko: '아직 맞춰지지 않음', en: 'not set yet' },
  stepped: { ko: '바뀐 뒤 동기화되지 않음', en: 'changed, not synchronised since' },
  wrong: { ko: '틀림', en: 'wrong' },
} as const;

const linkWords = {
  up: { ko: '정상', en: 'up' },
  lost: { ko: '통신두절', en: 'lost' },
  unknown: { ko: '확인 중', en: 'unknown' },
} as const;

const stateColors = { ok: 'green', degraded: 'yellow', down: 'red' } as const;
const linkColors = { up: 'green', lost: 'red', unknown: 'yellow' } as const;

function lastText({ last }: Machine, lang: Language): string {
  if (last === null) return '-';
  const outcome = Object.entries(outcomeWords).find(([name]) => name === last.outcome)?.[1];
  const ago = spanText(last.ageMs, lang);
  const shot = last.shot === null ? '' : lang === 'ko' ? `${last.shot}번 ` : `#${last.shot} `;
  const words = `${shot}${outcome?.[lang] ?? last.outcome} (${reasonText(last.reason, lang)})`;
  return lang === 'ko' ? `${words}, ${ago} 전` : `${words}, ${ago} ago`;
}

const stageWords = {
  shadow: { ko: '관찰', en: 'shadow' },
  trial: { ko: '시험 적용', en: 'trial' },
} as const;

/** New models under way; `ppuri model status` has more. */
function trialLines({ models }: Pick<AgentStatus, 'models'>, lang: Language): string[] {
  return (models ?? []).flatMap(({ machine, mold, activation }) => {
    if (activation === null) return [];
    const { stage, candidate, counts, shadowShots, trialShots } = activation;
    const place = mold === null ? machine : `${machine} ${mold}`;
    const of = stage === 'shadow' ? shadowShots : trialShots;
    const model = `${candidate.name} ${candidate.version}`;
    const { differing, compared } = counts;
    return lang === 'ko'
      ? `새 모델 ${model} ${stageWords[stage].ko}: ${place}, ${counts.shots}/${of}샷, 불일치 ${differing}/${compared}`
      : `new model ${model} in ${stageWords[stage].en}: ${place}, ${counts.shots}/${of} shots, ${differing}/${compared} differ`;
  });
}

function machineColumns(lang: Language, paint: Paint): Column<Machine>[] {
  const ko = lang === 'ko';
  const unscored = ({ counts }: Machine): number =>
    Object.values(counts.unscored).reduce((sum, count) => sum + count, 0);
  return [
    { title: ko ? '설비' : 'machine', text: ({ name }) => name },
    {
      title: ko ? '통신' : 'link',
      text: ({ link }) => linkWords[link][lang],
      paint: (text, { link }) => paint(linkColors[link], text),
    },
    { title: ko ? '샷' : 'shots', align: 'right', text: ({ counts }) => String(counts.cycles) },
    { title: ko ? '양품' : 'ok', align: 'right', text: ({ counts }) => String(counts.ok) },
    { title: ko ? '불량' : 'defect', align: 'right', text: ({ counts }) => String(counts.defect) },
    {
      title: ko ? outcomeWords.unscored.ko : 'unscored',
      align: 'right',
      text: (machine) => String(unscored(machine)),
    },
    {
      title: ko ? '모델' : 'model',
      text: ({ model }) =>
        model === null ? (ko ? '한계값만' : 'limits only') : `${model.name} ${model.version}`,
    },
    { title: ko ? '최근 샷' : 'last shot', text: (machine) => lastText(machine, lang) },
  ];
}

/** What each furnace does now, and what an open lid costs there. */
function furnaceLines({ machines }: AgentStatus, lang: Language): string[] {
  return machines.flatMap(({ name, furnace }) => {
    if (furnace == null) return [];
    const state = furnaceWords[furnace.state][lang];
    const kW = furnace.lidExtraKW?.toFixed(1);
    if (kW === undefined) return `${name}: ${state}`;
    return lang === 'ko'
      ? `${name}: ${state}, 뚜껑 열림 추가 손실 ${kW} kW`
      : `${name}: ${state}, an open lid costs ${kW} kW`;
  });
}

/** Nothing where all is well. */
function clockLines({ clock }: AgentStatus, lang: Language, paint: Paint): string[] {
  const words = clockWords[clock.state];
  const step = clock.lastStepMs === null ? '' : stepText(clock, lang);
  if (words === null && step === '') return [];
  const state = words?.[lang] ?? (lang === 'ko' ? '정상' : 'ok');
  const painted = paint(clock.known ? 'green' : 'yellow', state);
  return [`${lang === 'ko' ? '시계' : 'clock'} ${painted}${step}`];
}

function stepText({ steps, lastStepMs, lastStepAgeMs }: AgentStatus['clock'], lang: Language) {
  const by = `${(lastStepMs ?? 0) > 0 ? '+' : ''}${((lastStepMs ?? 0) / 1000).toFixed(1)}`;
  const ago = spanText(lastStepAgeMs ?? 0, lang);
  return lang === 'ko'
    ? ` (시각이 ${steps}번 바뀜, 마지막 ${ago} 전 ${by}초)`
    : ` (set ${steps} times, last ${ago} ago by ${by} s)`;
}

function headLines(status: AgentStatus, lang: Language, paint: Paint): string[] {
  const { store } = status;
  const up = spanText(status.uptimeMs, lang);
  const state = paint(stateColors[store.state], storeWords[store.state][lang]);
  const counts =
    lang === 'ko'
      ? `저장 ${store.kept}, 대기 ${store.pending}, 누락 ${store.dropped}`
      : `${store.kept} kept, ${store.pending} pending, ${store.dropped} dropped`;
  const error =
    store.state === 'ok' || store.lastError === null ? '' : `: ${store.lastError.message}`;
  return lang === 'ko'
    ? [
        `게이트웨이 ${status.gateway} (${status.site}), 가동 ${up}`,
        `저장소 ${state} (${counts})${error}`,
      ]
    : [
        `gateway ${status.gateway} (${status.site}), up ${up}`,
        `store ${state} (${counts})${error}`,
      ];
}

function alertLines(status: AgentStatus, lang: Language): string[] {
  // An agent of another version may not tell of the gateway as a whole.
  const open = [
    ...(status.alerts?.plant ?? []),
    ...status.machines.flatMap(({ openAlerts }) => openAlerts),
  ];
  if (open.length === 0) return [lang === 'ko' ? '발생 중인 알림 없음' : 'no standing alerts'];
  return open.map(({ text }) => text[lang]);
}

function latencyLine(status: AgentStatus, lang: Language): string {
  const figures = status.latencyMs.snapshotToAlert;
  const title = lang === 'ko' ? '스냅샷→알림' : 'snapshot → alert';
  if (figures === null) return `${title} -`;
  return `${title} p50 ${figures.p50} ms, p99 ${figures.p99} ms`;
}

export interface Beside {
  readonly targets: readonly TargetFacts[];
  readonly outputs: SeenOutputs;
}

/** Head, delivery, outputs, alerts, machines, buses and latency. `beside`: as the keep child tells. */
export function statusLines(
  status: AgentStatus,
  { targets, outputs }: Beside,
  lang: Language,
  color: boolean,
): string[] {
  const paint: Paint = (name, text) =>
    color ? styleText(name, text, { validateStream: false }) : text;
  return [
    ...headLines(status, lang, paint),
    ...syncLines(targets, lang, paint),
    ...outputLines(outputs, lang, paint),
    ...clockLines(status, lang, paint),
    latencyLine(status, lang),
    ...alertLines(status, lang),
    '',
    ...tableLines(machineColumns(lang, paint), status.machines),
    ...trialLines(status, lang),
    ...furnaceLines(status, lang),
    '',
    ...busLines(status, lang, paint),
  ];
}
