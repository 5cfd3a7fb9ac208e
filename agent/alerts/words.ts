/** How alerts are worded: level, machine, value against normal, trend, risk, action, shots. */
import type { DefectSpec, Profile } from '../../config/profile.ts';
import type { Alert, Deviation, Estimate, Severity, Text } from '../records.ts';
import { estimateText, featureLook, severityWords } from '../words.ts';
import type { Trend } from './trend.ts';

/** What every text about one machine starts with. */
export interface Speaker {
  readonly machineName: string;
  readonly profile: Profile;
}

function head(severity: Severity, speaker: Speaker, mold: string | null): Text {
  const level = severityWords[severity];
  return {
    ko: `[${level.ko}] ${speaker.machineName}${mold === null ? '' : ` 금형 ${mold}`}`,
    en: `[${level.en.charAt(0).toUpperCase()}${level.en.slice(1)}] ${speaker.machineName}${mold === null ? '' : ` mold ${mold}`}:`,
  };
}

function valueAgainstNormal(speaker: Speaker, deviation: Deviation): Text {
  const { title, unit, decimals } = featureLook(speaker.profile, deviation.feature);
  const shown = (value: number): string => value.toFixed(decimals);
  const value = `${shown(deviation.value)}${unit === '' ? '' : ` ${unit}`}`;
  const band = `${shown(deviation.normalLow)}~${shown(deviation.normalHigh)}`;
  return {
    ko: `${title.ko} ${value} (기준 ${band})`,
    en: `${title.en} ${value} (normal ${band.replace('~', ' to ')})`,
  };
}

/** Only the cycles of this mold are counted: where two take turns, others lie in between. */
function trendWords(speaker: Speaker, mold: string | null, trend: Trend | null): Text {
  if (trend === null) return { ko: '', en: '' };
  const { cycleWord } = speaker.profile;
  const rising = trend.direction === 'rising';
  const last =
    mold === null ? { ko: '최근', en: 'the' } : { ko: '이 금형 최근', en: 'this mold’s' };
  return {
    ko: `, ${last.ko} ${trend.cycles}${cycleWord.ko} ${rising ? '상승' : '하락'}`,
    en: `, ${rising ? 'rising' : 'falling'} over ${last.en} last ${trend.cycles} ${cycleWord.en}s`,
  };
}

function sortOut(speaker: Speaker, shots: Alert['shots']): Text {
  if (shots === null) return { ko: '', en: '' };
  const { cycleWord } = speaker.profile;
  const one = shots.from === shots.to;
  return {
    ko: ` ${one ? shots.to : `${shots.from}~${shots.to}`}번 선별.`,
    en: one
      ? ` Sort out ${cycleWord.en} ${shots.to}.`
      : ` Sort out ${cycleWord.en}s ${shots.from} to ${shots.to}.`,
  };
}

const MOST_TOGETHER = 3;

/** Never a cause: values that were off in the same cycle, and on which the model's answer hung. */
export function togetherText(speaker: Speaker, values: readonly Deviation[]): Text {
  if (values.length === 0) return { ko: '', en: '' };
  const named = values.slice(0, MOST_TOGETHER).map((value) => valueAgainstNormal(speaker, value));
  return {
    ko: `함께 달랐던 값: ${named.map(({ ko }) => ko).join(', ')}.`,
    en: `Also off: ${named.map(({ en }) => en).join(', ')}.`,
  };
}

export interface DefectFacts {
  readonly mold: string | null;
  /** What the model predicted, told where it is a value in plant units. */
  readonly estimate?: Estimate | null;
  readonly lead: Deviation | null;
  readonly trend: Trend | null;
  readonly defect: DefectSpec | null;
  /** Further values that drove the model's answer, strongest first. */
  readonly together: readonly Deviation[];
  readonly shots: Alert['shots'];
}

/** ` 예측 중량 412 g (기준 420±5).` */
function predicted(estimate: Estimate | null): Text {
  if (estimate?.kind !== 'value') return { ko: '', en: '' };
  return {
    ko: ` 예측 ${estimateText(estimate, 'ko')}.`,
    en: ` Predicted ${estimateText(estimate, 'en')}.`,
  };
}

/** `[경고] 3호기 금형 8412 비스킷 두께 18.4 mm (기준 22.1~27.9), 이 금형 최근 20샷 하락. 수축공 위험. …` */
export function defectText(speaker: Speaker, facts: DefectFacts): Text {
  const level = head('warning', speaker, facts.mold);
  const said = predicted(facts.estimate ?? null);
  const start = { ko: `${level.ko}${said.ko}`, en: `${level.en}${said.en}` };
  const value = facts.lead === null ? null : valueAgainstNormal(speaker, facts.lead);
  const trend = trendWords(speaker, facts.mold, facts.lead === null ? null : facts.trend);
  const { defect } = facts;
  const risk =
    defect === null
      ? {
          ko: '불량 위험(유형 미상). 부품 확인.',
          en: 'Risk of a defect of unknown type. Inspect the part.',
        }
      : {
          ko: `${defect.title.ko} 위험. ${defect.action.ko}`,
          en: `Risk of ${defect.title.en}. ${defect.action.en}`,
        };
  const shots = sortOut(speaker, facts.shots);
  const also = togetherText(speaker, facts.together);
  const last = (text: string): string => (text === '' ? '' : ` ${text}`);
  return {
    ko: `${start.ko}${value === null ? '' : ` ${value.ko}${trend.ko}.`} ${risk.ko}${shots.ko}${last(also.ko)}`,
    en: `${start.en}${value === null ? '' : ` ${value.en}${trend.en}.`} ${risk.en}${shots.en}${last(also.en)}`,
  };
}

/** A plain sentence about a machine, at a level. */
export function plainText(severity: Severity, speaker: Speaker, ko: string, en: string): Text {
  const start = head(severity, speaker, null);
  return { ko: `${start.ko} ${ko}`, en: `${start.en} ${en}` };
}
