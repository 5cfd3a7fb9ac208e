/** Clock, memory, processor, and how late this process is woken: what verdict times depend on. */

import { readFile } from 'node:fs/promises';
import os from 'node:os';
import { isPossible } from './clock.ts';
import { readSync } from './clock-signs.ts';
import { type Finding, fail, ok, percentile, readIfPresent, warn } from './finding.ts';

const mib = 1024 * 1024;

/** `synced` is null where this system does not say. */
export interface ClockFacts {
  readonly wallMs: number;
  readonly synced: boolean | null;
}

export function readClock(): ClockFacts {
  return { wallMs: Date.now(), synced: readSync().synced };
}

export function clockFinding({ wallMs, synced }: ClockFacts): Finding {
  const at = new Date(wallMs).toISOString();
  const data = { at, synced };
  const setTime = {
    ko: '시간 동기화를 켜세요 (timedatectl set-ntp true). 동기화 전에도 판정과 알림은 동작합니다.',
    en: 'turn on time synchronisation (timedatectl set-ntp true); verdicts and alerts work without it',
  };
  if (!isPossible(wallMs))
    return warn(
      'clock',
      { ko: `시계가 틀림: ${at}`, en: `the clock is wrong: ${at}` },
      setTime,
      data,
    );
  if (synced === true)
    return ok('clock', { ko: `${at}, 동기화됨`, en: `${at}, synchronised` }, data);
  if (synced === false)
    return warn(
      'clock',
      { ko: `${at}, 동기화 안 됨`, en: `${at}, not synchronised` },
      setTime,
      data,
    );
  const ko = `${at}, 동기화 여부는 이 시스템에서 확인할 수 없음`;
  return ok(
    'clock',
    { ko, en: `${at}; this system does not say whether it is synchronised` },
    data,
  );
}

export interface MachineFacts {
  readonly cores: number;
  readonly availableMiB: number;
  /** Null where cpufreq is not visible. */
  readonly governor: string | null;
  readonly governorDriver: string | null;
}

/** MemAvailable, or the cgroup's limit where that is less. */
async function availableMiB(): Promise<number> {
  const info = await readIfPresent(() => readFile('/proc/meminfo', 'utf8'));
  const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(info ?? '')?.[1];
  const available = kib === undefined ? os.freemem() : Number(kib) * 1024;
  const constrained = process.constrainedMemory();
  return Math.floor((constrained > 0 ? Math.min(available, constrained) : available) / mib);
}

export async function readMachine(): Promise<MachineFacts> {
  const cpufreq = '/sys/devices/system/cpu/cpu0/cpufreq';
  return {
    cores: os.availableParallelism(),
    availableMiB: await availableMiB(),
    governor: await readIfPresent(() => readFile(`${cpufreq}/scaling_governor`, 'utf8')),
    governorDriver: await readIfPresent(() => readFile(`${cpufreq}/scaling_driver`, 'utf8')),
  };
}

function memoryFinding(available: number): Finding {
  const text = { ko: `사용 가능 메모리 ${available} MiB`, en: `${available} MiB memory available` };
  const data = { availableMiB: available };
  const hint = {
    ko: '에이전트는 약 160 MiB를 씁니다. 다른 프로그램을 줄이거나 메모리가 더 큰 장비를 쓰세요.',
    en: 'the agent takes about 160 MiB; stop other programs or use a gateway with more memory',
  };
  if (available < 160) return fail('memory', text, hint, data);
  return available < 320 ? warn('memory', text, hint, data) : ok('memory', text, data);
}

function coresFinding(cores: number): Finding {
  const text = {
    ko: `CPU 코어 ${cores}개`,
    en: `${cores} processor core${cores === 1 ? '' : 's'}`,
  };
  if (cores > 1) return ok('cores', text, { cores });
  return warn(
    'cores',
    text,
    {
      ko: '코어가 하나면 저장과 예측이 서로를 늦춥니다. 2코어 이상을 권합니다.',
      en: 'on one core storing and predicting delay each other; two or more are advised',
    },
    { cores },
  );
}

/** `powersave` of the pstate drivers still speeds up under load; elsewhere it does not. */
function governorFinding({ governor, governorDriver }: MachineFacts): Finding {
  const data = { governor, governorDriver };
  if (governor === null)
    return ok(
      'cpu-governor',
      { ko: 'CPU 클럭 정책은 보이지 않음', en: 'CPU frequency policy not visible' },
      data,
    );
  const text = { ko: `CPU 클럭 정책 ${governor}`, en: `CPU frequency policy ${governor}` };
  const slow = governor === 'powersave' && !/pstate/.test(governorDriver ?? '');
  if (!slow) return ok('cpu-governor', text, data);
  return warn(
    'cpu-governor',
    text,
    {
      ko: '판정이 늦어질 수 있습니다. performance 또는 schedutil로 바꾸세요 (cpupower frequency-set -g performance).',
      en: 'verdicts may be late; use performance or schedutil (cpupower frequency-set -g performance)',
    },
    data,
  );
}

export function machineFindings(facts: MachineFacts): Finding[] {
  return [coresFinding(facts.cores), memoryFinding(facts.availableMiB), governorFinding(facts)];
}

/** How late timers of this process fire, in ms, over `forMs`. */
export async function measureWakeups(forMs: number): Promise<number[]> {
  const stepMs = 5;
  const lateMs: number[] = [];
  const end = performance.now() + forMs;
  while (performance.now() < end) {
    const due = performance.now() + stepMs;
    await new Promise((resolve) => setTimeout(resolve, stepMs));
    lateMs.push(Math.max(0, performance.now() - due));
  }
  return lateMs.sort((a, b) => a - b);
}

export function wakeupFinding(ascendingMs: readonly number[]): Finding {
  const [p50Ms, p99Ms] = [percentile(ascendingMs, 0.5), percentile(ascendingMs, 0.99)];
  const maxMs = ascendingMs.at(-1) ?? null;
  const figures = `p50 ${p50Ms?.toFixed(1)} ms, p99 ${p99Ms?.toFixed(1)} ms, max ${maxMs?.toFixed(1)} ms`;
  const text = { ko: `타이머 지연 ${figures}`, en: `timers fire late by ${figures}` };
  const data = { p50Ms, p99Ms, maxMs };
  if (p99Ms !== null && p99Ms <= 10) return ok('wake-up', text, data);
  return warn(
    'wake-up',
    text,
    {
      ko: '장비가 바쁩니다. 판정이 기준 시간을 넘길 수 있으니 다른 프로그램을 확인하세요.',
      en: 'this computer is busy, so verdicts may miss their deadline; see what else runs on it',
    },
    data,
  );
}
