/** Whether this computer, its C library and this Node are ones the native addons were built for. */
import os from 'node:os';
import { type Finding, fail, ok, same } from './finding.ts';

export interface PlatformFacts {
  readonly platform: string;
  readonly arch: string;
  readonly kernel: string;
  /** Null where the C library is not glibc (musl). */
  readonly glibc: string | null;
  readonly node: string;
  readonly napi: number;
}

const leastGlibc = '2.34';
const leastNapi = 10;

/** The glibc this process runs on, from Node's own report. */
function glibcVersion(): string | null {
  const { report } = process;
  if (report === undefined) return null;
  // Without this the report looks up the name of every open connection.
  Reflect.set(report, 'excludeNetwork', true);
  const header: unknown = Object(report.getReport()).header;
  const version: unknown = Object(header).glibcVersionRuntime;
  return typeof version === 'string' ? version : null;
}

export function readPlatform(): PlatformFacts {
  return {
    platform: process.platform,
    arch: process.arch,
    kernel: os.release(),
    glibc: glibcVersion(),
    node: process.version,
    napi: Number(process.versions.napi),
  };
}

/** Whether dotted version `have` is `least` or newer. */
export function atLeast(have: string, least: string): boolean {
  const [a, b] = [have.split('.').map(Number), least.split('.').map(Number)];
  for (const [index, part] of b.entries()) {
    const own = a[index] ?? 0;
    if (own !== part) return own > part;
  }
  return true;
}

function systemFinding({ platform, arch, kernel }: PlatformFacts): Finding {
  const text = same(`${platform} ${kernel}, ${arch}`);
  const data = { platform, arch, kernel };
  if (platform === 'linux' && (arch === 'x64' || arch === 'arm64')) return ok('system', text, data);
  return fail(
    'system',
    text,
    {
      ko: '64비트 Linux(x64 또는 arm64)가 필요합니다. 라즈베리 파이는 64비트 OS를 설치하세요.',
      en: 'ppuri needs 64-bit Linux on x64 or arm64; on a Raspberry Pi install the 64-bit OS',
    },
    data,
  );
}

function glibcFinding({ glibc }: PlatformFacts): Finding {
  if (glibc !== null && atLeast(glibc, leastGlibc))
    return ok('glibc', same(`glibc ${glibc}`), { glibc });
  const text =
    glibc === null
      ? { ko: 'C 라이브러리가 glibc가 아닙니다', en: 'the C library is not glibc' }
      : same(`glibc ${glibc}`);
  return fail(
    'glibc',
    text,
    {
      ko: `glibc ${leastGlibc} 이상이 필요합니다 (Debian 12, Raspberry Pi OS Bookworm, Ubuntu 22.04 이상).`,
      en: `needs glibc ${leastGlibc} or newer: Debian 12, Raspberry Pi OS Bookworm, Ubuntu 22.04 or later`,
    },
    { glibc },
  );
}

function nodeFinding({ node, napi }: PlatformFacts): Finding {
  const text = same(`Node ${node}, N-API ${napi}`);
  if (napi >= leastNapi) return ok('node', text, { node, napi });
  return fail(
    'node',
    text,
    {
      ko: '함께 설치되는 Node 26으로 실행하세요: npm run ppuri -- doctor',
      en: 'run it on the Node 26 that is installed with it: npm run ppuri -- doctor',
    },
    { node, napi },
  );
}

export function platformFindings(facts: PlatformFacts): Finding[] {
  return [systemFinding(facts), glibcFinding(facts), nodeFinding(facts)];
}
