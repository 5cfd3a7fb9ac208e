/** Why an inspection result was refused, in both languages. */
import type { Text } from '../records.ts';

const rules: readonly (readonly [RegExp, string])[] = [
  [/^there is no machine "(.*)"$/, '설비가 없습니다: "$1"'],
  [/^there is no shot (.*)$/, '해당하는 샷이 없습니다: $1'],
  [/^more than one shot fits (.*)$/, '해당하는 샷이 둘 이상입니다: $1'],
  [/^a good part has no kind of defect$/, '양품에는 불량유형을 적을 수 없습니다'],
  [/^(\S+) has no defect "(.*)"$/, '$1에 없는 불량유형입니다: "$2"'],
  [/^(\S+) has no part "(.*)"$/, '$1에 없는 부위(캐비티)입니다: "$2"'],
  [
    /^(\S+) makes one part a shot, "(.*)" is none of it$/,
    '"$2": 없는 부위(캐비티)입니다. 설비 $1에는 부위 구분이 없습니다(한 샷에 1개)',
  ],
  [
    /^(\S+) makes (\d+) parts a shot: say which$/,
    '부위(캐비티)를 지정하세요: 설비 $1에서는 한 샷에 $2개가 나옵니다',
  ],
];

/** `message` is that of an error; one that has no Korean stays as it is. */
export function refusalText(message: string): Text {
  for (const [form, words] of rules)
    if (form.test(message)) return { ko: message.replace(form, words), en: message };
  return { ko: message, en: message };
}
