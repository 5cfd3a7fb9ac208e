/** What the panel says when it does not do something: one table, status and both languages. */
import { PpuriError } from '../../config/errors.ts';
import type { Text } from '../records.ts';
import type { PanelError } from './contract.ts';

interface Entry extends Text {
  readonly status: number;
}

export const refusals = {
  'host-unknown': {
    status: 403,
    ko: '이 이름으로는 접속할 수 없습니다. IP 주소로 접속하세요.',
    en: 'This page does not answer to that name. Use the IP address.',
  },
  'cross-site': {
    status: 403,
    ko: '다른 사이트에서 보낸 요청이라 처리하지 않았습니다.',
    en: 'The request came from another site and was not carried out.',
  },
  'login-needed': {
    status: 401,
    ko: '로그인이 필요합니다.',
    en: 'Please log in.',
  },
  'not-allowed': {
    status: 403,
    ko: '권한이 없습니다.',
    en: 'You are not allowed to do this.',
  },
  'token-wrong': {
    status: 403,
    ko: '화면이 오래되어 처리하지 않았습니다. 새로 고친 뒤 다시 누르세요.',
    en: 'This page is out of date, so nothing was done. Reload it and try again.',
  },
  'agent-silent': {
    status: 503,
    ko: '에이전트 응답 없음. 처리하지 않았습니다.',
    en: 'The agent does not answer. Nothing was done.',
  },
  'no-such-page': { status: 404, ko: '없는 페이지입니다.', en: 'No such page.' },
  'wrong-method': {
    status: 405,
    ko: '지원하지 않는 요청입니다.',
    en: 'This page is not asked like that.',
  },
  'not-json': {
    status: 415,
    ko: 'JSON 형식만 받습니다.',
    en: 'Only application/json is taken.',
  },
  'too-large': { status: 413, ko: '보낸 내용이 너무 큽니다.', en: 'What was sent is too large.' },
  'bad-request': {
    status: 400,
    ko: '잘못된 요청입니다.',
    en: 'The request is not understood.',
  },
  'login-failed': {
    status: 401,
    ko: '이름 또는 비밀번호가 맞지 않습니다.',
    en: 'Name or password is wrong.',
  },
  wait: {
    status: 429,
    ko: '여러 번 틀렸습니다. 잠시 뒤 다시 시도하세요.',
    en: 'Too many failed attempts. Please wait, then try again.',
  },
  busy: {
    status: 503,
    ko: '지금은 처리할 수 없습니다. 잠시 뒤 다시 시도하세요.',
    en: 'Not possible at the moment. Please try again shortly.',
  },
  'code-wrong': {
    status: 403,
    ko: '등록 코드가 맞지 않습니다. 로그 또는 `ppuri panel claim`에서 확인하세요.',
    en: 'The claim code is wrong. The log and `ppuri panel claim` show it.',
  },
  'claimed-already': {
    status: 409,
    ko: '이미 관리자가 등록되어 있습니다.',
    en: 'This gateway has an administrator already.',
  },
  'name-invalid': {
    status: 400,
    ko: '이름은 글자나 숫자로 시작하는 32자 이내여야 합니다(글자, 숫자, . _ -).',
    en: 'A name has up to 32 letters, digits, . _ or -, and begins with a letter or digit.',
  },
  'password-invalid': {
    status: 400,
    ko: '비밀번호는 8자 이상 128자 이하이고 이름과 달라야 합니다.',
    en: 'A password has 8 to 128 characters and is not the name.',
  },
  'role-invalid': {
    status: 400,
    ko: '권한은 viewer, operator, admin 중 하나입니다.',
    en: 'A role is viewer, operator or admin.',
  },
  'no-such-user': { status: 404, ko: '없는 사용자입니다.', en: 'There is no such user.' },
  'is-kiosk': {
    status: 409,
    ko: '사용자가 아니라 현장 모니터입니다. `ppuri panel kiosk 이름 --remove`로 삭제하세요.',
    en: 'That is a kiosk, not a user. `ppuri panel kiosk NAME --remove` removes it.',
  },
  'no-such-kiosk': {
    status: 404,
    ko: '없는 현장 모니터입니다. `ppuri panel user list`에서 이름을 확인하세요.',
    en: 'There is no such kiosk. `ppuri panel user list` shows their names.',
  },
  'last-admin': {
    status: 409,
    ko: '마지막 관리자는 삭제하거나 권한을 낮출 수 없습니다.',
    en: 'The last administrator cannot be removed or given less.',
  },
  'too-many': { status: 409, ko: '더 등록할 수 없습니다.', en: 'There is no room for more.' },
  'not-kept': {
    status: 503,
    ko: '저장하지 못해 바뀐 것이 없습니다. 디스크를 확인하세요.',
    en: 'It could not be stored, so nothing has changed. Check the disk.',
  },
  failed: {
    status: 500,
    ko: '처리하지 못했습니다. 로그를 확인하세요.',
    en: 'This could not be done. See the log.',
  },
} as const satisfies Record<string, Entry>;

export type RefusalCode = keyof typeof refusals;

/** Both languages of a refusal, by its message as it came over the control socket; null: no refusal. */
export function refusalTextOf(message: string): Text | null {
  const plain = message.replace(/; wait \d+ s$/, '');
  const found = Object.values(refusals).find(({ en }) => en.replace(/\.$/, '') === plain);
  return found === undefined ? null : { ko: found.ko, en: found.en };
}

/** Thrown by whatever handles a request: nothing was done. */
export class PanelRefusal extends PpuriError {
  readonly refusal: RefusalCode;
  /** After so many seconds it may be tried again; null: not known. */
  readonly retryAfterS: number | null;

  constructor(refusal: RefusalCode, retryAfterS: number | null = null) {
    const { en } = refusals[refusal];
    const wait = retryAfterS === null ? '' : `; wait ${retryAfterS} s`;
    super('panel-refused', `${en.replace(/\.$/, '')}${wait}`, {
      operation: 'answer a request of the panel',
      subject: 'panel',
    });
    this.refusal = refusal;
    this.retryAfterS = retryAfterS;
  }

  get status(): number {
    return refusals[this.refusal].status;
  }

  /** As the page gets it. */
  get told(): PanelError {
    const { ko, en } = refusals[this.refusal];
    const wait = this.retryAfterS === null ? {} : { retryAfterS: this.retryAfterS };
    return { error: { code: this.refusal, message: { ko, en }, ...wait } };
  }
}
