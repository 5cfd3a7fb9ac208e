/** Why a model was taken back, as people read it. */
import type { Share, Text } from '../records.ts';
import type { Return } from './evaluate.ts';

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
const precisionOf = ({ count, of }: Share): string => `${count}/${of}`;

/** One clause without a full stop; the detail of what a program said is English in both. */
export function returnWords(why: Return): Text {
  switch (why.cause) {
    case 'crashed':
      return { ko: '모델 실행 중 중단됨', en: `it took its process down (${why.detail})` };
    case 'not-finite':
      return { ko: '숫자가 아닌 값을 출력', en: `it gave no usable number (${why.detail})` };
    case 'late':
      return {
        ko: `판정 시간 초과 ${why.late}회(기존 모델 ${why.currentLate}회)`,
        en: `it was late ${why.late} times (the old model ${why.currentLate})`,
      };
    case 'disagrees': {
      const share = percent(why.differing / why.compared);
      return {
        ko: `기존 모델과 판정 불일치 ${why.compared}샷 중 ${why.differing}샷(${share})`,
        en: `its verdicts differ from the old model’s on ${why.differing} of ${why.compared} shots (${share})`,
      };
    }
    case 'imprecise':
      return {
        ko: `검사 결과 불량 적중 ${precisionOf(why.candidate)}(기존 ${precisionOf(why.current)})`,
        en: `inspection confirmed ${precisionOf(why.candidate)} of its defects (the old model: ${precisionOf(why.current)})`,
      };
    case 'unusable':
      return { ko: '모델을 불러올 수 없음', en: `it cannot be loaded (${why.detail})` };
  }
}
