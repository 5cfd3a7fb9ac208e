/** One picture of the plant for a terminal: what the panel shows, in as many columns as there are. */
import { styleText } from 'node:util';
import type { AlertView, MachineView, Overview } from '../panel/contract.ts';
import type { Severity, Text, Verdict } from '../records.ts';
import { outcomeWords, severityWords } from '../words.ts';
import { plainText, tableLines, textWidth } from './table.ts';
import { type Language, spanText, timeText } from './words.ts';

export interface FrameOptions {
  readonly lang: Language;
  readonly color: boolean;
  readonly columns: number;
  readonly rows: number;
  /** Since the last word of the agent, ms. */
  readonly silentMs: number;
}

type Style = Parameters<typeof styleText>[0];

/** Never by colour alone: each severity has its word too. */
const severityStyles: Readonly<Record<Severity, Style>> = {
  stop: ['bold', 'inverse', 'red'],
  warning: ['bold', 'red'],
  caution: 'yellow',
  info: 'cyan',
};

const marks: Readonly<Record<Verdict['outcome'], string>> = { ok: '·', defect: '■', unscored: '○' };
const recentShown = 30;
const oldMs = 3000;

const words = {
  normal: { ko: '정상', en: 'normal' },
  lost: { ko: '통신두절', en: 'no communication' },
  unknown: { ko: '응답 대기', en: 'not heard yet' },
  old: { ko: '데이터가 오래되었습니다', en: 'THE DATA IS OLD' },
  outputs: { ko: '출력 이상', en: 'OUTPUT FAILS' },
  noAlerts: { ko: '발생 중인 알림 없음', en: 'no alert stands' },
  cleared: { ko: '해제', en: 'cleared' },
  acknowledged: { ko: '확인', en: 'seen by' },
  shelved: { ko: '보류', en: 'put off by' },
  falseAlarm: { ko: '오경보', en: 'false alarm, says' },
} as const satisfies Record<string, Text>;

function stateOf({ link, worst }: MachineView, lang: Language): string {
  if (link === 'lost') return words.lost[lang];
  if (worst !== null) return severityWords[worst][lang];
  return link === 'unknown' ? words.unknown[lang] : words.normal[lang];
}

function machineLines(machines: readonly MachineView[], options: FrameOptions): string[] {
  const { lang, color } = options;
  const ko = lang === 'ko';
  const paint = (text: string, { link, worst }: MachineView): string => {
    const style = worst === null ? (link === 'lost' ? 'yellow' : null) : severityStyles[worst];
    return style === null || !color ? text : styleText(style, text, { validateStream: false });
  };
  return tableLines<MachineView>(
    [
      { title: ko ? '설비' : 'machine', text: ({ name }) => name, paint },
      { title: ko ? '상태' : 'state', text: (machine) => stateOf(machine, lang), paint },
      { title: ko ? '금형' : 'mold', text: ({ mold }) => mold ?? '-' },
      {
        title: ko ? '마지막 샷' : 'last shot',
        text: ({ last }) =>
          last === null ? '-' : `#${last.shot ?? '-'} ${outcomeWords[last.outcome][lang]}`,
      },
      {
        title: ko ? '경과' : 'ago',
        text: ({ lastAgeMs }) => (lastAgeMs === null ? '-' : spanText(lastAgeMs, lang)),
      },
      {
        title: ko ? '교대 샷/불량' : 'shift/defects',
        text: ({ shift }) => `${shift.shots}/${shift.defect}`,
      },
      {
        title: ko ? '최근(■ 불량 ○ 보류)' : 'recent (■ defect ○ unscored)',
        text: ({ recent }) =>
          recent
            .slice(-recentShown)
            .map((outcome) => marks[outcome])
            .join(''),
      },
    ],
    machines,
  );
}

/** Before the sentence, which may be longer than the terminal is wide. */
function handlingOf({ handling, state }: AlertView, lang: Language): string {
  const { shelved, acknowledged, falseAlarm } = handling;
  const parts = [
    state === 'cleared' ? words.cleared[lang] : '',
    shelved === null
      ? ''
      : `${words.shelved[lang]} ${shelved.who} ${spanText(shelved.leftMs, lang)}`,
    falseAlarm === null ? '' : `${words.falseAlarm[lang]} ${falseAlarm.who}`,
    acknowledged === null || falseAlarm !== null
      ? ''
      : `${words.acknowledged[lang]} ${acknowledged.who}`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : `(${parts.join(', ')}) `;
}

function alertLines(alerts: readonly AlertView[], options: FrameOptions): string[] {
  const { lang, color } = options;
  if (alerts.length === 0) return [words.noAlerts[lang]];
  return alerts.map((alert) => {
    const line = `${alert.id}  ${plainText(`${handlingOf(alert, lang)}${alert.text[lang]}`)}`;
    const { acknowledged, shelved } = alert.handling;
    const quiet = alert.state === 'cleared' || acknowledged !== null || shelved !== null;
    const style: Style = quiet ? 'dim' : severityStyles[alert.severity];
    return color ? styleText(style, line, { validateStream: false }) : line;
  });
}

function footLine(overview: Overview, lang: Language): string {
  const ko = lang === 'ko';
  const buses = overview.buses.map(({ name, up, detail }) => `${name} ${up ? '✓' : `✗ ${detail}`}`);
  const cloud = overview.cloud.map(
    ({ name, up, pending }) => `${name} ${up ? '✓' : '✗'} ${ko ? '대기' : 'pending'} ${pending}`,
  );
  const store = `${ko ? '저장' : 'store'} ${overview.store}`;
  const outputs = overview.outputs.map(
    ({ name, ok, detail }) => `${name} ${ok ? '✓' : `✗ ${plainText(detail)}`}`,
  );
  return [...buses, ...cloud, store, ...outputs].join(' · ');
}

/** A light or a notice that fails leaves people untold: that is said at the top, too. */
function outputLines({ outputs }: Overview, { lang, color }: FrameOptions): string[] {
  const failed = outputs.filter(({ ok }) => !ok);
  if (failed.length === 0) return [];
  const line = `!! ${words.outputs[lang]}: ${failed.map(({ name, detail }) => `${name} (${plainText(detail)})`).join(', ')}`;
  return [color ? styleText(['bold', 'yellow'], line, { validateStream: false }) : line];
}

/** Wraps a plain or styled line; a styled one is not cut inside, so that its codes stay whole. */
function fits(line: string, columns: number): string[] {
  if (textWidth(line) <= columns || line.includes('\u001b')) return [line];
  const lines: string[] = [''];
  for (const word of line.split(' ')) {
    const last = lines.at(-1) ?? '';
    const joined = last === '' ? word : `${last} ${word}`;
    if (textWidth(joined) <= columns || last === '') lines[lines.length - 1] = joined;
    else lines.push(`    ${word}`);
  }
  return lines;
}

export function frameLines(overview: Overview, options: FrameOptions): string[] {
  const { lang, columns, silentMs } = options;
  const loopMs = Math.max(overview.loopSilentMs ?? 0, silentMs);
  const time = timeText(overview.sentWallMs, overview.clockKnown);
  const head = `ppuri ${overview.site}/${overview.gateway}  ${time}`;
  const old = loopMs > oldMs ? `!! ${words.old[lang]}: ${spanText(loopMs, lang)}` : null;
  const shown =
    old === null || !options.color
      ? old
      : styleText(['inverse', 'red'], old, { validateStream: false });
  const lines = [
    head,
    ...(shown === null ? [] : [shown]),
    ...outputLines(overview, options),
    '',
    ...machineLines(overview.machines, options),
    '',
    ...alertLines(overview.alerts, options),
    '',
    footLine(overview, lang),
  ];
  return lines.flatMap((line) => fits(line, columns)).slice(0, options.rows);
}
