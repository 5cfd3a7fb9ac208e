/** OEE as a table for people and as CSV. */
import type { ReasonConfig } from '../../config/production-schema.ts';
import type { OeeReport, OeeRow } from '../production/oee-report.ts';
import type { Place } from './store-access.ts';
import { type Column, cellText, csvLine, tableLines } from './table.ts';
import { type Language, spanText, timeText } from './words.ts';

const percent = (value: number | null): string =>
  value === null ? '-' : `${(100 * value).toFixed(1)} %`;

function dimensionColumns({ by }: OeeReport, { lang, machineName }: Place): Column<OeeRow>[] {
  const ko = lang === 'ko';
  const columns: Readonly<Record<OeeReport['by'][number], Column<OeeRow>>> = {
    machine: { title: ko ? '설비' : 'machine', text: ({ machine }) => machineName(machine ?? '-') },
    mold: { title: ko ? '금형' : 'mold', text: ({ mold }) => mold ?? '-' },
    shift: {
      title: ko ? '교대' : 'shift',
      text: ({ shiftFromWallMs: from }) => (from === null ? '-' : timeText(from).slice(0, 16)),
    },
  };
  return by.map((dimension) => columns[dimension]);
}

/** `12분 (3)`: how long, and how many. */
const lost = (ms: number, count: number, lang: Language): string =>
  ms === 0 && count === 0 ? '-' : `${spanText(ms, lang)} (${count})`;

function figureColumns(lang: Language): Column<OeeRow>[] {
  const ko = lang === 'ko';
  const right = (title: string, text: (row: OeeRow) => string): Column<OeeRow> => ({
    ...{ title, text, align: 'right' },
  });
  return [
    right(ko ? '설비종합효율' : 'OEE', ({ oee }) => percent(oee)),
    right(ko ? '시간가동률' : 'availability', ({ availability }) => percent(availability)),
    right(ko ? '성능가동률' : 'effectiveness', ({ effectiveness }) => percent(effectiveness)),
    right(ko ? '양품률' : 'quality', ({ quality }) => percent(quality)),
    right(ko ? '부하시간' : 'busy', ({ time }) => spanText(time.busyMs, lang)),
    right(ko ? '비가동' : 'stops', ({ time, stops }) => lost(time.stopMs, stops.stops, lang)),
    right(ko ? '순간정지' : 'micro-stops', ({ time, stops }) =>
      lost(time.microStopMs, stops.microStops, lang),
    ),
    right(ko ? '사유 미입력' : 'unexplained', ({ stops }) =>
      lost(stops.unexplainedMs, stops.unexplained, lang),
    ),
    right(ko ? '알 수 없음' : 'unknown', ({ time }) =>
      time.unknownMs === 0 ? '-' : spanText(time.unknownMs, lang),
    ),
    right(ko ? '샷' : 'shots', ({ shots }) => String(shots.produced)),
  ];
}

const basisWords: Readonly<Record<NonNullable<OeeRow['paceBasis']>, Record<Language, string>>> = {
  configured: { ko: '설정값', en: 'configured' },
  learned: {
    ko: '학습값(최근 샷 10 %가 이보다 빠름)',
    en: 'learned (one in ten of the last shots was faster)',
  },
  mixed: { ko: '금형에 따라 설정값 또는 학습값', en: 'configured or learned, by mold' },
};

/** What a row's ratios rest on. */
function basisLine(row: OeeRow, number: number, lang: Language): string {
  const { shots, paceBasis, qualityLow, qualityHigh } = row;
  const ko = lang === 'ko';
  const pace =
    paceBasis === null || row.plannedRunMs === null
      ? ko
        ? '기준 사이클: 알 수 없음(설정 또는 30샷 필요)'
        : 'ideal cycle: not known (configure it, or 30 shots)'
      : `${ko ? '기준 사이클' : 'ideal cycle'}: ${basisWords[paceBasis][lang]}`;
  const judged = shots.produced - shots.inspected - shots.unknown;
  const basis = ko
    ? `양품률: 검사 ${shots.inspected}/${shots.produced}, 판정만 ${judged}, 둘 다 없음 ${shots.unknown}(그중 예열·시험타 등 ${shots.suppressed})`
    : `quality: inspected ${shots.inspected} of ${shots.produced}, judged only ${judged}, neither ${shots.unknown} (of them warm-up, try shots and the like ${shots.suppressed})`;
  const range =
    shots.unknown === 0
      ? ''
      : ko
        ? `; 범위 ${percent(qualityLow)}~${percent(qualityHigh)}`
        : `; between ${percent(qualityLow)} and ${percent(qualityHigh)}`;
  const blind =
    shots.unwatched === 0
      ? ''
      : ko
        ? `; 감시하지 않은 동안 ${shots.unwatched}샷`
        : `; ${shots.unwatched} shots while nobody watched`;
  return `${number}. ${pace}. ${basis}${range}${blind}`;
}

function reasonLines(
  rows: readonly OeeRow[],
  reasons: readonly ReasonConfig[],
  lang: Language,
): string[] {
  const sums = new Map<string, { count: number; ms: number }>();
  for (const { stops } of rows)
    for (const [code, { count, ms }] of Object.entries(stops.byReason)) {
      const sum = sums.get(code) ?? { count: 0, ms: 0 };
      sums.set(code, { count: sum.count + count, ms: sum.ms + ms });
    }
  if (sums.size === 0) return [];
  const named = [...sums].toSorted(([, a], [, b]) => b.ms - a.ms);
  const list = named.map(([code, { count, ms }]) => {
    const reason = reasons.find((one) => one.code === code);
    return `${reason?.[lang] ?? code} ${spanText(ms, lang)} (${count})`;
  });
  return [`${lang === 'ko' ? '비가동 사유' : 'reasons'}: ${list.join(', ')}`];
}

export function oeeLines(
  report: OeeReport,
  place: Place,
  reasons: readonly ReasonConfig[],
): string[] {
  const { lang } = place;
  const columns = [...dimensionColumns(report, place), ...figureColumns(lang)];
  const numbered: Column<OeeRow> = {
    title: '',
    text: (row) => `${report.rows.indexOf(row) + 1}`,
  };
  return [
    ...tableLines([numbered, ...columns], report.rows),
    '',
    ...report.rows.map((row, i) => basisLine(row, i + 1, lang)),
    ...reasonLines(report.rows, reasons, lang),
  ];
}

const csvTitles = [
  ...['machine', 'mold', 'shift', 'oee', 'availability', 'effectiveness', 'quality', 'qualityLow'],
  ...['qualityHigh', 'paceBasis', 'plannedRunS', 'busyS', 'productionS', 'plannedStopS', 'stopS'],
  ...['microStopS', 'unknownS', 'stops', 'microStops', 'unexplained', 'unexplainedS', 'reasons'],
  ...['produced', 'good', 'defect', 'unknown', 'suppressed', 'inspected', 'unwatched'],
];

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);

function csvRow(row: OeeRow): string {
  const { time, stops, shots, shiftFromWallMs: shift } = row;
  const reasons = Object.entries(stops.byReason).map(
    ([code, { count, ms }]) => `${code}:${count}:${seconds(ms)}`,
  );
  return csvLine([
    ...[cellText(row.machine), cellText(row.mold)],
    shift === null ? null : new Date(shift).toISOString(),
    ...[row.oee, row.availability, row.effectiveness, row.quality, row.qualityLow],
    ...[row.qualityHigh, row.paceBasis, seconds(row.plannedRunMs), seconds(time.busyMs)],
    ...[seconds(time.productionMs), seconds(time.plannedStopMs), seconds(time.stopMs)],
    ...[seconds(time.microStopMs), seconds(time.unknownMs), stops.stops, stops.microStops],
    ...[stops.unexplained, seconds(stops.unexplainedMs), reasons.join(' ')],
    ...[shots.produced, shots.good, shots.defect, shots.unknown, shots.suppressed],
    ...[shots.inspected, shots.unwatched],
  ]);
}

export const oeeCsv = ({ rows }: OeeReport): string[] => [csvTitles.join(','), ...rows.map(csvRow)];
