/** Loads each native addon in a child of its own and says how that ended. */
import type { ForkRole } from '../role.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import type { Addon, SelftestReport } from './selftest.ts';

export type AddonOutcome =
  | { readonly kind: 'works'; readonly detail: Readonly<Record<string, unknown>> }
  | { readonly kind: 'refused'; readonly error: string }
  | { readonly kind: 'died'; readonly signal: string | null; readonly code: number | null }
  | { readonly kind: 'hung'; readonly afterMs: number };

const purposes: Record<Addon, { readonly ko: string; readonly en: string }> = {
  'onnxruntime-node': { ko: '불량 예측', en: 'defect prediction' },
  'better-sqlite3': { ko: '기록 저장', en: 'the store' },
  serialport: { ko: '시리얼 통신', en: 'serial ports' },
};

function isReport(message: unknown): message is SelftestReport {
  return typeof message === 'object' && message !== null && 'ok' in message;
}

/** Starts the self-test child; it is killed when it has not reported after `limitMs`. */
export function tryAddon(fork: ForkRole, addon: Addon, limitMs = 20_000): Promise<AddonOutcome> {
  return new Promise((resolve, reject) => {
    const child = fork('selftest', { args: [addon], stdio: 'ignore' });
    let reported: AddonOutcome | null = null;
    const timer = setTimeout(() => {
      reported ??= { kind: 'hung', afterMs: limitMs };
      child.kill('SIGKILL');
    }, limitMs);
    child.on('message', (message) => {
      if (!isReport(message)) return;
      reported = message.ok
        ? { kind: 'works', detail: message.detail }
        : { kind: 'refused', error: message.error };
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      // It may report and then die on the way out; that is a crash all the same.
      const crashed = signal !== null && reported?.kind !== 'hung';
      resolve(crashed || reported === null ? { kind: 'died', signal, code } : reported);
    });
  });
}

/** What the failure of an addon takes away, and what to do about it. */
function failure(addon: Addon, ko: string, en: string, data: Record<string, unknown>): Finding {
  const purpose = purposes[addon];
  return fail(
    `addon-${addon}`,
    { ko: `${addon}: ${ko}`, en: `${addon}: ${en}` },
    {
      ko: `이 장비에서는 ${purpose.ko} 기능을 쓸 수 없습니다. 다시 설치하고(설치 파일은 apt install --reinstall ppuri, 소스는 npm ci), 그래도 같으면 이 결과와 함께 알려 주세요.`,
      en: `without it there is no ${purpose.en}; install again (a package: apt install --reinstall ppuri, a checkout: npm ci), and if it stays, report it with this output`,
    },
    data,
  );
}

function milliseconds(value: unknown): string {
  return typeof value === 'number' ? value.toFixed(2) : '?';
}

function works(addon: Addon, detail: Readonly<Record<string, unknown>>): Finding {
  const id = `addon-${addon}`;
  switch (addon) {
    case 'onnxruntime-node': {
      const figures = `p50 ${milliseconds(detail.p50Ms)} ms, p99 ${milliseconds(detail.p99Ms)} ms`;
      const ko = `${addon}: 시험 모델 ${detail.runs}회 실행, ${figures}`;
      return ok(
        id,
        { ko, en: `${addon}: ${detail.runs} runs of a test model, ${figures}` },
        detail,
      );
    }
    case 'better-sqlite3': {
      const ko = `${addon}: 쓰고 읽기 정상, SQLite ${detail.sqlite}`;
      return ok(id, { ko, en: `${addon}: wrote and read back, SQLite ${detail.sqlite}` }, detail);
    }
    case 'serialport':
      return serialWorks(id, detail);
  }
}

function serialWorks(id: string, detail: Readonly<Record<string, unknown>>): Finding {
  if (typeof detail.listError === 'string')
    return warn(
      id,
      {
        ko: `serialport: 불러오기 정상, 포트 목록을 얻지 못함 (${detail.listError})`,
        en: `serialport: loads, but cannot list ports (${detail.listError})`,
      },
      {
        ko: 'udev가 있어야 목록이 나옵니다. 컨테이너라면 무시해도 되며, 포트 경로를 직접 지정하면 됩니다.',
        en: 'listing needs udev; in a container ignore this and name ports by their path',
      },
      detail,
    );
  const count = Array.isArray(detail.ports) ? detail.ports.length : 0;
  const ko = `serialport: 불러오기 정상, 포트 ${count}개`;
  return ok(id, { ko, en: `serialport: loads, ${count} ports` }, detail);
}

export function addonFinding(addon: Addon, outcome: AddonOutcome): Finding {
  switch (outcome.kind) {
    case 'works':
      return works(addon, outcome.detail);
    case 'refused': {
      const { error } = outcome;
      return failure(addon, `오류: ${error}`, `failed: ${error}`, { error });
    }
    case 'hung': {
      const seconds = outcome.afterMs / 1000;
      return failure(addon, `${seconds}초 동안 응답이 없음`, `no answer in ${seconds} s`, {
        afterMs: outcome.afterMs,
      });
    }
    case 'died': {
      const { signal, code } = outcome;
      const how = signal ?? `exit ${code}`;
      return failure(addon, `프로세스가 죽음 (${how})`, `the process died (${how})`, {
        signal,
        code,
      });
    }
  }
}
