/** What admission says of a model, in Korean. A sentence that is not here stays as it is. */
import type { Language } from '../words.ts';

/** `$1` … are the groups of the form. */
const sentences: readonly (readonly [RegExp, string])[] = [
  [
    /^ZipMap unwrapped: "(.+)" is now a plain tensor output$/,
    'ZipMap을 풀어 "$1" 출력을 그대로 씁니다',
  ],
  [
    /^operator set "(.+)" was imported twice: .*$/,
    '연산자 세트 "$1"이 두 번 들어 있어 하나만 남겼습니다',
  ],
  [
    /^(\d+) inputs are cut out of one row, in this order: (.+)$/,
    '입력 $1개를 한 줄에서 나눠 받습니다. 순서: $2',
  ],
  [
    /^this very bundle was there already: nothing was changed$/,
    '똑같은 번들이 이미 있어 바꾼 것이 없습니다',
  ],
  [
    /^the given scaler is part of the model now.*$/,
    '스케일러를 모델 안에 넣었습니다. 측정값을 그대로 받습니다',
  ],
  [
    /^the model computes (\d+) rows at once: .*$/,
    '한 번에 $1줄을 계산하는 모델이라 같은 줄을 $1번 넣습니다. 그만큼 느립니다',
  ],
  [
    /^input "(.+)" (\S+ \[.+\]) is made from one plain row$/,
    '입력 "$1" $2: 한 줄을 모양만 바꿔 넣습니다',
  ],
  [/^input "(.+)" is (\S+): float32 is cast to it$/, '입력 "$1": $2 형식이라 변환해 넣습니다'],
  [
    /^output "(.+)" is float16: it is cast to float32$/,
    '출력 "$1": float16이라 float32로 바꿉니다',
  ],
  [
    /^output "(.+)" holds logits: (\S+) makes probabilities of them$/,
    '출력 "$1": 로짓이라 $2로 확률을 만듭니다',
  ],
  [
    /^output "(.+)" is a reconstruction: .*$/,
    '출력 "$1": 입력을 복원한 값이라 입력과의 평균 제곱 오차를 점수로 씁니다',
  ],
  [
    /^output "(.+)" is a label: the score is 1 for (.+), else 0$/,
    '출력 "$1": 라벨이라 $2이면 1, 아니면 0을 점수로 씁니다',
  ],
  [/^output "(.+)" is no tensor and is never fetched$/, '출력 "$1": 텐서가 아니라 쓰지 않습니다'],
  [
    /^profile (\S+): it knows every feature of the model$/,
    '프로파일 $1: 모델의 모든 항목을 알고 있습니다',
  ],
  [
    /^units are taken to be the profile's: .*$/,
    '단위는 프로파일과 같다고 봅니다. 모델의 단위를 알려 준 사람이 없습니다 (--feature-unit)',
  ],
  [
    /^(.+) in (\S+): the model takes it in ([^:]+)(: .+)?$/,
    '$1 단위가 다릅니다: 설비는 $2, 모델은 $3$4',
  ],
  [
    /^"(.+)" has a unit but is no feature: --feature-unit$/,
    '"$1"에 단위를 주었지만 모델에 그런 항목이 없습니다: --feature-unit',
  ],
  [
    /^(?:the (\d*) ?)?feature names in the model's order: .*$/,
    '모델에 들어가는 항목 $1개의 이름, 순서대로: --features a,b,c 또는 --describe FILE',
  ],
  [
    /^(\d+) feature names, but the model takes (\d+): .*$/,
    '항목 이름은 $1개인데 모델은 $2개를 받습니다: --features',
  ],
  [
    /^the machine profile it is fed from: --profile, one of (.+)$/,
    '어느 설비의 값을 받는지: --profile, $1 중 하나',
  ],
  [/^the profile feature behind "(.+)": (.+)$/, '"$1"에 해당하는 프로파일 항목: $2'],
  [/^FEATURE is one of (\S+): (.+)$/, 'FEATURE는 $1의 항목 중 하나: $2'],
  [/^the threshold of the defect probability: (.+)$/, '불량으로 볼 불량확률 기준: $1'],
  [/^the threshold of the score: (.+)$/, '불량으로 볼 점수 기준: $1'],
  [
    /^which scores are bad: .*$/,
    '점수가 높을 때 불량인지 낮을 때 불량인지: --direction high 또는 low (scikit-learn decision_function은 low, 기준 0)',
  ],
  [/^the classes that are defects, of (.+): (--positive .*)$/, '불량에 해당하는 등급 ($1 중): $2'],
  [
    /^the labels in "(.+)" that are defects(?:, of (.+))?: (--positive .*)$/,
    '"$1" 라벨 중 불량인 것: $3',
  ],
  [/^the output to score by, one of (.+): (--output .*)$/, '판정에 쓸 출력 ($1 중 하나): $2'],
  [
    /^the limits of the predicted value, .*$/,
    '예측값의 하한과 상한(벗어나면 불량): --low A --high B',
  ],
  [/^the unit of the predicted value: .*$/, '예측값의 단위: --unit g'],
  [
    /^rows to prove the model by: .*$/,
    '모델 검증용 데이터: --golden FILE.json(만든 도구의 출력 포함) 또는 --data FILE.csv(이 모델을 돌려 만듦)',
  ],
  [/^how a missing (.+) is encoded, .*$/, '$1 값이 없을 때 어떻게 넣는지: --missing nan'],
  [
    /^what "(.+)" is, the bare end of a network\. Logits: (--activation \w+)(.*), probabilities all the same: (.*)$/,
    '"$1" 출력이 무엇인지(신경망 마지막 층 그대로). 로짓: $2$3, 이미 확률이면: $4',
  ],
  [/^another name than "(.+)": (--name \S+) .*$/, '"$1" 대신 쓸 이름: $2'],
];

const parts: readonly (readonly [string, string])[] = [
  [', a reconstruction of its input: ', ', 입력 복원값: '],
  [', a predicted value: ', ', 예측값: '],
];

export function modelText(sentence: string, lang: Language): string {
  if (lang === 'en') return sentence;
  for (const [form, korean] of sentences) {
    const match = form.exec(sentence);
    if (match === null) continue;
    const text = korean.replace(/\$(\d)/g, (_, group) => match[Number(group)] ?? '');
    return parts.reduce((all, [english, one]) => all.replace(english, one), text);
  }
  return sentence;
}
