/** What operators and technicians call things, in both languages. */
import type { Severity, Text, Verdict } from '../records.ts';

export type Language = 'ko' | 'en';

export const outcomeWords: Readonly<Record<Verdict['outcome'], Text>> = {
  ok: { ko: '양품', en: 'ok' },
  defect: { ko: '불량', en: 'defect' },
  unscored: { ko: '판정보류', en: 'unscored' },
};

export const severityWords: Readonly<Record<Severity, Text>> = {
  stop: { ko: '정지', en: 'stop' },
  warning: { ko: '경고', en: 'warning' },
  caution: { ko: '주의', en: 'caution' },
  info: { ko: '안내', en: 'info' },
};

const reasonWords: Readonly<Record<string, Text>> = {
  'below-threshold': { ko: '기준 미만', en: 'below threshold' },
  'above-threshold': { ko: '기준 이상', en: 'at or above threshold' },
  'within-limits': { ko: '한계값 이내', en: 'within limits' },
  limit: { ko: '한계값 이탈', en: 'limit broken' },
  'line-stopped': { ko: '비가동', en: 'line stopped' },
  'try-shot': { ko: '예열타', en: 'try shot' },
  'warm-up': { ko: '재가동 후 예열', en: 'warm-up' },
  'counter-reset': { ko: '타수 초기화', en: 'counter reset' },
  'shot-missed': { ko: '샷 놓침', en: 'shot missed' },
  torn: { ko: '읽는 중 다음 샷', en: 'next shot began while reading' },
  'missing-input': { ko: '입력값 없음', en: 'input missing' },
  'unknown-mold': { ko: '학습 안 된 금형', en: 'unknown mold' },
  'mold-unknown': { ko: '금형 번호 없음', en: 'mold not known' },
  'outside-training': { ko: '학습 범위 밖', en: 'outside training range' },
  'no-model': { ko: '모델 없음', en: 'no model' },
  'not-loaded': { ko: '모델 준비 중', en: 'model not loaded' },
  'deadline-missed': { ko: '판정 시간 초과', en: 'deadline missed' },
  'hard-limit': { ko: '모델 응답 없음', en: 'hard limit passed' },
  'inference-restarting': { ko: '예측 재시작 중', en: 'inference restarting' },
  'inference-lost': { ko: '예측 중단', en: 'inference lost' },
  'model-set-aside': { ko: '모델 사용 중지', en: 'model set aside' },
  'model-failed': { ko: '모델 오류', en: 'model failed' },
  'bus-lost': { ko: '통신두절', en: 'connection lost' },
};

/** A reason in words; one that has none (a site's own profile) as it is. */
export function reasonText(reason: string, lang: Language): string {
  return reasonWords[reason]?.[lang] ?? reason;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Local time to the second; `~` before it when the clock was not set at that moment. */
export function timeText(wallMs: number, clockSynced = true): string {
  const at = new Date(wallMs);
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return `${clockSynced ? '' : '~'}${date} ${time}`;
}

/** How long, in its two largest units. */
export function spanText(ms: number, lang: Language): string {
  const units: readonly [number, Text][] = [
    [86_400_000, { ko: '일', en: 'd' }],
    [3_600_000, { ko: '시간', en: 'h' }],
    [60_000, { ko: '분', en: 'min' }],
    [1000, { ko: '초', en: 's' }],
  ];
  let rest = Math.max(0, ms);
  const parts: string[] = [];
  for (const [size, name] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(lang === 'ko' ? `${count}${name.ko}` : `${count} ${name.en}`);
  }
  return parts.length === 0 ? (lang === 'ko' ? '0초' : '0 s') : parts.slice(0, 2).join(' ');
}
