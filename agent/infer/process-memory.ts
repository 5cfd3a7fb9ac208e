/** What Linux tells about a process's memory. Elsewhere, and of ended processes, null. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Resident memory, whatever the size of this kernel's pages. */
export function residentMiB(pid: number): number | null {
  const kiB = readNumber(`/proc/${pid}/status`, /^VmRSS:\s+(\d+) kB$/m);
  return kiB === null ? null : kiB / 1024;
}

/** How often this machine's kernel has killed for want of memory since it started. */
export function outOfMemoryKills(): number | null {
  return readNumber('/proc/vmstat', /^oom_kill (\d+)$/m);
}

/**
 * When memory runs out the kernel shall take this process before the agent. A container may forbid
 * to say so; the kernel then chooses by size alone.
 */
export function offerToOutOfMemoryKiller(pid: number): boolean {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '900');
    return true;
  } catch {
    return false;
  }
}

function readNumber(path: string, pattern: RegExp): number | null {
  try {
    const digits = pattern.exec(readFileSync(path, 'latin1'))?.[1];
    return digits === undefined ? null : Number(digits);
  } catch {
    return null; // not Linux, or the process has ended
  }
}
