/** Thresholds, what they cost, and one model against another, as sheets. */
import type { Text } from '../records.ts';
import { reasonText } from '../words.ts';
import type { Agreement, Comparison, Difference } from './compare.ts';
import type { Costs } from './cost.ts';
import type { BacktestReport } from './report.ts';
import {
  both,
  type Cell,
  count,
  left,
  money,
  right,
  type Sheet,
  shareWithin,
  unknown,
} from './sheet.ts';

export function costSheets(report: BacktestReport): readonly Sheet[] {
  return [
    ...(report.thresholds.length === 0 ? [] : [thresholds(report)]),
    ...(report.cost === null || report.n === 0 ? [] : [costs(report.cost)]),
    ...(report.against === null ? [] : [against(report, report.against)]),
  ];
}

function thresholds({ thresholds: rows, cost }: BacktestReport): Sheet {
  const priced = cost !== null;
  return {
    title: both('판정 기준값별', 'By threshold'),
    columns: [
      right('기준값', 'threshold'),
      left('', ''),
      left('검출률 %', 'recall %'),
      left('오경보율 %', 'false alarms %'),
      left('정밀도 %', 'precision %'),
      ...(priced ? [right('비용/1,000샷', 'cost/1,000')] : []),
    ],
    rows: rows.map(({ threshold, by, target, recall, falseAlarmRate, precision, ...row }) => [
      threshold.toFixed(4),
      by === 'bundle' ? both('현재', 'in use') : `≤${((target ?? 0) * 100).toFixed(1)} %`,
      ...[recall, falseAlarmRate, precision].map(priced ? plain : shareWithin),
      ...(priced ? [money(row.costPerThousand)] : []),
    ]),
    notes: [
      both(
        '≤: 오경보율을 이 이내로 하는 가장 낮은 기준값. 같은 데이터에서 골랐으므로 참고용입니다.',
        '≤: the lowest threshold that keeps false alarms within it. Found on the shots it is judged on: for looking, not for choosing.',
      ),
    ],
  };
}

const plain = ({ value }: { readonly value: number | null }): string =>
  value === null ? unknown : (value * 100).toFixed(value < 0.05 ? 2 : 1);

function costs({ prices, whole, chosen }: Costs): Sheet {
  const rows: (readonly Cell[])[] = [];
  const later = chosen.threshold === null ? null : chosen.judged;
  const line = (name: Cell, all: number | null | undefined, half: number | null | undefined) =>
    rows.push([name, money(all ?? null), money(half ?? null)]);
  line(both('현재 기준값', 'threshold in use'), whole?.bundle, later?.bundle);
  if (chosen.threshold !== null)
    line(
      both(
        `고른 기준값 ${chosen.threshold.toFixed(4)}`,
        `chosen threshold ${chosen.threshold.toFixed(4)}`,
      ),
      null,
      chosen.judged.chosen,
    );
  line(both('모델 없음', 'no model'), whole?.noModel, later?.noModel);
  line(both('전수 검사', 'inspect all'), whole?.inspectAll, later?.inspectAll);
  return {
    title: both('1,000샷당 예상 비용', 'Expected cost of 1,000 shots'),
    columns: [left('', ''), right('전체', 'all'), right('뒤 절반', 'later half')],
    rows,
    notes: [priceNote(prices), chosenNote(chosen)],
  };
}

function priceNote({ miss, falseAlarm, inspect }: Costs['prices']) {
  const [missed, wrong] = [money(miss), money(falseAlarm)];
  if (inspect === null)
    return both(
      `미검출 ${missed}, 오경보 ${wrong}. 검사 비용(--cost-inspect)을 주지 않아 전수 검사 비용은 모릅니다.`,
      `A miss ${missed}, a false alarm ${wrong}. Without --cost-inspect the cost of inspecting all is not known.`,
    );
  return both(
    `미검출 ${missed}, 오경보 ${wrong}, 검사 ${money(inspect)}(불량 판정마다). 전수 검사는 모두 찾는다고 봅니다.`,
    `A miss ${missed}, a false alarm ${wrong}, an inspection ${money(inspect)} for each verdict defect. Inspecting all is taken to find all.`,
  );
}

function chosenNote(chosen: Costs['chosen']) {
  if (chosen.threshold !== null) {
    const { fitted } = chosen;
    return both(
      `고른 기준값은 앞 절반(~${fitted.toRow}행, 불량 ${fitted.defects})에서만 고르고 뒤 절반에서 평가했습니다.`,
      `The chosen threshold was found on the earlier half (to row ${fitted.toRow}, ${fitted.defects} defects) and judged on the later one.`,
    );
  }
  const isDefects = chosen.why === 'too-few-defects';
  return both(
    `시간상 앞뒤 절반에 ${isDefects ? '불량' : '양품'}이 너무 적어 기준값을 고르지 않았습니다.`,
    `No threshold was chosen: a half of the time has too few ${isDefects ? 'defects' : 'good shots'}.`,
  );
}

function against({ model }: BacktestReport, compared: Comparison): Sheet {
  const { other, auc, ap, defects, good } = compared;
  return {
    title: both(
      `${model.name} ${model.version} 대 ${other.name} ${other.version}`,
      `${model.name} ${model.version} against ${other.name} ${other.version}`,
    ),
    columns: [
      left('', ''),
      right('이 모델', 'this'),
      right('상대', 'other'),
      left('차이 (95 %)', 'difference (95 %)'),
    ],
    rows: [
      ['AUC', ...differenceCells(auc)],
      [both('평균 정밀도(AP)', 'average precision'), ...differenceCells(ap)],
      [both('찾은 불량', 'defects found'), ...agreementCells(defects)],
      [both('오경보', 'false alarms'), ...agreementCells(good)],
    ],
    notes: comparisonNotes(compared),
  };
}

function comparisonNotes({ n, otherUnscored, bootstrap }: Comparison): Text[] {
  const notes: Text[] = [];
  const words = (lang: 'ko' | 'en'): string =>
    Object.entries(otherUnscored)
      .map(([reason, many]) => `${reasonText(reason, lang)} ${many}`)
      .join(', ');
  if (Object.keys(otherUnscored).length > 0)
    notes.push(
      both(`상대 모델의 판정 보류: ${words('ko')}.`, `Not scored by the other: ${words('en')}.`),
    );
  const { blockShots, draws } = bootstrap;
  notes.push(
    n === 0
      ? both('두 모델이 모두 점수를 낸 검사 샷이 없습니다.', 'No labelled shot was scored by both.')
      : both(
          `두 모델이 모두 점수를 낸 검사 샷 ${n}개. 구간은 연속 ${blockShots}샷 묶음을 다시 뽑은 짝 부트스트랩(${draws}회).`,
          `Over ${n} labelled shots that both scored. Interval: paired bootstrap of blocks of ${blockShots} consecutive shots, ${draws} draws.`,
        ),
  );
  return notes;
}

const four = (value: number | null): string => (value === null ? unknown : value.toFixed(4));
const signed = (value: number): string => `${value < 0 ? '' : '+'}${value.toFixed(4)}`;

function differenceCells({ first, other, difference, interval }: Difference): Cell[] {
  const range = interval === null ? '' : ` (${signed(interval.low)}~${signed(interval.high)})`;
  return [
    four(first),
    four(other),
    difference === null ? unknown : `${signed(difference)}${range}`,
  ];
}

function agreementCells({ both: shared, onlyFirst, onlyOther, neither }: Agreement): Cell[] {
  return [
    count(shared + onlyFirst),
    count(shared + onlyOther),
    both(
      `이 모델만 ${onlyFirst}, 상대만 ${onlyOther}, 둘 다 아님 ${neither}`,
      `only this ${onlyFirst}, only other ${onlyOther}, neither ${neither}`,
    ),
  ];
}
