/**
 * What an operator can do about a furnace's energy, each with what was measured here. Nothing is said
 * without a figure of this furnace, nothing twice in a shift.
 */
import type { HeatRecord, Text } from '../records.ts';
import type { Comparison } from './compare.ts';

export const adviceCauses = [
  'furnace-lid-open',
  'furnace-hold-long',
  'furnace-split-charge',
  'furnace-cold-charge',
] as const;
export type AdviceCause = (typeof adviceCauses)[number];

const kWh = (value: number): string => value.toFixed(1);
const whole = (value: number): string => value.toFixed(0);

export interface LidFacts {
  readonly minutes: number;
  readonly extraKWh: number;
  readonly openKW: number;
  readonly closedKW: number;
}

export function lidText({ minutes, extraKWh, openKW, closedKW }: LidFacts): Text {
  const rates = [openKW, closedKW].map((one) => one.toFixed(1));
  return {
    ko: `뚜껑을 닫으십시오. 이번 교대 장입·출탕 외 뚜껑 열림 ${whole(minutes)}분, 추가 손실 ${kWh(extraKWh)} kWh (이 로에서 잰 보온 손실: 열림 ${rates[0]} kW, 닫힘 ${rates[1]} kW).`,
    en: `Close the lid. Open for ${whole(minutes)} min this shift beside charging and pouring: ${kWh(extraKWh)} kWh more lost (losses measured here in holding: ${rates[0]} kW open, ${rates[1]} kW closed).`,
  };
}

export function holdText(minutes: number, energy: number, neededMinutes: number): Text {
  return {
    ko: `보온 시간을 줄이십시오. 이번 교대 보온이 히트당 필요한 ${whole(neededMinutes)}분을 합계 ${whole(minutes)}분 초과, ${kWh(energy)} kWh 사용. 출탕 시각에 맞춰 장입을 시작하고, 늦어지면 보온 온도를 낮추십시오.`,
    en: `Hold for less time. This shift ${whole(minutes)} min beyond the ${whole(neededMinutes)} min that a heat needs, for ${kWh(energy)} kWh. Charge to meet the time of tapping; lower the set point when it is put off.`,
  };
}

/** From so many pieces on a charge counts as split. */
export const splitPieces = 4;
/** Below this a charge counts as not preheated, °C. */
export const preheatedC = 60;

function comparisonWords({ better, worse }: Comparison): { ko: string; en: string } {
  const less = whole(worse.median - better.median);
  return {
    ko: `${better.heats}히트 중앙값 ${whole(better.median)} kWh/t, 차이 ${less} kWh/t(함께 달랐던 값이며 다른 원인일 수 있음).`,
    en: `${better.heats} heats, median ${whole(better.median)} kWh/t: ${less} kWh/t apart (they differed together; the cause may be another).`,
  };
}

export function splitText(found: Comparison): Text {
  const { worse } = found;
  const other = comparisonWords(found);
  return {
    ko: `장입은 큰 덩어리부터 적은 횟수로 모아서 하십시오. ${splitPieces}회 이상 나눈 ${worse.heats}히트 중앙값 ${whole(worse.median)} kWh/t, 그보다 적게 나눈 ${other.ko}`,
    en: `Charge in fewer pieces, large ones first. In ${splitPieces} pieces or more: ${worse.heats} heats, median ${whole(worse.median)} kWh/t; in fewer: ${other.en}`,
  };
}

export function preheatText(found: Comparison): Text {
  const { worse } = found;
  const other = comparisonWords(found);
  return {
    ko: `장입재를 말리고 예열해서 넣으십시오. ${preheatedC} °C 미만 장입 ${worse.heats}히트 중앙값 ${whole(worse.median)} kWh/t, 예열한 ${other.ko}`,
    en: `Dry and preheat what is charged. Charged below ${preheatedC} °C: ${worse.heats} heats, median ${whole(worse.median)} kWh/t; preheated: ${other.en}`,
  };
}

export const isSplit = ({ charges }: HeatRecord): boolean => charges >= splitPieces;
export const isCold = ({ chargeC }: HeatRecord): boolean =>
  chargeC !== null && chargeC < preheatedC;
export const isPreheated = ({ chargeC }: HeatRecord): boolean =>
  chargeC !== null && chargeC >= preheatedC;
