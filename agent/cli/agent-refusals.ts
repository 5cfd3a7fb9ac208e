/** What a running agent refuses to do, in the language of who asked, with what to do about it. */
import { PpuriError } from '../../config/errors.ts';
import { refusalTextOf } from '../panel/refusal.ts';
import type { Text } from '../records.ts';
import type { Language } from './words.ts';

interface Words {
  readonly message: Text;
  readonly hint: Text;
}

const listUsers: Text = {
  ko: '`ppuri panel user list`로 사용자와 현장 모니터를 확인하세요',
  en: '`ppuri panel user list` shows users and kiosks',
};

function noSuchUser(name: string): Words {
  return {
    message: { ko: `등록되지 않은 이름입니다: ${name}`, en: `there is no such user: ${name}` },
    hint: {
      ko: `${listUsers.ko}. 현장 모니터는 \`ppuri panel kiosk ${name} --remove\`로 삭제합니다`,
      en: `${listUsers.en}; a kiosk is removed by \`ppuri panel kiosk ${name} --remove\``,
    },
  };
}

function wordsFor({ code, message, hint }: PpuriError, subject: string): Words | null {
  if (code === 'alert-unknown')
    return {
      message: { ko: `발생 중이거나 방금 해제된 알림이 아닙니다: ${subject}`, en: message },
      hint: { ko: '`ppuri alerts` 첫 열에서 ID를 확인하세요', en: hint },
    };
  if (code === 'stop-unknown')
    return {
      message: { ko: `기록에 없는 비가동입니다: ${subject}`, en: message },
      hint: { ko: '`ppuri stops` 첫 열에서 ID를 확인하세요', en: hint },
    };
  if (message.endsWith('is no reason of this plant'))
    return {
      message: {
        ko: message.replace('is no reason of this plant', '은(는) 설정에 없는 비가동 사유입니다'),
        en: message,
      },
      hint: { ko: hint.replace('reasons:', '사유:').replace('; more under', '. 설정:'), en: hint },
    };
  if (message.startsWith('an alert is put off for up to'))
    return {
      message: { ko: '보류는 8시간까지이며 사유가 필요합니다', en: message },
      hint: { ko: '예: `ppuri alerts shelve ID --for 30m --reason "금형 교체"`', en: hint },
    };
  if (code !== 'panel-refused') return null;
  if (message.startsWith('There is no such user')) return noSuchUser(subject);
  const ko = refusalTextOf(message)?.ko ?? message;
  return { message: { ko, en: message }, hint: hint === '' ? listUsers : { ko: hint, en: hint } };
}

/** `subject`: the id or name that was asked about. What has no words of its own stays as it is. */
export function refusalInWords(thrown: unknown, subject: string, lang: Language): unknown {
  if (!(thrown instanceof PpuriError)) return thrown;
  const words = wordsFor(thrown, subject);
  if (words === null) return thrown;
  const { code, operation } = thrown;
  const hint = words.hint[lang];
  return new PpuriError(code, words.message[lang], { operation, subject, hint, cause: thrown });
}
