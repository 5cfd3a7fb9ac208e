/** A new version of the program was taken back: of the gateway as a whole, for the technician. */
import type { Alert, Instant, Text } from '../records.ts';
import { severityWords } from '../words.ts';

const whyWords: Readonly<Record<string, Text>> = {
  starts: { ko: '시작 3회 실패', en: 'three starts failed' },
  unhealthy: { ko: '시작 후 정상 동작하지 않음', en: 'it started and did not get well' },
  missing: { ko: '실행 파일이 없거나 손상됨', en: 'its file is gone or damaged' },
};

export const updateReturnedKey = 'update-returned';

/** Why a version was taken back, as the state of the versions has it. */
export function returnText(why: string): Text {
  return whyWords[why] ?? { ko: why, en: why };
}

/** Machines are watched as before the update. */
export function updateReturned(
  { id, from, to, why }: Record<'id' | 'from' | 'to' | 'why', string>,
  at: Instant,
): Alert {
  const reason = returnText(why);
  const { ko, en } = severityWords.caution;
  return {
    id: `update-${id.slice(0, 8)}`,
    key: updateReturnedKey,
    state: 'raised',
    machine: '*',
    mold: null,
    severity: 'caution',
    cause: updateReturnedKey,
    text: {
      ko: `[${ko}] 프로그램 ${from} 적용 취소, ${to}(으)로 복귀. 사유: ${reason.ko}. 감시는 계속됨. 담당자 확인.`,
      en: `[${en}] ppuri ${from} was taken back, ${to} runs again. Reason: ${reason.en}. Watching goes on. Tell the technician.`,
    },
    shots: null,
    count: 1,
    deviations: [],
    at,
  };
}
