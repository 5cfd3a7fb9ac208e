/** The quality report as people read it: a table, and below it what its labels can and cannot say. */
import type { QualityReport, QualityRow, Share } from '../records.ts';
import { calibrationLines } from './calibration-lines.ts';
import type { Place } from './store-access.ts';
import { type Column, cellText, csvLine, tableLines } from './table.ts';
import { type Language, timeText } from './words.ts';

const percent = (share: number): string => (share * 100).toFixed(1);

/** `7.5 % (3/40, 2.6~19.9)`; `-` where nothing is known. */
function shareText({ count, of, value, low, high }: Share): string {
  if (value === null) return '-';
  const range = low === null || high === null ? '' : `, ${percent(low)}~${percent(high)}`;
  return `${percent(value)} % (${count}/${of}${range})`;
}

/** No labels, or enough of them and no defect among them: nothing to recall. */
function hasNoDefects({ coverage, truePositives, falseNegatives }: QualityRow): boolean {
  const { kind, defect } = coverage;
  if (kind !== 'even' && kind !== 'selective') return kind === 'none';
  return truePositives + falseNegatives === 0 && (defect.of === 0 || defect.count > 0);
}

function recallText(row: QualityRow, lang: Language): string {
  const { recall } = row;
  if (recall === null && hasNoDefects(row)) return '-';
  const unknown = lang === 'ko' ? '알 수 없음' : 'not known';
  if (recall === null) return unknown;
  if (recall.method === 'counted') return shareText(recall);
  const { value, low, high } = recall;
  if (value === null || low === null || high === null) return unknown;
  const range = `${percent(low)}~${percent(high)}`;
  const about = percent(value);
  return lang === 'ko' ? `약 ${about} % (추정, ${range})` : `about ${about} % (weighted, ${range})`;
}

const modelText = ({ model }: QualityRow, lang: Language): string =>
  model === null ? (lang === 'ko' ? '한계값' : 'limits') : `${model.name} ${model.version}`;

const shiftText = ({ shiftFromWallMs }: QualityRow): string =>
  shiftFromWallMs === null ? '-' : timeText(shiftFromWallMs).slice(5, 16);

function dimensionColumns(report: QualityReport, place: Place): Column<QualityRow>[] {
  const ko = place.lang === 'ko';
  const columns = {
    machine: {
      title: ko ? '설비' : 'machine',
      text: ({ machine }: QualityRow) => place.machineName(machine ?? '-'),
    },
    mold: { title: ko ? '금형' : 'mold', text: ({ mold }: QualityRow) => mold ?? '-' },
    model: {
      title: ko ? '모델' : 'model',
      text: (row: QualityRow) => modelText(row, place.lang),
    },
    shift: { title: ko ? '교대' : 'shift', text: shiftText },
  };
  return report.by.map((dimension) => columns[dimension]);
}

function figureColumns(lang: Language): Column<QualityRow>[] {
  const ko = lang === 'ko';
  const count = (title: string, of: (row: QualityRow) => number): Column<QualityRow> => ({
    title,
    align: 'right',
    text: (row) => String(of(row)),
  });
  const judged = ({ verdicts }: QualityRow): number => verdicts.ok + verdicts.defect;
  return [
    count(ko ? '샷' : 'shots', ({ shots }) => shots),
    count(ko ? '판정' : 'judged', judged),
    count(ko ? '불량판정' : 'alarms', ({ verdicts }) => verdicts.defect),
    count(ko ? '검사' : 'labelled', ({ labelled }) => labelled),
    count(ko ? '미검사' : 'unlabelled', (row) => judged(row) - row.labelled),
    { title: ko ? '검사 중 불량률' : 'base rate', text: ({ baseRate }) => shareText(baseRate) },
    { title: ko ? '정밀도' : 'precision', text: ({ precision }) => shareText(precision) },
    { title: ko ? '검출률' : 'recall', text: (row) => recallText(row, lang) },
    { title: ko ? '미검출' : 'missed', text: ({ missed }) => shareText(missed) },
    { title: ko ? '오경보' : 'false alarms', text: ({ falseAlarms }) => shareText(falseAlarms) },
  ];
}

const kindWords: Readonly<Record<QualityRow['coverage']['kind'], Record<Language, string>>> = {
  none: { ko: '검사 결과 없음', en: 'no labels' },
  even: { ko: '양품·불량 판정을 고르게 검사', en: 'both verdicts labelled alike' },
  selective: {
    ko: '한쪽 판정 위주로 검사: 검출률은 검사한 비율로 환산한 추정값',
    en: 'labels lean to one verdict: recall is weighted by what was labelled',
  },
  'suspected-only': {
    ko: '의심 샷만 검사: 양품 판정 샷의 검사가 너무 적어 검출률을 알 수 없음',
    en: 'mostly suspected shots are labelled: too few of verdict ok to know the recall',
  },
  'too-few': {
    ko: '검사한 양품 판정 샷이 너무 적어(30건 또는 1 % 미만) 검출률을 알 수 없음',
    en: 'too few shots of verdict ok are labelled (below 30 or 1 %) to know the recall',
  },
};

function coverageLine(row: QualityRow, number: number, lang: Language): string {
  const { kind, defect, ok } = row.coverage;
  const shares = [defect, ok].map(({ count, of }) => `${count}/${of}`);
  const more = [
    ...(row.partly > 0
      ? [lang === 'ko' ? `일부 부위만 검사 ${row.partly}` : `${row.partly} labelled in part`]
      : []),
    ...(row.unjudgedLabelled > 0
      ? [
          lang === 'ko'
            ? `판정 보류 샷 검사 ${row.unjudgedLabelled}`
            : `${row.unjudgedLabelled} labelled without a verdict`,
        ]
      : []),
  ].map((text) => `; ${text}`);
  const covered =
    lang === 'ko'
      ? `검사한 비율: 불량 판정 ${shares[0]}, 양품 판정 ${shares[1]}`
      : `labelled of verdict defect ${shares[0]}, of verdict ok ${shares[1]}`;
  return `${number}. ${kindWords[kind][lang]}. ${covered}${more.join('')}`;
}

const legend: Readonly<Record<Language, string>> = {
  ko: '괄호: 건수와 95 % 신뢰구간(Wilson). 정밀도·오경보는 검사한 불량 판정 중, 미검출은 검사한 양품 판정 중 불량',
  en: 'in brackets: counts and Wilson 95 % interval. precision, false alarms: of labelled verdicts defect; missed: defects among labelled verdicts ok',
};

/** One line for each row that has labels, and one for all that have none. */
function coverageLines(rows: readonly QualityRow[], lang: Language): string[] {
  const lines: string[] = [];
  const bare: number[] = [];
  for (const [index, row] of rows.entries()) {
    const isBare = row.coverage.kind === 'none' && row.partly + row.unjudgedLabelled === 0;
    if (isBare) bare.push(index + 1);
    else lines.push(coverageLine(row, index + 1, lang));
  }
  if (bare.length > 0) lines.push(`${bare.join(', ')}. ${kindWords.none[lang]}`);
  return lines;
}

export function qualityLines(report: QualityReport, place: Place): string[] {
  const { lang } = place;
  const columns = [...dimensionColumns(report, place), ...figureColumns(lang)];
  const numbered: Column<QualityRow> = {
    title: '',
    text: (row) => `${report.rows.indexOf(row) + 1}`,
  };
  const orphans = report.labelsWithoutShot;
  const gone =
    lang === 'ko'
      ? `샷 기록이 지워져 계산에서 빠진 검사 결과 ${orphans}건`
      : `${orphans} labels are of shots no longer in the store, and count nowhere`;
  return [
    ...tableLines([numbered, ...columns], report.rows),
    '',
    ...coverageLines(report.rows, lang),
    legend[lang],
    ...(orphans > 0 ? [gone] : []),
    ...calibrationLines(report.calibration, place),
  ];
}

const csvTitles = [
  ...['machine', 'mold', 'model', 'modelVersion', 'shift', 'shots', 'ok', 'defect', 'labelled'],
  ...['partly', 'unjudgedLabelled', 'tp', 'fp', 'tn', 'fn', 'coverage', 'recallMethod'],
  ...['baseRate', 'precision', 'recall', 'missed', 'falseAlarms'].flatMap((name) => [
    ...[name, `${name}Low`, `${name}High`],
  ]),
];

function csvRow(row: QualityRow): string {
  const shares = [row.baseRate, row.precision, row.recall, row.missed, row.falseAlarms];
  const shift = row.shiftFromWallMs;
  return csvLine([
    ...[row.machine, cellText(row.mold), row.model?.name ?? null, row.model?.version ?? null],
    shift === null ? null : new Date(shift).toISOString(),
    ...[row.shots, row.verdicts.ok, row.verdicts.defect, row.labelled, row.partly],
    ...[row.unjudgedLabelled, row.truePositives, row.falsePositives, row.trueNegatives],
    ...[row.falseNegatives, row.coverage.kind, row.recall?.method ?? null],
    ...shares.flatMap((share) => [share?.value ?? null, share?.low ?? null, share?.high ?? null]),
  ]);
}

export const qualityCsv = ({ rows }: QualityReport): string[] => [
  csvTitles.join(','),
  ...rows.map(csvRow),
];
