/** Buses and their devices, as `ppuri status` shows them. */
import type { BusStats, UnitStats } from '../../drivers/driver.ts';
import type { AgentStatus } from '../agent-status.ts';
import type { Text } from '../records.ts';
import { type Column, tableLines } from './table.ts';
import { type Language, spanText } from './words.ts';

export type Paint = (color: 'green' | 'yellow' | 'red', text: string) => string;

const busWords: Readonly<Record<BusStats['state'], Text>> = {
  idle: { ko: '대기', en: 'idle' },
  connecting: { ko: '연결 중', en: 'connecting' },
  open: { ko: '연결', en: 'open' },
  backoff: { ko: '재연결 대기', en: 'backoff' },
  closed: { ko: '닫힘', en: 'closed' },
};
const busColors = {
  idle: 'yellow',
  connecting: 'yellow',
  open: 'green',
  backoff: 'red',
  closed: 'red',
} as const;

const unitWords: Readonly<Record<UnitStats['state'], Text>> = {
  answering: { ko: '응답', en: 'answering' },
  silent: { ko: '무응답', en: 'silent' },
  quarantined: { ko: '격리', en: 'quarantined' },
  unknown: { ko: '확인 중', en: 'unknown' },
};
const unitColors = {
  answering: 'green',
  silent: 'red',
  quarantined: 'yellow',
  unknown: 'yellow',
} as const;

/** Of a machine's status, what concerns its buses. */
type PolledMachine = Pick<
  AgentStatus['machines'][number],
  'name' | 'devices' | 'polls' | 'missedTicks' | 'slow'
>;

interface UnitRow extends UnitStats {
  readonly bus: string;
  /** What the configuration calls it: `3호기 meter`. */
  readonly names: string;
}

function busColumns(lang: Language, paint: Paint): Column<BusStats>[] {
  const ko = lang === 'ko';
  return [
    { title: ko ? '버스' : 'bus', text: ({ bus }) => bus },
    {
      title: ko ? '상태' : 'state',
      text: ({ state }) => busWords[state][lang],
      paint: (text, { state }) => paint(busColors[state], text),
    },
    { title: ko ? '사용률' : 'use', align: 'right', text: ({ use }) => percent(use) },
    { title: ko ? '대기' : 'queued', align: 'right', text: ({ queued }) => String(queued) },
    {
      title: ko ? '연결 횟수' : 'connects',
      align: 'right',
      text: ({ connects }) => String(connects),
    },
    {
      title: ko ? '뜻밖의 바이트' : 'stray bytes',
      align: 'right',
      text: ({ strayBytes }) => String(strayBytes),
    },
  ];
}

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;

function unitColumns(lang: Language, paint: Paint): Column<UnitRow>[] {
  const ko = lang === 'ko';
  const count = (title: string, pick: (row: UnitRow) => number): Column<UnitRow> => ({
    title,
    align: 'right',
    text: (row) => String(pick(row)),
  });
  return [
    { title: ko ? '버스' : 'bus', text: ({ bus }) => bus },
    count(ko ? '국번' : 'unit', ({ unit }) => unit),
    { title: ko ? '장비' : 'device', text: ({ names }) => names },
    {
      title: ko ? '상태' : 'state',
      text: ({ state }) => unitWords[state][lang],
      paint: (text, { state }) => paint(unitColors[state], text),
    },
    { title: 'p50 ms', align: 'right', text: ({ roundTripMs }) => ms(roundTripMs?.p50) },
    { title: 'p99 ms', align: 'right', text: ({ roundTripMs }) => ms(roundTripMs?.p99) },
    count(ko ? '요청' : 'requests', ({ requests }) => requests),
    count(ko ? '응답 없음' : 'timeouts', ({ timeouts }) => timeouts),
    count(ko ? 'CRC 오류' : 'CRC errors', ({ checksumErrors }) => checksumErrors),
    count(ko ? '불량 응답' : 'malformed', ({ malformed }) => malformed),
    count(ko ? '예외' : 'exceptions', ({ exceptions }) => exceptions),
    { title: ko ? '마지막 정상' : 'last good', text: (row) => lastGoodText(row, lang) },
  ];
}

const ms = (value: number | undefined): string => (value === undefined ? '-' : value.toFixed(1));

function lastGoodText({ lastGoodAgeMs }: UnitRow, lang: Language): string {
  if (lastGoodAgeMs === null) return '-';
  const span = spanText(lastGoodAgeMs, lang);
  return lang === 'ko' ? `${span} 전` : `${span} ago`;
}

/** A table of buses, one of the devices on them, and the ticks that pollers missed, if any. */
export function busLines(
  {
    buses,
    machines,
  }: { readonly buses: readonly BusStats[]; readonly machines: readonly PolledMachine[] },
  lang: Language,
  paint: Paint,
): string[] {
  const rows = buses.flatMap(({ bus, units }) =>
    units.map((unit) => ({ ...unit, bus, names: namesOf(bus, unit.unit, machines) })),
  );
  return [
    ...tableLines(busColumns(lang, paint), buses),
    ...(rows.length === 0 ? [] : ['', ...tableLines(unitColumns(lang, paint), rows)]),
    ...missedLines(machines, lang),
  ];
}

function namesOf(bus: string, unit: number, machines: readonly PolledMachine[]): string {
  const names = machines.flatMap(({ name, devices }) =>
    devices
      .filter((device) => device.bus === bus && device.unit === unit)
      .map((device) => (device.name === 'plc' ? name : `${name} ${device.name}`)),
  );
  return names.length === 0 ? '-' : names.join(', ');
}

function missedLines(machines: readonly PolledMachine[], lang: Language): string[] {
  return machines.flatMap(({ name, polls, missedTicks, slow }) => {
    if (missedTicks === 0 && slow.missedTicks === 0) return [];
    return lang === 'ko'
      ? [
          `${name}: 놓친 폴링 ${missedTicks} / ${polls + missedTicks} (트리거), ${slow.missedTicks} / ${slow.polls + slow.missedTicks} (느린 신호)`,
        ]
      : [
          `${name}: polls missed ${missedTicks} of ${polls + missedTicks} (trigger), ${slow.missedTicks} of ${slow.polls + slow.missedTicks} (slow signals)`,
        ];
  });
}
