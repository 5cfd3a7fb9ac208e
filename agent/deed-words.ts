/** What the audit of this gateway calls a deed, on the screen and at the terminal. */
import type { Text } from './records.ts';

export const deedWords: Readonly<Record<string, Text>> = {
  'alert-acknowledged': { ko: '알림 확인', en: 'Alert acknowledged' },
  'alert-shelved': { ko: '알림 보류', en: 'Alert shelved' },
  'alert-unshelved': { ko: '보류 해제', en: 'Shelving ended' },
  'alert-false': { ko: '오경보 처리', en: 'Called a false alarm' },
  'buzzer-silenced': { ko: '부저 정지', en: 'Buzzer silenced' },
  login: { ko: '로그인', en: 'Login' },
  'login-failed': { ko: '로그인 실패', en: 'Login failed' },
  logout: { ko: '로그아웃', en: 'Logout' },
  claimed: { ko: '최초 등록', en: 'Gateway claimed' },
  'user-changed': { ko: '사용자 변경', en: 'User changed' },
  'kiosk-made': { ko: '현장 모니터 등록', en: 'Kiosk screen added' },
  'kiosk-removed': { ko: '현장 모니터 삭제', en: 'Kiosk screen removed' },
};
