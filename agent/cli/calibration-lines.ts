/** Probabilities against inspection, as people read them. */
import type { CalibrationBin, CalibrationFit, CalibrationRow, QualityRow } from '../records.ts';
import type { Place } from './store-access.ts';
import type { Language } from './words.ts';

const percent = (share: number): string => (share * 100).toFixed(1);

const fitWords: Readonly<Record<CalibrationFit, Record<Language, string>>> = {
  fits: { ko: '맞음(우연 범위 안)', en: 'agrees, within chance' },
  'too-low': {
    ko: '모델이 실제보다 낮게 봄',
    en: 'the model says too little',
  },
  'too-high': {
    ko: '모델이 실제보다 높게 봄',
    en: 'the model says too much',
  },
  'too-few': { ko: '검사가 적어 알 수 없음(30건 미만)', en: 'too few labels to tell (below 30)' },
};

const chosen: Partial<Record<QualityRow['coverage']['kind'], Record<Language, string>>> = {
  'suspected-only': {
    ko: '의심 샷 위주 검사: 확률이 낮은 샷에 대해서는 말해 주지 않음',
    en: 'mostly suspected shots were labelled: nothing is said of shots with low probability',
  },
  selective: {
    ko: '한쪽 판정 위주 검사: 전체 비율이 아니라 확률 구간별로 볼 것',
    en: 'labels lean to one verdict: read it by range of probability, not as a whole',
  },
};

function foundText({ found }: Pick<CalibrationBin, 'found'>): string {
  const { value, low, high, count, of } = found;
  if (value === null || low === null || high === null) return '-';
  return `${percent(value)} % (${count}/${of}, ${percent(low)}~${percent(high)})`;
}

function binLine(bin: CalibrationBin, lang: Language): string {
  const range = `${percent(bin.low)}~${percent(bin.high)} %`.padStart(14);
  const expected = `${percent(bin.expected)} %`;
  const fit = fitWords[bin.fit][lang];
  return lang === 'ko'
    ? `  ${range}: 모델 예상 ${expected}, 검사 결과 ${foundText(bin)}. ${fit}`
    : `  ${range}: model ${expected}, inspection ${foundText(bin)}. ${fit}`;
}

function rowLines(row: CalibrationRow, { lang, machineName }: Place): string[] {
  const mold = row.mold === null ? '' : lang === 'ko' ? ` 금형 ${row.mold}` : ` mold ${row.mold}`;
  const head = `${machineName(row.machine)}${mold}, ${row.model.name} ${row.model.version}`;
  const expected = `${percent(row.expected)} %`;
  const [fit, brier] = [fitWords[row.fit][lang], row.brier.toFixed(3)];
  const said =
    lang === 'ko'
      ? `${head}: 검사한 ${row.labelled}샷에 모델은 불량 ${expected} 예상, 검사 결과 ${foundText(row)}. ${fit}. Brier ${brier}`
      : `${head}: of ${row.labelled} labelled shots the model expects ${expected} defects, inspection found ${foundText(row)}: ${fit}. Brier ${brier}`;
  const how = chosen[row.coverage]?.[lang];
  return [
    said,
    ...row.bins.map((bin) => binLine(bin, lang)),
    ...(how === undefined ? [] : [`  ${how}`]),
  ];
}

/** Empty where nothing is labelled. */
export function calibrationLines(rows: readonly CalibrationRow[], place: Place): string[] {
  if (rows.length === 0) return [];
  const title =
    place.lang === 'ko'
      ? '모델 확률과 검사 결과(검사한 샷끼리 비교. 눈에 띄는 불량만 골라 검사했다면 실제보다 높게 나옴)'
      : 'Probability and inspection (of labelled shots; it reads too high where only parts that looked bad were inspected)';
  return ['', title, ...rows.flatMap((row) => rowLines(row, place))];
}
