/** What `ppuri train` says: how far it is, and what came of it. */
import { moreFalseAlarms } from '../../models/train/card.ts';
import type { EvidenceReport, TrainReport } from '../../models/train/report.ts';
import type { TrainProgress } from '../train-protocol.ts';
import type { Language } from './words.ts';

export interface TrainResult extends TrainReport {
  readonly seconds: number;
  readonly peakBytes: number;
  readonly notes: readonly string[];
  readonly dir: string | null;
}

const stageWords: Readonly<Record<TrainProgress['stage'], Record<Language, string>>> = {
  reading: { ko: '데이터 읽는 중', en: 'reading the data' },
  judging: { ko: '후보 비교', en: 'comparing candidates' },
  fitting: { ko: '최종 학습', en: 'fitting the chosen ones' },
  measuring: { ko: '마지막 구간으로 평가 중', en: 'measuring on the last part' },
};

/** Early estimates jump about, so none is shown. */
const enoughDone = 0.05;

export function progressText(
  { stage, candidate, done }: TrainProgress,
  elapsedMs: number,
  lang: Language,
): string {
  const words = `${stageWords[stage][lang]}${candidate === '' ? '' : ` (${candidate})`}`;
  if (stage !== 'judging' && stage !== 'fitting') return words;
  const percent = `${Math.floor(done * 100)} %`;
  if (done < enoughDone) return `${words}, ${percent}`;
  const left = Math.ceil(((elapsedMs / done) * (1 - done)) / 1000);
  return lang === 'ko'
    ? `${words}, ${percent}, 약 ${left}초 남음`
    : `${words}, ${percent}, about ${left} s left`;
}

export function trainLines(result: TrainResult, lang: Language): string[] {
  return lang === 'ko' ? koreanLines(result) : englishLines(result);
}

function koreanLines(result: TrainResult): string[] {
  const { train, held, warnings, notes, repeats, test, validation, unfit, dir } = result;
  const lines = [
    `${result.name} ${result.version}: ${train.rows}건 학습 (불량 ${train.defects}건)${held === null ? '' : `, 마지막 ${held.rows}건으로 평가 (불량 ${held.defects}건)`}`,
    ...(repeats > 0 ? [`중복 ${repeats}건 제외`] : []),
    ...leftLines(result, '제외'),
    ...notes,
    ...warnings.map(({ text, isLeftOut }) => `주의: ${text.ko}${isLeftOut ? ' (제외함)' : ''}`),
    ...memberLines(result, '사용 모델'),
    ...(validation === null ? [] : [`학습 중 검증: ${figures(validation, 'ko')}`]),
    ...(test === null
      ? ['마지막 구간에 불량이 적어 따로 평가하지 못했습니다']
      : [`평가: ${figures(test, 'ko')}`]),
    ...accuracyLines(result, '등급 정확도'),
    `기준값 ${result.threshold} (허용 오경보 ${percent(result.falseAlarmBudget)}), ${result.seconds.toFixed(0)}초, 메모리 최대 ${mebi(result.peakBytes)} MB`,
  ];
  const more = moreFalseAlarms(result);
  if (more !== null)
    lines.push(
      `주의: 오경보가 허용 ${more.budget}보다 많습니다: 나중 샷에서 ${more.found}. 기준값을 높이거나 시험 운전으로 확인하세요`,
    );
  if (unfit !== null) lines.push(`사용 불가: ${unfit.ko}`);
  if (dir === null) lines.push('모델을 만들지 않았습니다 (그래도 만들려면 --even-if-unfit)');
  else lines.push(`${dir} 에 저장했습니다. card.md를 먼저 읽어 보세요`);
  return lines;
}

function englishLines(result: TrainResult): string[] {
  const { train, held, warnings, notes, repeats, test, validation, unfit, dir } = result;
  const lines = [
    `${result.name} ${result.version}: learned from ${train.rows} rows (${train.defects} defects)${held === null ? '' : `, measured on the last ${held.rows} (${held.defects} defects)`}`,
    ...(repeats > 0 ? [`${repeats} repeats left out`] : []),
    ...leftLines(result, 'left out'),
    ...notes,
    ...warnings.map(
      ({ text, isLeftOut }) => `warning: ${text.en}${isLeftOut ? ' (left out)' : ''}`,
    ),
    ...memberLines(result, 'models'),
    ...(validation === null ? [] : [`while learning: ${figures(validation, 'en')}`]),
    ...(test === null
      ? ['the last part holds too few defects to measure on']
      : [`measured: ${figures(test, 'en')}`]),
    ...accuracyLines(result, 'classes right'),
    `threshold ${result.threshold} (false alarms up to ${percent(result.falseAlarmBudget)}), ${result.seconds.toFixed(0)} s, at most ${mebi(result.peakBytes)} MB of memory`,
  ];
  const more = moreFalseAlarms(result);
  if (more !== null)
    lines.push(
      `warning: more false alarms than the ${more.budget} asked for: ${more.found} on the later shots; raise the threshold, or see in shadow`,
    );
  if (unfit !== null) lines.push(`unfit: ${unfit.en}`);
  if (dir === null) lines.push('no model was written (--even-if-unfit writes it all the same)');
  else lines.push(`written to ${dir}; read its card.md first`);
  return lines;
}

function leftLines({ left }: TrainResult, word: string): string[] {
  const reasons = Object.entries(left).map(([reason, count]) => `${reason} ${count}`);
  return reasons.length === 0 ? [] : [`${word}: ${reasons.join(', ')}`];
}

function memberLines({ candidates, learner }: TrainResult, word: string): string[] {
  if (learner === 'one-class') return [`${word}: Mahalanobis`];
  const members = candidates.filter(({ weight }) => weight > 0);
  return [`${word}: ${members.map(({ name, weight }) => `${name} ${percent(weight)}`).join(', ')}`];
}

function accuracyLines({ accuracy }: TrainResult, word: string): string[] {
  return accuracy === null ? [] : [`${word} ${percent(accuracy)}`];
}

function figures({ auc, ap, recall, falseAlarms }: EvidenceReport, lang: Language): string {
  const interval = auc.low === null ? '' : ` (${plain(auc.low)}–${plain(auc.high)})`;
  const [found, alarms] = [percent(recall.value), percent(falseAlarms.value)];
  return lang === 'ko'
    ? `AUC ${plain(auc.value)}${interval}, AP ${plain(ap.value)}, 검출률 ${found}, 오경보율 ${alarms}`
    : `AUC ${plain(auc.value)}${interval}, AP ${plain(ap.value)}, recall ${found}, false alarms ${alarms}`;
}

const plain = (value: number | null): string => (value === null ? '–' : value.toFixed(3));
const percent = (value: number | null): string =>
  value === null ? '–' : `${(value * 100).toFixed(1)} %`;
const mebi = (bytes: number): string => (bytes / 1048576).toFixed(0);
