/** `ppuri update status` and what an update prints, in the technician's words. */
import { execFileSync } from 'node:child_process';
import { returnText } from '../alerts/update-alert.ts';
import {
  currentVersion,
  isThere,
  listVersions,
  type Places,
  readState,
  type VersionState,
} from '../update/versions.ts';
import { isDpkgs } from './update-host.ts';
import { trialWord } from './update-outcome.ts';
import { type Language, timeText } from './words.ts';

export interface UpdateStatus {
  /** Runs now, or from the next start on; null: no version that was installed. */
  readonly current: string | null;
  /** What `ppuri update rollback` goes to; null: nothing. */
  readonly previous: string | null;
  readonly versions: readonly string[];
  readonly probation: {
    /** `switched`: it was not begun yet, or says nothing. `hidden`: not from this user. */
    readonly state: string;
    readonly starts: number;
    readonly passSeconds: number;
  } | null;
  readonly last: {
    readonly change: VersionState['change'];
    readonly from: string;
    readonly to: string;
    readonly who: string | null;
    readonly why: string | null;
    readonly wallMs: number;
  } | null;
  /** What dpkg has installed; null: it does not manage ppuri here. */
  readonly dpkg: string | null;
}

function dpkgVersion(places: Places): string | null {
  if (!isDpkgs(places)) return null;
  try {
    const query = ['-W', '-f', '$' + '{Version}', 'ppuri'];
    return execFileSync('dpkg-query', query, { encoding: 'utf8' }).trim();
  } catch {
    return null; // Its files are there and it is not: removed in parts, by hand.
  }
}

function probationOf(places: Places, state: VersionState | null): UpdateStatus['probation'] {
  if (state === null || state.probation === '') return null;
  const word = trialWord(places) ?? 'switched';
  if (word === 'passed') return null;
  return { state: word, starts: state.starts, passSeconds: state.pass };
}

export function readUpdateStatus(places: Places): UpdateStatus {
  const state = readState(places);
  const current = currentVersion(places);
  const previous = state === null || state.previous === current ? '' : state.previous;
  return {
    current,
    previous: isThere(places, previous) ? previous : null,
    versions: listVersions(places),
    probation: probationOf(places, state),
    last:
      state === null
        ? null
        : {
            ...{ change: state.change, from: state.from, to: state.to },
            ...{ who: state.who || null, why: state.why || null, wallMs: state.at * 1000 },
          },
    dpkg: dpkgVersion(places),
  };
}

const trialWords: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  switched: { ko: '아직 시작되지 않음', en: 'not begun yet' },
  starting: { ko: '시작 중', en: 'starting' },
  healthy: { ko: '정상 동작', en: 'well' },
  stopped: { ko: '정지됨', en: 'stopped' },
  unhealthy: { ko: '정상 아님', en: 'not well' },
  hidden: { ko: '이 사용자는 볼 수 없음(sudo로 확인)', en: 'not for this user to see (sudo)' },
};

function lastLine({ change, from, to, who, why, wallMs }: NonNullable<UpdateStatus['last']>) {
  const at = timeText(wallMs);
  const reason = returnText(why ?? '');
  return {
    update: {
      ko: `마지막 변경: ${from} → ${to} 업데이트, ${at} ${who}`,
      en: `last change: updated ${from} → ${to}, ${at} by ${who}`,
    },
    rollback: {
      ko: `마지막 변경: ${from} → ${to} 되돌림, ${at} ${who}`,
      en: `last change: rolled back ${from} → ${to}, ${at} by ${who}`,
    },
    return: {
      ko: `마지막 변경: ${from} 적용 취소, ${to}(으)로 자동 복귀, ${at}. 사유: ${reason.ko}`,
      en: `last change: ${from} taken back, ${to} runs again, ${at}. Reason: ${reason.en}`,
    },
  }[change];
}

export function updateStatusLines(status: UpdateStatus, lang: Language): string[] {
  const { current, previous, probation, last, dpkg } = status;
  const none = { ko: '없음', en: 'none' }[lang];
  const lines = [
    lang === 'ko'
      ? `실행 버전 ${current ?? none}, 되돌릴 버전 ${previous ?? none}`
      : `runs ${current ?? none}, rollback goes to ${previous ?? none}`,
  ];
  if (probation !== null) {
    const word = trialWords[probation.state]?.[lang] ?? probation.state;
    const minutes = Math.round(probation.passSeconds / 60);
    lines.push(
      lang === 'ko'
        ? `시험 가동: ${word}, 시작 ${probation.starts}회. 정상 동작 ${minutes}분이 지나면 확정, 시작 3회 실패 시 자동 복귀`
        : `on probation: ${word}, ${probation.starts} starts. Stays after ${minutes} min of being well, is taken back after three failed starts`,
    );
  }
  if (last !== null) lines.push(lastLine(last)[lang]);
  if (dpkg !== null && current !== null && dpkg !== current)
    lines.push(
      lang === 'ko'
        ? `dpkg에는 ${dpkg}이(가) 설치되어 있고 서비스는 ${current}(으)로 실행됩니다. 맞추려면 그 버전의 .deb를 apt로 설치하세요`
        : `dpkg has ${dpkg} installed, the service runs ${current}: apt install the .deb of the one you want to keep`,
    );
  return lines;
}
