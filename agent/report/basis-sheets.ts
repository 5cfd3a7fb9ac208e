/** The tables of an effect report on what was measured, by whom and with which models. */

import type { SharedOut } from '../../models/share.ts';
import { both, type Cell, left, right, type Sheet } from '../backtest/sheet.ts';
import type { Period } from '../effect/counts.ts';
import type { Text } from '../records.ts';
import { reasonText } from '../words.ts';
import type { PeriodBasis } from './basis.ts';
import type { EffectReport } from './effect-report.ts';
import { fixed, percent, unknown, whole } from './figures.ts';
import { spanOf } from './periods.ts';

const periods = ['before', 'after'] as const satisfies readonly Period[];
const periodTitles = [right('변경 전', 'before'), right('변경 후', 'after')];

const basisWords = {
  labels: both('검사 결과', 'inspection results'),
  verdicts: both('ppuri의 판정', 'verdicts of ppuri'),
} as const;

export const spanText = (days: readonly string[]): string => {
  const { first, last } = spanOf(days);
  return `${first} ~ ${last}`;
};

export function basisSheet({ evidence, basis }: EffectReport): Sheet {
  const { settings, days } = evidence;
  const row = (ko: string, en: string, of: (basis: PeriodBasis) => Cell): readonly Cell[] => [
    both(ko, en),
    ...periods.map((period) => of(basis[period])),
  ];
  const judged = settings.basis === 'labels';
  const sampling = (part: PeriodBasis): string =>
    part.produced === 0
      ? unknown
      : `${whole(part.judged)}/${whole(part.produced)} (${percent(part.judged / part.produced, 1)})`;
  return {
    title: both('측정 근거', 'Basis of measurement'),
    columns: [left('항목', 'what'), ...periodTitles],
    rows: [
      [both('기간', 'period'), ...periods.map((period) => spanText(days[period]))],
      row(
        '날수 (생산한 날)',
        'days (with production)',
        (part) => `${part.days} (${part.daysWithShots})`,
      ),
      row('불량 판정 근거', 'who judged', () => basisWords[settings.basis]),
      row('생산 샷', 'shots made', ({ produced }) => whole(produced)),
      row('판정된 샷', 'judged of them', sampling),
      ...(judged ? inspectionRows(row) : []),
      row('제외: 못 읽은 샷', 'left out: shots not read', ({ missed }) => whole(missed)),
      row('제외: 예열타 등', 'left out: try, warm-up …', suppressedText),
    ],
    notes: [
      both(
        `작업일은 ${settings.dayStart}에 시작합니다. 제외한 샷은 검사 결과가 있어도 세지 않았습니다. 한 샷의 여러 부위 중 하나라도 불량이면 불량 샷입니다.`,
        `A working day begins at ${settings.dayStart}. Shots left out do not count even where they were inspected. A shot is a defect when one of its parts is.`,
      ),
    ],
  };
}

type Row = (ko: string, en: string, of: (basis: PeriodBasis) => Cell) => readonly Cell[];

const shareCell = ({ count, of, value }: SharedOut): string =>
  value === null ? unknown : `${whole(count)}/${whole(of)} (${percent(value, 1)})`;

function inspectionRows(row: Row): (readonly Cell[])[] {
  return [
    row('검사: 양품 판정 샷', 'inspected: verdict ok', (part) => shareCell(part.inspectedOf.ok)),
    row('검사: 불량 판정 샷', 'inspected: verdict defect', (part) =>
      shareCell(part.inspectedOf.defect),
    ),
    row('등록 경로', 'given by', ({ labelledFrom: { panel, cli, import: sheet } }) =>
      both(
        `화면 ${whole(panel)}, 명령 ${whole(cli)}, 파일 ${whole(sheet)}`,
        `screen ${whole(panel)}, command ${whole(cli)}, sheet ${whole(sheet)}`,
      ),
    ),
    row('일부 부위만 검사', 'inspected in part', ({ partly }) => whole(partly)),
    row('재작업·재판정 후 양품', 'reworked or judged again: good', ({ reworked }) =>
      whole(reworked),
    ),
  ];
}

function suppressedText({ suppressed }: PeriodBasis): Text {
  const words = (lang: 'ko' | 'en'): string =>
    suppressed.length === 0
      ? '0'
      : suppressed
          .map(([reason, shots]) => `${reasonText(reason, lang)} ${whole(shots)}`)
          .join(', ');
  return both(words('ko'), words('en'));
}

/** Every model that judged a shot of either period. */
export function modelSheet({ evidence }: EffectReport): Sheet {
  const alike = Map.groupBy(evidence.models, ({ period, name, version, hash, threshold }) =>
    JSON.stringify([period, name, version, hash, threshold]),
  );
  const rows = [...alike.values()].flatMap((uses): (readonly Cell[])[] => {
    const [use] = uses;
    if (use === undefined) return [];
    const machines = [...new Set(uses.map(({ machine }) => machine))].sort();
    const days = uses.flatMap(({ firstDay, lastDay }) => [firstDay, lastDay]).sort();
    return [
      [
        use.period === 'before' ? both('전', 'before') : both('후', 'after'),
        use.name === null ? both('한계값', 'rule limits') : `${use.name} ${use.version ?? ''}`,
        use.threshold === null ? unknown : String(use.threshold),
        `${days[0] ?? ''} ~ ${days.at(-1) ?? ''}`,
        whole(uses.reduce((sum, { shots }) => sum + shots, 0)),
        machines.join(', '),
        use.hash === null ? unknown : use.hash,
      ],
    ];
  });
  return {
    title: both('판정한 모델', 'Models that judged'),
    columns: [
      left('기간', 'period'),
      left('모델', 'model'),
      right('기준값', 'threshold'),
      right('쓰인 날', 'days'),
      right('샷', 'shots'),
      left('설비', 'machines'),
      left('sha256', 'sha256'),
    ],
    rows: rows.length === 0 ? [[both('없음', 'none'), ...Array(6).fill(unknown)]] : rows,
    notes: [],
  };
}

/** What made the report, and how others check it. */
export function originSheet({ evidence, sha256 }: EffectReport): Sheet {
  const { settings, ledger } = evidence;
  const counted = new Date(settings.countedWallMs).toISOString();
  const only = [settings.machine, settings.mold].filter((one) => one !== null).join(', ');
  return {
    title: both('출처와 재확인', 'Origin, and how to check it'),
    columns: null,
    rows: [
      ['ppuri', settings.version],
      ...(settings.gateway === '' ? [] : [[both('게이트웨이', 'gateway'), settings.gateway]]),
      ...(only === '' ? [] : [[both('범위', 'only'), only]]),
      [both('집계 시각', 'counted at'), counted],
      [
        both('저장소', 'store'),
        both(
          `기록 ${whole(ledger.kept)}건, 유실로 집계 ${whole(ledger.lost)}건, 설명 없음 ${whole(ledger.unexplained)}건`,
          `${whole(ledger.kept)} records kept, ${whole(ledger.lost)} counted as gaps, ${whole(ledger.unexplained)} unexplained`,
        ),
      ],
      [both('근거 CSV sha256', 'evidence CSV sha256'), sha256],
      [both('다시 계산', 'compute again'), 'ppuri report effect --from-csv evidence.csv'],
    ],
    notes: [
      both(
        '근거 CSV는 날·설비·금형별 집계이고, 이 보고서의 모든 수치는 그 파일만으로 다시 나옵니다.',
        'The evidence CSV holds the counts by day, machine and mold; every figure here follows from that file alone.',
      ),
    ],
  };
}

/** Per day, all molds together: what the charts are drawn from. */
export function daySheet({ effect }: EffectReport): Sheet | null {
  const charts = effect.charts.find(({ mold }) => mold === null);
  if (charts === undefined) return null;
  const { rate, ewma, cusum } = charts;
  const signal = { above: both('위', 'above'), below: both('아래', 'below') } as const;
  return {
    title: both('날별 수치 (전체)', 'Figures by day (all molds)'),
    columns: [
      left('날', 'day'),
      right('불량률', 'rate'),
      right('관리 하한', 'lower limit'),
      right('관리 상한', 'upper limit'),
      right('EWMA', 'EWMA'),
      right('CUSUM +', 'CUSUM +'),
      right('CUSUM −', 'CUSUM −'),
      left('신호', 'signal'),
    ],
    rows: rate.points.map((point, at) => [
      point.label,
      ...[point.value, point.low, point.high].map((one) => percent(one)),
      ...[ewma, cusum.up, cusum.down].map((chart) => fixed(chart.points[at]?.value ?? 0)),
      point.signal === null ? '' : signal[point.signal],
    ]),
    notes: [],
  };
}
