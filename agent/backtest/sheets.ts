/** The sheets of a shot-by-shot report: in all, by mold, in time, and its gaps. */
import type { Text } from '../records.ts';
import { reasonText } from '../words.ts';
import { alertSheets } from './alert-sheets.ts';
import { costSheets } from './cost-sheets.ts';
import { leastOfAKind, type PartFigures } from './figures.ts';
import type { BacktestReport } from './report.ts';
import {
  both,
  type Cell,
  count,
  left,
  percent,
  right,
  type Sheet,
  type SheetColumn,
  scoreWithin,
  shareInFull,
  shareWithin,
  unknown,
} from './sheet.ts';
import { minuteText } from './times.ts';
import type { Gap } from './windows.ts';

const mostGaps = 8;
const mostWindows = 400;

/** All of them, in the order in which they are read. */
export function sheetsOf(report: BacktestReport): readonly Sheet[] {
  return [
    overview(report),
    ...(report.n === 0 ? [] : [shotFigures(report)]),
    ...(report.n > 0 && Object.keys(report.perMold).length > 1 ? [molds(report)] : []),
    ...(report.n === 0 ? [] : [inTime(report)]),
    ...(report.gaps.length === 0 ? [] : [gaps(report)]),
    ...alertSheets(report),
    ...costSheets(report),
  ];
}

function overview(report: BacktestReport): Sheet {
  const { rows, scored, unscored, verdicts, period, n, defects } = report;
  const reasons = Object.entries(unscored).sort(([, a], [, b]) => b - a);
  const words = (lang: 'ko' | 'en'): string =>
    reasons.map(([reason, many]) => `${reasonText(reason, lang)} ${many}`).join(', ');
  const none = both('없음', 'none');
  const lines: (readonly Cell[])[] = [
    [both('샷', 'shots'), both(`${rows} (점수 ${scored})`, `${rows} (${scored} scored)`)],
    [both('판정 보류', 'unscored'), reasons.length === 0 ? none : both(words('ko'), words('en'))],
    [
      both('판정', 'verdicts'),
      both(
        `양품 ${verdicts.ok}, 불량 ${verdicts.defect}`,
        `ok ${verdicts.ok}, defect ${verdicts.defect}`,
      ),
    ],
    [both('검사', 'labelled'), both(`${n} (불량 ${defects})`, `${n} (${defects} defects)`)],
  ];
  if (period !== null)
    lines.unshift([
      both('기간', 'period'),
      `${minuteText(period.fromWallMs)} ~ ${minuteText(period.toWallMs)}`,
    ]);
  const title = `${report.model.name} ${report.model.version}`;
  return { title: both(title, title), columns: null, rows: lines, notes: dataNotes(report) };
}

/** No line is told apart like this; that a model has seen the answers is likelier. */
const doubtedAuc = 0.999;
const leastToDoubt = 20;
const tooGood = both(
  'AUC가 지나치게 높습니다. 배운 샷으로 검증했거나, 결과를 미리 아는 열이 입력에 있는지 확인하세요.',
  'The AUC is too good: see whether the model was trained on these shots, or an input is only known once the result is.',
);

function dataNotes(report: BacktestReport): readonly Text[] {
  const { repeats, rows, trainedOn } = report;
  const notes: Text[] = [];
  if (trainedOn !== null)
    notes.push(
      both(
        `모델이 배운 데이터(묶음의 기록): ${trainedOn}. 배운 샷이 섞이면 수치가 실제보다 좋습니다. --from-row로 빼세요.`,
        `The bundle says that it was trained on: ${trainedOn}. Figures on shots it has learned from flatter: leave them out with --from-row.`,
      ),
    );
  if (report.defects >= leastToDoubt && (report.auc ?? 0) > doubtedAuc) notes.push(tooGood);
  if (repeats === null) return notes;
  const { identical, sharedInputs, otherLabel } = repeats;
  if (identical > 0)
    notes.push(
      both(
        `모든 열이 같은 행 ${identical}개가 반복됩니다. 같은 샷을 두 번 셉니다.`,
        `${identical} of ${rows} rows repeat an earlier one in every column: shots counted twice.`,
      ),
    );
  if (sharedInputs > 0)
    notes.push(
      both(
        `바로 앞 행과 입력값이 같은 행 ${sharedInputs}개(검사 결과가 다른 행 ${otherLabel}개). 한 샷의 여러 부품이면 --parts join으로 한 샷으로 셉니다.`,
        `${sharedInputs} rows have the inputs of the row before (${otherLabel} another result): where these are parts of one shot, --parts join counts them as one.`,
      ),
    );
  return notes;
}

function shotFigures(report: BacktestReport): Sheet {
  const { intervals, threshold } = report;
  return {
    title: both(
      `샷 단위 (판정 기준값 ${threshold.toFixed(4)})`,
      `Shot by shot (threshold ${threshold.toFixed(4)})`,
    ),
    columns: null,
    rows: [
      [both('불량률', 'base rate of defects'), shareInFull(intervals.baseRate)],
      ['AUC', scoreWithin(report.auc, intervals.auc, 4)],
      [both('평균 정밀도(AP)', 'average precision'), scoreWithin(report.ap, null, 4)],
      [both('검출률', 'recall'), shareInFull(intervals.recall)],
      [both('오경보율', 'false alarms'), shareInFull(intervals.falseAlarmRate)],
      [both('정밀도', 'precision'), shareInFull(intervals.precision)],
      [both('정확도', 'accuracy'), percent(report.accuracy, 2)],
    ],
    notes: [
      both(
        '괄호: 건수와 95 % 신뢰구간(AUC는 Newcombe, 비율은 Wilson). 오경보율은 양품 중 불량 판정. 불량은 몰려서 나오므로 실제 불확실성은 이보다 큽니다.',
        'In brackets: counts and 95 % intervals (AUC: Newcombe, shares: Wilson). False alarms: share of good shots. Defects come in runs, so the truth is less sure than these say.',
      ),
    ],
  };
}

const figureColumns: readonly SheetColumn[] = [
  right('샷', 'shots'),
  right('불량', 'defects'),
  left('AUC (95 %)', 'AUC (95 %)'),
  left('검출률 %', 'recall %'),
  left('오경보율 %', 'false alarms %'),
];

/** `brief`: without the interval of the AUC. */
function figureCells(part: PartFigures & { readonly shots: number }, brief: boolean): Cell[] {
  const { intervals, tooFew } = part;
  const few = both(
    tooFew === 'good' ? '양품이 너무 적음' : '불량이 너무 적음',
    tooFew === 'good' ? 'too few good' : 'too few defects',
  );
  const auc = scoreWithin(part.auc, brief ? null : intervals.auc);
  return [
    count(part.shots),
    part.n === 0 ? unknown : count(part.defects),
    part.n === 0 ? unknown : tooFew === null ? auc : few,
    shareWithin(intervals.recall),
    shareWithin(intervals.falseAlarmRate),
  ];
}

const fewNote = both(
  `불량이나 양품이 ${leastOfAKind}개 미만이면 수치를 내지 않습니다.`,
  `With fewer than ${leastOfAKind} defects or good shots there is no figure.`,
);

function molds({ perMold }: BacktestReport): Sheet {
  const parts = Object.values(perMold);
  return {
    title: both('금형별', 'By mold'),
    columns: [left('금형', 'mold'), ...figureColumns],
    rows: Object.entries(perMold).map(([mold, part]) => [mold, ...figureCells(part, false)]),
    notes: parts.some(({ tooFew }) => tooFew !== null) ? [fewNote] : [],
  };
}

const windowWords = {
  day: both('일', 'day'),
  week: both('주', 'week'),
  shift: both('교대', 'shift'),
} as const;

function inTime({ chronological, windows }: BacktestReport): Sheet {
  const by = typeof windows === 'number' ? both('행', 'rows') : windowWords[windows];
  const shown = chronological.slice(-mostWindows);
  const notes = shown.some(({ tooFew }) => tooFew !== null) ? [fewNote] : [];
  if (shown.length < chronological.length)
    notes.push(
      both(
        `구간 ${chronological.length}개 중 마지막 ${mostWindows}개.`,
        `The last ${mostWindows} of ${chronological.length}.`,
      ),
    );
  return {
    title: both('시간순', 'In the order of time'),
    columns: [left(by.ko, by.en), ...figureColumns.map(briefer)],
    rows: shown.map((part) => [part.name, ...figureCells(part, true)]),
    notes,
  };
}

const briefer = (column: SheetColumn): SheetColumn =>
  column.title.en.startsWith('AUC') ? left('AUC', 'AUC') : column;

const hours = ({ fromWallMs, toWallMs }: Gap): string =>
  ((toWallMs - fromWallMs) / 3_600_000).toFixed(1);

function gaps({ gaps: all }: BacktestReport): Sheet {
  const length = ({ fromWallMs, toWallMs }: Gap): number => toWallMs - fromWallMs;
  const longest = [...all].sort((a, b) => length(b) - length(a)).slice(0, mostGaps);
  longest.sort((a, b) => a.afterRow - b.afterRow);
  return {
    title: both(`샷이 없는 시간 (${all.length}번)`, `Time without shots (${all.length} gaps)`),
    columns: [left('부터', 'from'), left('까지', 'to'), right('시간', 'hours'), right('행', 'row')],
    rows: longest.map((gap) => [
      minuteText(gap.fromWallMs),
      minuteText(gap.toWallMs),
      hours(gap),
      count(gap.beforeRow),
    ]),
    notes:
      all.length > mostGaps ? [both(`가장 긴 ${mostGaps}개.`, `The ${mostGaps} longest.`)] : [],
  };
}
