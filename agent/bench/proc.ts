/** What Linux tells of processes under /proc. Of a process that has ended: null, or no children. */
import { readdirSync, readFileSync, statSync } from 'node:fs';

/** Ticks of /proc's CPU times are 10 ms on every Linux we run on (USER_HZ). */
export const ticksMs = 10;
const sectorBytes = 512;

/** User and system time so far, ms. */
export function cpuMsOf(pid: number): number | null {
  const stat = read(`/proc/${pid}/stat`);
  // The program's name is in parentheses and may hold anything; 14 and 15 are utime and stime.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields === undefined ? null : (Number(fields[11]) + Number(fields[12])) * ticksMs;
}

/** Proportional set size, MiB: shared pages counted once over all who share them. */
export function pssMiBOf(pid: number): number | null {
  const kiB = number(read(`/proc/${pid}/smaps_rollup`), /^Pss:\s+(\d+) kB$/m);
  return kiB === null ? null : kiB / 1024;
}

export function descriptorsOf(pid: number): number | null {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return null;
  }
}

/** Bytes this process caused to be sent to the disk. */
export function writtenBytesOf(pid: number): number | null {
  return number(read(`/proc/${pid}/io`), /^write_bytes: (\d+)$/m);
}

/** Bytes this process gave to write calls, of any kind. */
export function givenBytesOf(pid: number): number | null {
  return number(read(`/proc/${pid}/io`), /^wchar: (\d+)$/m);
}

/** Bytes that anybody sent to the block device behind `path`; null: it is on none of its own. */
export function deviceWrittenBytes(path: string): number | null {
  const { dev } = statSync(path);
  const [major, minor] = [(dev >>> 8) & 0xfff, (dev & 0xff) | ((dev >>> 12) & 0xfff00)];
  const fields = read(`/sys/dev/block/${major}:${minor}/stat`)?.trim().split(/\s+/);
  const sectors = Number(fields?.[6]);
  return Number.isFinite(sectors) ? sectors * sectorBytes : null;
}

/** How the kernel schedules this process and its children: `real-time` is for a shared machine. */
export function schedulingOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  const policy = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[38];
  if (policy === '1' || policy === '2') return 'real-time';
  return policy === '0' ? 'normal' : 'other';
}

/** `infer`, `keep` … of a ppuri process, from its environment; null of the parent. */
export function roleOf(pid: number): string | null {
  const environment = read(`/proc/${pid}/environ`) ?? '';
  return /(?:^|\0)PPURI_ROLE=([a-z]+)/.exec(environment)?.[1] ?? null;
}

export function childrenOf(pid: number): number[] {
  const list = read(`/proc/${pid}/task/${pid}/children`) ?? '';
  return list.split(' ').filter(Boolean).map(Number);
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}

function number(text: string | null, pattern: RegExp): number | null {
  const digits = text === null ? undefined : pattern.exec(text)?.[1];
  return digits === undefined ? null : Number(digits);
}
