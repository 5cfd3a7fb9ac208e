/** The tables of an effect report on the defect rate, as sheets in both languages. */
import { both, type Cell, left, right, type Sheet } from '../backtest/sheet.ts';
import type { Period } from '../effect/counts.ts';
import type { DefectEffect, PeriodRate, StratumEffect } from '../effect/result.ts';
import type { Text } from '../records.ts';
import type { EffectReport } from './effect-report.ts';
import { basisNoteText, noteText } from './effect-words.ts';
import {
  amountText,
  chance,
  few,
  percent,
  pointsText,
  rateText,
  ratioText,
  unknown,
  whole,
} from './figures.ts';

const periodTitles = [right('변경 전', 'before'), right('변경 후', 'after')];

const blockWords = {
  day: both('날', 'days'),
  lot: both('로트', 'lots'),
  week: both('주', 'weeks'),
} as const;

export function rateSheet({ effect }: EffectReport): Sheet {
  const { defects } = effect;
  const cells = (of: (rate: PeriodRate) => string): string[] =>
    (['before', 'after'] as const).map((period) => {
      const rate = defects.periods[period];
      return rate === null ? unknown : of(rate);
    });
  const blocks = blockWords[defects.blocks];
  return {
    title: both('불량률', 'Defect rate'),
    columns: [left('항목', 'what'), ...periodTitles],
    rows: [
      [both('판정된 샷', 'judged shots'), ...cells(({ judged }) => whole(judged))],
      [both('불량', 'defects'), ...cells((rate) => whole(rate.defects))],
      [both('불량률 (95 %)', 'defect rate (95 %)'), ...cells(({ rate }) => rateText(rate))],
      [both('PPM', 'PPM'), ...cells(({ rate }) => whole(rate.value * 1e6))],
      [both('판정된 샷이 있는 날', 'days with judged shots'), ...cells(({ days }) => whole(days))],
      [both(`묶음(${blocks.ko})`, `blocks (${blocks.en})`), ...cells((rate) => whole(rate.blocks))],
      [both('설계 효과', 'design effect'), ...cells((rate) => few(rate.designEffect))],
      [
        both('독립 샷으로 치면', 'as independent shots'),
        ...cells((rate) => whole(rate.effectiveShots)),
      ],
    ],
    notes: [
      both(
        `같은 ${blocks.ko}의 샷은 서로 닮습니다. 설계 효과는 그 때문에 구간이 넓어지는 배수이고, 독립 샷 수는 같은 정보를 주는 서로 무관한 샷의 수입니다.`,
        `Shots of one of these ${blocks.en} resemble each other. The design effect says how much wider that makes the interval; the shots are worth as many independent ones.`,
      ),
    ],
  };
}

export function differenceSheet({ effect, alternation, byTurns }: EffectReport): Sheet {
  const { defects } = effect;
  const rows: (readonly Cell[])[] = [];
  const add = (ko: string, en: string, value: Cell | null): void => {
    if (value !== null) rows.push([both(ko, en), value]);
  };
  const { sameMix, afterMix, naive, pooled, bootstrap, avoided } = defects;
  add('같은 금형 구성, 차이', 'same mix, difference', sameMix && pointsText(sameMix.difference));
  add('같은 금형 구성, 비율', 'same mix, ratio', sameMix && ratioText(sameMix.ratio));
  add(
    '변경 후 구성, 차이',
    'mix of after, difference',
    afterMix && pointsText(afterMix.difference),
  );
  add('줄어든 불량 (판정된 샷)', 'defects avoided (judged shots)', avoided && amountText(avoided));
  add(
    '맨텔–헨첼 차이',
    'Mantel–Haenszel difference',
    pooled.difference && pointsText(pooled.difference),
  );
  add('맨텔–헨첼 비율', 'Mantel–Haenszel ratio', pooled.ratio && ratioText(pooled.ratio));
  add('부트스트랩 확인', 'bootstrap, to check', bootstrap && pointsText(bootstrap));
  add('단순 비교', 'plain rates', naive && pointsText(naive.difference));
  add('교대일 짝 비교', 'pairs of days', alternation && pointsText(alternation.difference));
  add(
    '교대일 무작위 검정',
    'randomisation of days',
    alternation &&
      both(
        `${chance(alternation.p)} (${alternation.pairs}쌍)`,
        `${chance(alternation.p)} (${alternation.pairs} pairs)`,
      ),
  );
  return {
    title: both('차이: 변경 후 − 변경 전', 'Difference: after − before'),
    columns: [left('계산', 'how'), right('값 (95 % 구간)', 'value (95 % interval)')],
    rows,
    notes: [...needNotes(defects), restsOn, byTurns ? byTurnsNote : beforeAfterNote],
  };
}

/** Nothing is certain. */
const surely = (power: number): string => (power > 0.99 ? '> 99 %' : percent(power, 0));

function needNotes({ need }: DefectEffect): Text[] {
  if (need === null) return [];
  const { before, after, perPeriod, power, designEffect } = need;
  const rates = `${percent(before)} → ${percent(after)}`;
  return [
    both(
      `계획: ${rates}를 확인하려면 기간마다 판정된 샷 ${whole(perPeriod)}개가 필요합니다(설계 효과 ${few(designEffect)}). 지금 샷으로 드러날 확률 ${surely(power)}.`,
      `Plan: showing ${rates} takes ${whole(perPeriod)} judged shots in each period (design effect ${few(designEffect)}). The shots there are would show it with a chance of ${surely(power)}.`,
    ),
  ];
}

const restsOn = both(
  '결론은 “같은 금형 구성”의 구간을 따릅니다. 맨텔–헨첼과 단순 비교는 모든 샷을 서로 무관하다고 보아 구간이 너무 좁고, 견주어 보라고 적었습니다.',
  'The verdict rests on the interval of the same mix. Mantel–Haenszel and plain rates take every shot as independent: their intervals are too narrow, and stand here to compare.',
);
const beforeAfterNote = both(
  '전후 비교는 같은 때에 바뀐 다른 것(재료, 금형 수리, 작업자, 계절)을 가려내지 못합니다. 가장 확실한 시험은 교대일 시험입니다.',
  'A comparison of before and after cannot tell this change from others of that time (material, mold repair, people, season). Alternating days are the surest trial.',
);
const byTurnsNote = both(
  '교대일 시험입니다: 켠 날과 끈 날이 섞여 있어, 같은 때에 바뀐 다른 것이 두 쪽에 고루 들어갑니다.',
  'Days were on and off by turns: what else changed meanwhile fell on both alike.',
);

export function strataSheet({ effect, evidence }: EffectReport): Sheet | null {
  const { strata } = effect.defects;
  if (strata.length < 2) return null;
  const hasMode = strata.some(({ mode }) => mode !== null);
  const name = ({ mold, mode }: StratumEffect): Cell[] => [
    mold ?? both('구분 없음', 'not known'),
    ...(hasMode ? [mode ?? unknown] : []),
  ];
  const of = (stratum: StratumEffect, period: Period): string => {
    const { judged, defects } = stratum[period];
    if (judged === 0) return unknown;
    return `${whole(defects)}/${whole(judged)} (${percent(defects / judged)})`;
  };
  const modeTitle =
    evidence.settings.by === 'machine' ? left('설비', 'machine') : left('조건', 'mode');
  return {
    title: both('금형별', 'By mold'),
    columns: [
      left('금형', 'mold'),
      ...(hasMode ? [modeTitle] : []),
      ...periodTitles,
      right('차이 (95 %)', 'difference (95 %)'),
    ],
    rows: strata
      .toSorted(byName)
      .map((stratum) => [
        ...name(stratum),
        ...[of(stratum, 'before'), of(stratum, 'after')],
        stratum.difference === null
          ? both('비교 안 함', 'not compared')
          : pointsText(stratum.difference),
      ]),
    notes: [],
  };
}

const byName = (a: StratumEffect, b: StratumEffect): number =>
  `${a.mold ?? ''}\n${a.mode ?? ''}` < `${b.mold ?? ''}\n${b.mode ?? ''}` ? -1 : 1;

export function looksSheet({ effect, evidence }: EffectReport): Sheet | null {
  const { looks } = effect.defects;
  if (looks === null) return null;
  const shows = {
    better: both('낮아짐', 'better'),
    worse: both('높아짐', 'worse'),
    nothing: both('아직', 'nothing yet'),
  } as const;
  const plan = evidence.settings.looks;
  return {
    title: both('중간 점검', 'Looks'),
    columns: [
      left('여기까지', 'until'),
      right('정보량', 'information'),
      right('차이 (점검 감안)', 'difference (for all looks)'),
      right('이번만 본다면', 'if it were the only look'),
      left('결론', 'shows'),
    ],
    rows: looks.map((look) => [
      look.until,
      percent(look.information, 0),
      look.difference === null ? unknown : pointsText(look.difference),
      look.naive === null ? unknown : pointsText(look.naive),
      shows[look.shows],
    ]),
    notes: [
      both(
        `${plan?.everyDays ?? 0}일마다, 계획 ${plan?.plannedDays ?? 0}일. 여러 번 보아도 없는 효과를 있다고 할 확률은 모두 합쳐 5 %입니다. 오른쪽 구간은 자주 볼수록 거짓 결론을 냅니다.`,
        `Every ${plan?.everyDays ?? 0} days, ${plan?.plannedDays ?? 0} planned. Over all looks together the chance of claiming an effect that is none stays 5 %; the interval on the right claims too much when looked at often.`,
      ),
    ],
  };
}

/** What a reader must know before believing the figures. */
export function noteSheet({ effect, basis }: EffectReport): Sheet | null {
  const notes = [...basis.notes.map(basisNoteText), ...effect.defects.notes.map(noteText)];
  if (notes.length === 0) return null;
  return {
    title: both('읽기 전에', 'Read this first'),
    columns: null,
    rows: notes.map((note, at) => [`${at + 1}`, note]),
    notes: [],
  };
}
