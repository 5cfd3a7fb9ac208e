/** What `ppuri model use`, `rollback` and `status` say of a model that a machine takes up. */
import type { Language } from './words.ts';

type When = 'now' | 'next-start';

const whenWords: Readonly<Record<When, Record<Language, string>>> = {
  now: { ko: '다음 샷부터', en: 'from its next shot on' },
  'next-start': {
    ko: '에이전트를 시작하면(지금 이 저장소를 쓰는 에이전트 없음)',
    en: 'once the agent is started; none runs on this store now',
  },
};

export interface UsedWords {
  readonly machine: string;
  readonly mold: string | null;
  /** Name and version. */
  readonly model: string;
  readonly mode: 'use' | 'shadow' | 'now';
  readonly stage: 'shadow' | 'trial' | 'now';
  readonly shots: number | null;
  readonly effective: When;
}

function placeText(machine: string, mold: string | null, lang: Language): string {
  if (mold === null) return machine;
  return lang === 'ko' ? `${machine} 금형 ${mold}` : `${machine} mold ${mold}`;
}

export function usedText(used: UsedWords, lang: Language): string {
  const { machine, mold, model, mode, stage, shots } = used;
  const place = placeText(machine, mold, lang);
  const when = whenWords[used.effective][lang];
  if (lang === 'ko') {
    if (stage === 'now') return `${place}: ${when} ${model} 모델로 판정`;
    if (stage === 'trial') return `${place}: ${when} ${model} 모델을 ${shots}샷 시험 적용`;
    const after = mode === 'shadow' ? '판정에는 쓰지 않음' : '그 뒤 시험 적용';
    return `${place}: ${when} ${model} 모델을 ${shots}샷 관찰, ${after}`;
  }
  if (stage === 'now') return `${place} uses ${model} ${when}`;
  if (stage === 'trial') return `${place} uses ${model} on trial for ${shots} shots, ${when}`;
  const after = mode === 'shadow' ? 'nothing follows from it' : 'then it is tried';
  return `${place} is watched by ${model} for ${shots} shots, ${when}; ${after}`;
}

/** `model`: empty where the configuration's own is used again. */
export function rolledBackText(
  { machine, mold, model, effective }: Pick<UsedWords, 'machine' | 'mold' | 'model' | 'effective'>,
  lang: Language,
): string {
  const place = placeText(machine, mold, lang);
  const when = effective === 'now' ? whenWords.now[lang] : whenWords['next-start'][lang];
  if (lang === 'ko') return `${place}: ${when} ${model || '설정에 적힌'} 모델로 판정`;
  const short = effective === 'now' ? when : 'once the agent is started';
  return `${place} uses ${model || 'what its configuration names'} ${short}`;
}

/** Reasons as the store keeps them, in English; `$1` … are the groups of the form. */
const reasons: readonly (readonly [RegExp, string])[] = [
  [
    /^(\d+) of (\d+) verdicts differed on (\d+) shots$/,
    '$3샷 중 두 모델이 다 판정한 $2샷에서 불일치 $1건',
  ],
  [/^a person asked for it$/, '담당자가 지시'],
  [/^shadow for (\d+) shots$/, '$1샷 관찰'],
  [/^trial for (\d+) shots$/, '$1샷 시험 적용'],
  [/^it took its process down \((.*)\)$/, '모델 실행 중 중단됨 ($1)'],
  [/^it gave no usable number \((.*)\)$/, '숫자가 아닌 값을 출력 ($1)'],
  [/^it was late (\d+) times \(the old model (\d+)\)$/, '판정 시간 초과 $1회(기존 모델 $2회)'],
  [
    /^its verdicts differ from the old model’s on (\d+) of (\d+) shots \((.+)\)$/,
    '기존 모델과 판정 불일치 $2샷 중 $1샷($3)',
  ],
  [
    /^inspection confirmed (\S+) of its defects \(the old model: (\S+)\)$/,
    '검사 결과 불량 적중 $1(기존 $2)',
  ],
  [/^it cannot be loaded \((.*)\)$/, '모델을 불러올 수 없음 ($1)'],
];

/** A reason that is not known here stays as it is. */
export function reasonText(reason: string, lang: Language): string {
  if (lang === 'en') return reason;
  const known = reasons.find(([form]) => form.test(reason));
  return known === undefined ? reason : reason.replace(known[0], known[1]);
}
