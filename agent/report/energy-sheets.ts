/** The tables of an effect report on energy and money. */
import { both, type Cell, left, right, type Sheet } from '../backtest/sheet.ts';
import type { Coefficient, EnergyDriver, EnergyEffect } from '../effect/energy-result.ts';
import type { Text } from '../records.ts';
import type { EffectReport } from './effect-report.ts';
import { refusalText } from './effect-words.ts';
import { amountText, few, fewText, percent, unknown, whole } from './figures.ts';

const driverWords = (per: 'kg' | 'shot'): Readonly<Record<EnergyDriver | 'base', Text>> => ({
  base: both('기본 (kWh/일)', 'base (kWh/day)'),
  goodKg:
    per === 'kg'
      ? both('양품 kg당 kWh', 'kWh per good kg')
      : both('양품 샷당 kWh', 'kWh per good shot'),
  holdHours: both('보온 시간당 kWh', 'kWh per hour of holding'),
  ambientC: both('외기 1 °C당 kWh', 'kWh per °C of ambient'),
});

/** Null: no meter, and then there is nothing to say of energy. */
export function energySheet({ effect, evidence }: EffectReport): Sheet | null {
  const { energy } = effect;
  const { energyPer: per, energyLeftOut: out } = evidence.settings;
  if (energy === null) return null;
  const title = both('전력: 실제와 기준선', 'Energy: actual against the baseline');
  const intensity = energy.intensity;
  const per1 = per === 'kg' ? 'kWh/kg' : both('kWh/샷', 'kWh/shot');
  const intensityRow: (readonly Cell[])[] =
    intensity === null
      ? []
      : [
          [
            both('단순 원단위', 'plain intensity'),
            both(
              `${few(intensity.before)} → ${few(intensity.after)} ${typeof per1 === 'string' ? per1 : per1.ko}`,
              `${few(intensity.before)} → ${few(intensity.after)} ${typeof per1 === 'string' ? per1 : per1.en}`,
            ),
          ],
        ];
  const days: readonly Cell[] = [
    both('전력 기록이 온전한 날', 'days with energy'),
    both(
      `전 ${energy.rows.before}, 후 ${energy.rows.after} (제외 ${out.before}, ${out.after})`,
      `${energy.rows.before} before, ${energy.rows.after} after (left out ${out.before}, ${out.after})`,
    ),
  ];
  if (energy.kind === 'refused')
    return { title, columns: null, rows: [days, ...intensityRow], notes: [refusalText(energy)] };
  return {
    ...{ title, columns: null },
    rows: [
      [both('실제 (변경 후)', 'actual, after'), `${whole(energy.actualKwh)} kWh`],
      [both('기준선 예상', 'expected by the baseline'), `${whole(energy.expectedKwh)} kWh`],
      [both('절감 = 예상 − 실제', 'saved = expected − actual'), `${amountText(energy.saved)} kWh`],
      [both('절감률 (95 %)', 'saved share (95 %)'), sharePercent(energy)],
      ...energy.coefficients.map((one): readonly Cell[] => coefficientRow(one, per)),
      [
        both('기준선 적합', 'fit of the baseline'),
        `R² ${energy.rSquared === null ? unknown : energy.rSquared.toFixed(3)}, CV(RMSE) ${percent(energy.cvRmse, 1)}`,
      ],
      days,
      ...intensityRow,
    ],
    notes: [...leftOutNotes(energy), baselineNote(per)],
  };
}

const sharePercent = ({ savedShare: { value, low, high } }: EnergyEffect): string =>
  `${percent(value, 1)} (${percent(low, 1)} ~ ${percent(high, 1)})`;

const coefficientRow = (one: Coefficient, per: 'kg' | 'shot'): readonly Cell[] => [
  driverWords(per)[one.of],
  fewText(one),
];

const baselineNote = (per: 'kg' | 'shot'): Text => {
  const ko = per === 'kg' ? 'kg' : '샷 (중량을 모릅니다)';
  const en = per === 'kg' ? 'kg' : 'shots (weights are not known)';
  return both(
    `ISO 50006 방식: 변경 전 날들로 kWh = 기본 + 생산(${ko}) + 보온 + 외기를 맞추고, 변경 후와 비교했습니다. 불량으로 확인된 샷은 생산에서 뺐습니다.`,
    `As in ISO 50006: kWh = base + production (${en}) + holding + ambient, fitted on the days before and held against those after. Shots found to be defects are taken off production.`,
  );
};

/** With the particles that Korean wants after each. */
const driverNames = {
  goodKg: { is: '생산량은', subject: '생산량이', en: 'production', start: 'Production' },
  holdHours: { is: '보온 시간은', subject: '보온 시간이', en: 'holding', start: 'Holding' },
  ambientC: {
    is: '외기 온도는',
    subject: '외기 온도가',
    en: 'ambient temperature',
    start: 'Ambient temperature',
  },
} as const;

function leftOutNotes({ drivers }: EnergyEffect): Text[] {
  return drivers.flatMap(({ driver, leftOut, outside }) => {
    const { is, subject, en, start } = driverNames[driver];
    if (leftOut === 'missing')
      return [
        both(
          `${is} 늘 측정되지 않아 기준선에 넣지 않았습니다.`,
          `${start} was not always measured, and is not in the baseline.`,
        ),
      ];
    if (leftOut === 'constant')
      return [
        both(
          `${is} 변경 전에 변하지 않아 기준선에 넣지 않았습니다.`,
          `${start} never varied before, and is not in the baseline.`,
        ),
      ];
    if (outside === 0) return [];
    return [
      both(
        `변경 후 ${outside}일은 ${subject} 변경 전 범위를 벗어나, 그날의 예상값은 추측입니다.`,
        `On ${outside} days after, ${en} lay outside the range before: the expected figure of those days is a guess.`,
      ),
    ];
  });
}

/** Null: no price was given, and then no money is told. */
export function costSheet({ cost, evidence }: EffectReport): Sheet | null {
  if (cost === null) return null;
  const { scrapKrw, kwhKrw } = evidence.settings;
  const rows: (readonly Cell[])[] = [];
  if (scrapKrw !== null) {
    rows.push([both('불량 1샷 (입력값)', 'one scrapped shot (as given)'), whole(scrapKrw)]);
    rows.push([
      both('줄어든 불량, 판정된 샷', 'scrap avoided, judged shots'),
      cost.scrap === null ? unknown : amountText(cost.scrap),
    ]);
    if (cost.scrapOfAll !== null)
      rows.push([
        both('같은 비율로 본 전체 생산', 'all shots made, at the same rate'),
        amountText(cost.scrapOfAll),
      ]);
  }
  if (kwhKrw !== null) {
    rows.push([both('1 kWh (입력값)', 'one kWh (as given)'), few(kwhKrw)]);
    rows.push([
      both('절감한 전력', 'energy saved'),
      cost.energy === null ? unknown : amountText(cost.energy),
    ]);
  }
  return {
    title: both('금액 (원, 변경 후 기간)', 'Money (KRW, over the period after)'),
    columns: [left('항목', 'what'), right('원 (95 % 구간)', 'KRW (95 % interval)')],
    rows,
    notes: [
      both(
        '단가는 사용자가 입력한 값이고, 금액은 그 단가만큼만 맞습니다. +는 절감입니다.',
        'Prices are those that were given; the sums are as right as they are. + is saved.',
      ),
    ],
  };
}
