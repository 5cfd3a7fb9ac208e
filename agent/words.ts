/**
 * The one table of what operators and technicians call things, in both languages. Codes are for
 * `--json` and programs; whatever a person reads takes its words from here.
 */
import type { Localized } from '../config/profile.ts';
import type {
  DriftFinding,
  DriftKind,
  Estimate,
  FurnaceState,
  Severity,
  Text,
  Verdict,
} from './records.ts';

export type Language = 'ko' | 'en';

export const outcomeWords: Readonly<Record<Verdict['outcome'], Text>> = {
  ok: { ko: '양품', en: 'ok' },
  defect: { ko: '불량', en: 'defect' },
  unscored: { ko: '판정 보류', en: 'unscored' },
};

export const severityWords: Readonly<Record<Severity, Text>> = {
  stop: { ko: '정지', en: 'stop' },
  warning: { ko: '경고', en: 'warning' },
  caution: { ko: '주의', en: 'caution' },
  info: { ko: '안내', en: 'info' },
};

export const furnaceWords: Readonly<Record<FurnaceState, Text>> = {
  charge: { ko: '장입', en: 'charging' },
  melt: { ko: '용해', en: 'melting' },
  hold: { ko: '보온', en: 'holding' },
  pour: { ko: '출탕', en: 'pouring' },
  off: { ko: '꺼짐', en: 'off' },
  unknown: { ko: '알 수 없음', en: 'not known' },
};

const reasonWords: Readonly<Record<string, Text>> = {
  'below-threshold': { ko: '기준 미만', en: 'below threshold' },
  'above-threshold': { ko: '기준 이상', en: 'at or above threshold' },
  'score-within': { ko: '이상 점수 기준 이내', en: 'score within its bound' },
  'score-beyond': { ko: '이상 점수 기준 초과', en: 'score beyond its bound' },
  'value-within': { ko: '예측값 기준 이내', en: 'predicted value within limits' },
  'value-beyond': { ko: '예측값 기준 이탈', en: 'predicted value outside limits' },
  'within-limits': { ko: '한계값 이내', en: 'within limits' },
  limit: { ko: '한계값 이탈', en: 'limit broken' },
  'line-stopped': { ko: '비가동', en: 'line stopped' },
  'try-shot': { ko: '예열타', en: 'try shot' },
  'warm-up': { ko: '재가동 후 예열', en: 'warm-up' },
  'counter-reset': { ko: '타수 초기화', en: 'counter reset' },
  'shot-missed': { ko: '샷 놓침', en: 'shot missed' },
  'shot-torn': { ko: '읽는 중 다음 샷', en: 'next shot began while reading' },
  'missing-input': { ko: '입력값 없음', en: 'input missing' },
  'unknown-mold': { ko: '학습 안 된 금형', en: 'unknown mold' },
  'mold-unknown': { ko: '금형 번호 없음', en: 'mold not known' },
  'outside-training': { ko: '학습 범위 밖', en: 'outside training range' },
  novel: { ko: '학습에 없던 조건 조합', en: 'unlike anything in training' },
  'input-doubtful': { ko: '입력값 의심', en: 'input in doubt' },
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

/** Why a reading has no value, by the form of its note. `$1` is the figure in it, `$0` the note. */
const noteWords: readonly (readonly [RegExp, Text])[] = [
  [/^sentinel (-?[\d.]+)$/, { ko: '오류값 $1', en: 'error value $1' }],
  [/^(-?[\d.e+]+) below (-?[\d.e+]+)$/, { ko: '$1, 하한 $2 미만', en: '$1, below $2' }],
  [/^(-?[\d.e+]+) above (-?[\d.e+]+)$/, { ko: '$1, 상한 $2 초과', en: '$1, above $2' }],
  [/^frozen (\d+) cycles$/, { ko: '$1샷째 값이 그대로', en: 'the same value for $1 cycles' }],
  [/^(\d+) ms old$/, { ko: '$1 ms 지난 값', en: 'a value $1 ms old' }],
  [/^only (\d+) of (\d+) cycles seen$/, { ko: '$2샷 중 $1샷만 모임', en: 'only $1 of $2 cycles' }],
  [/^decimal-shift$/, { ko: '자릿수 어긋남', en: 'decimal point moved' }],
  [/^frozen$/, { ko: '값 고정', en: 'stands still' }],
  [/^no samples$|^too few samples/, { ko: '측정 수 부족', en: 'too few samples' }],
  [/^not in the profile$/, { ko: '프로필에 없는 값', en: 'not in the profile' }],
  [/^not (?:read|heard) yet$/, { ko: '아직 못 읽음', en: 'not read yet' }],
  [/^not in the message$/, { ko: '전문에 없음', en: 'not in the message' }],
  [/^[\w.-]+ is not known: /, { ko: '유효 여부 알 수 없음', en: '$0' }],
  [/^[\w.-]+ is \S+(?:, not \S+)?$/, { ko: '값이 유효하지 않은 상태', en: '$0' }],
  [/^decimal point /, { ko: '소수점 자리 알 수 없음', en: 'decimal point not known' }],
  [/^invalid$/, { ko: '비정상 값', en: 'invalid' }],
  [/^stale$/, { ko: '오래된 값', en: 'stale' }],
  [/^missing$/, { ko: '값 없음', en: 'missing' }],
  [/^not-a-number$/, { ko: '숫자가 아님', en: 'not a number' }],
];

/** A note on a reading in words. One without is an English sentence: Korean says that it is unread. */
export function noteText(note: string, lang: Language): string {
  for (const [form, words] of noteWords) {
    const match = form.exec(note);
    if (match !== null) return words[lang].replace(/\$(\d)/g, (_, group) => match[group] ?? '');
  }
  return lang === 'ko' ? '읽지 못함' : note;
}

export interface FeatureLook {
  readonly title: Localized;
  readonly unit: string;
  readonly decimals: number;
}

interface FeatureTitle {
  readonly from: string;
  readonly title?: Localized | undefined;
  readonly unit?: string | undefined;
  readonly decimals?: number | undefined;
}

/** What of a profile says how features are called. */
export interface Looks {
  readonly features: Readonly<Record<string, FeatureTitle>>;
  readonly signals: Readonly<Record<string, FeatureLook>>;
}

/** Title, unit and decimals of a feature: its own, else its signal's. */
export function featureLook(profile: Looks | null, feature: string): FeatureLook {
  const spec = profile?.features[feature];
  const signal = profile?.signals[spec?.from ?? feature];
  return {
    title: spec?.title ?? signal?.title ?? { ko: feature, en: feature },
    unit: spec?.unit ?? signal?.unit ?? '',
    decimals: spec?.decimals ?? signal?.decimals ?? 1,
  };
}

const MOST_NAMED = 4;

function listText(parts: readonly string[], lang: Language): string {
  const rest = parts.length - MOST_NAMED;
  const named = parts.slice(0, MOST_NAMED).join(', ');
  if (rest <= 0) return named;
  return lang === 'ko' ? `${named} 외 ${rest}개` : `${named} and ${rest} more`;
}

/** `vacuum: sentinel 65535; stroke: missing` with titles and words. */
function missingText(detail: string, profile: Looks | null, lang: Language): string {
  const parts = detail.split('; ').flatMap((part) => {
    const [, feature, note] = /^([\w.]+): (.*)$/s.exec(part) ?? [];
    if (feature === undefined || note === undefined) return [];
    return [`${featureLook(profile, feature).title[lang]}(${noteText(note, lang)})`];
  });
  return listText(parts, lang);
}

function limitText(detail: string, profile: Looks | null, lang: Language): string {
  const [feature = '', value = ''] = detail.split(' ');
  const { title, unit, decimals } = featureLook(profile, feature);
  const shown = Number.isFinite(Number(value)) ? Number(value).toFixed(decimals) : value;
  return `${title[lang]} ${shown}${unit === '' ? '' : ` ${unit}`}`;
}

const decimalsIn = (value: number | null): number =>
  value === null ? 0 : (/\.(\d+)$/.exec(String(value))?.[1]?.length ?? 0);

/** As few decimals as the bounds have, more where rounding would carry a value over one of them. */
function shownValue({ value, low, high, decimals, kind }: Estimate): string {
  const least = decimals ?? Math.max(kind === 'score' ? 2 : 0, decimalsIn(low), decimalsIn(high));
  const side = (one: number): string =>
    `${low !== null && one < low}${high !== null && one > high}`;
  for (let digits = least; digits < 6; digits += 1)
    if (side(Number(value.toFixed(digits))) === side(value)) return value.toFixed(digits);
  return String(value);
}

/** 420±5, 415 이상, at most 425 */
function boundsText({ low, high }: Estimate, lang: Language): string {
  if (low !== null && high !== null) {
    const digits = Math.max(decimalsIn(low), decimalsIn(high)) + 1;
    const [middle, half] = [(low + high) / 2, (high - low) / 2].map((one) =>
      Number(one.toFixed(digits)),
    );
    return `${middle}±${half}`;
  }
  if (low !== null) return lang === 'ko' ? `${low} 이상` : `at least ${low}`;
  return lang === 'ko' ? `${high} 이하` : `at most ${high}`;
}

/** `중량 412 g (기준 420±5)`: what a model predicted, against what it should be. */
export function estimateText(estimate: Estimate, lang: Language): string {
  const { title, unit } = estimate;
  const name = title === null ? '' : `${title[lang]} `;
  const value = `${shownValue(estimate)}${unit === '' ? '' : ` ${unit}`}`;
  return `${name}${value} (${lang === 'ko' ? '기준' : 'limits'} ${boundsText(estimate, lang)})`;
}

type Judged = Pick<Verdict, 'reason' | 'detail' | 'estimate'>;

function detailText(
  { reason, detail, estimate = null }: Judged,
  profile: Looks | null,
  lang: Language,
): string {
  const judgedByIt = reason.startsWith('score-') || reason.startsWith('value-');
  if (estimate !== null && judgedByIt) return estimateText(estimate, lang);
  if (detail === null) return '';
  if (reason === 'missing-input' || reason === 'input-doubtful')
    return missingText(detail, profile, lang);
  if (reason === 'limit') return limitText(detail, profile, lang);
  if (reason === 'outside-training') {
    const titles = detail.split(', ').map((name) => featureLook(profile, name).title[lang]);
    return listText(titles, lang);
  }
  if (reason === 'unknown-mold') return /^mold (\S+)/.exec(detail)?.[1] ?? '';
  if (['no-model', 'mold-unknown'].includes(reason)) return '';
  // What is left tells of the program's inside, in English; Korean has said it by the reason.
  return lang === 'ko' ? '' : detail;
}

/** Why a verdict is as it is; `profile` (null: not at hand) gives features their titles. */
export function whyText(verdict: Judged, profile: Looks | null, lang: Language): string {
  const more = detailText(verdict, profile, lang);
  return `${reasonText(verdict.reason, lang)}${more === '' ? '' : `: ${more}`}`;
}

/** The same in both languages. */
export function whyWords(verdict: Judged, profile: Looks | null = null): Text {
  return { ko: whyText(verdict, profile, 'ko'), en: whyText(verdict, profile, 'en') };
}

/** What the audit of this gateway calls a deed. */
export const deedWords: Readonly<Record<string, Text>> = {
  'alert-acknowledged': { ko: '알림 확인', en: 'Alert acknowledged' },
  'alert-shelved': { ko: '알림 보류', en: 'Alert shelved' },
  'alert-unshelved': { ko: '보류 해제', en: 'Shelving ended' },
  'alert-false': { ko: '오경보 처리', en: 'Called a false alarm' },
  'model-older-allowed': { ko: '이전 모델 사용 허용', en: 'Older model allowed' },
  'buzzer-silenced': { ko: '부저 정지', en: 'Buzzer silenced' },
  login: { ko: '로그인', en: 'Login' },
  'login-failed': { ko: '로그인 실패', en: 'Login failed' },
  logout: { ko: '로그아웃', en: 'Logout' },
  claimed: { ko: '최초 등록', en: 'Gateway claimed' },
  'user-changed': { ko: '사용자 변경', en: 'User changed' },
  'kiosk-made': { ko: '현장 모니터 등록', en: 'Kiosk screen added' },
  'kiosk-removed': { ko: '현장 모니터 삭제', en: 'Kiosk screen removed' },
};

const driftActions: Readonly<Record<DriftKind, Text>> = {
  'decimal-shift': {
    ko: '정비 후 변환기 배율·소수점·단위 설정 확인.',
    en: 'Check scale, decimal point and unit of the transmitter after maintenance.',
  },
  frozen: { ko: '센서·배선·변환기 확인.', en: 'Check sensor, wiring and transmitter.' },
  'slow-offset': {
    ko: '센서(열전대) 교정 상태와 공정 조건 확인.',
    en: 'Check calibration of the sensor (thermocouple) and process conditions.',
  },
  'missing-rise': { ko: '커넥터·배선 접촉 확인.', en: 'Check plugs and wiring.' },
  distribution: {
    ko: '공정 변경 여부 확인, 모델 재학습 검토.',
    en: 'See what changed in the process; consider training the model anew.',
  },
};

interface DriftFacts {
  readonly title: Text;
  readonly since: Text;
  /** Usual, and what came, with their unit. */
  readonly from: string;
  readonly to: string;
  /** Of a moved decimal point. */
  readonly factor: Text;
}

const driftSentences: Readonly<Record<DriftKind, (facts: DriftFacts) => Text>> = {
  'decimal-shift': ({ title, since, from, to, factor }) => ({
    ko: `${title.ko} 자릿수 어긋남: 평소 ${from} →${since.ko} ${to}(${factor.ko})`,
    en: `${title.en} has its decimal point moved: usually ${from}, ${to}${since.en} (${factor.en})`,
  }),
  frozen: ({ title, since, to }) => ({
    ko: `${title.ko} 값 고정:${since.ko} ${to}에서 움직이지 않음`,
    en: `${title.en} stands still at ${to}${since.en}`,
  }),
  'slow-offset': ({ title, since, from, to }) => ({
    ko: `${title.ko}${since.ko} 서서히 벗어남: 평소 ${from} → ${to}`,
    en: `${title.en} creeps away${since.en}: usually ${from}, now ${to}`,
  }),
  'missing-rise': ({ title, from, to }) => ({
    ko: `${title.ko} 값 빠짐 증가: 평소 ${from} → ${to}`,
    en: `${title.en} is missing more often: usually ${from}, now ${to}`,
  }),
  distribution: ({ title, from, to }) => ({
    ko: `${title.ko} 분포가 학습 때와 다름(PSI ${to}, 우연으로 설명되는 값 ${from}까지)`,
    en: `${title.en}: spread unlike in training (PSI ${to}, chance explains up to ${from})`,
  }),
};

function timesText(from: number | null, to: number | null): Text {
  const decades = Math.round(Math.log10((to ?? 1) / (from ?? 1)));
  const factor = 10 ** Math.abs(decades);
  return decades > 0
    ? { ko: `약 ${factor}배`, en: `about ${factor} times as much` }
    : { ko: `약 1/${factor}`, en: `about 1/${factor}` };
}

/** What stands, without a full stop, and what to do about it. */
export function driftWords(
  { kind, feature, sinceShot, from, to }: DriftFinding,
  profile: Looks | null,
  cycleWord: Text,
): { readonly what: Text; readonly action: Text } {
  const look = featureLook(profile, feature ?? '');
  const unit = look.unit === '' ? '' : ` ${look.unit}`;
  const shown = (value: number | null): string => {
    if (value === null) return '?';
    if (kind === 'missing-rise') return `${(value * 100).toFixed(0)} %`;
    return kind === 'distribution' ? value.toFixed(2) : `${value.toFixed(look.decimals)}${unit}`;
  };
  const what = driftSentences[kind]({
    title: feature === null ? { ko: '예측 점수', en: 'Scores of the model' } : look.title,
    since: {
      ko: sinceShot === null ? '' : ` ${sinceShot}번 ${cycleWord.ko}부터`,
      en: sinceShot === null ? '' : ` since ${cycleWord.en} ${sinceShot}`,
    },
    ...{ from: shown(from), to: shown(to), factor: timesText(from, to) },
  });
  return { what, action: driftActions[kind] };
}
