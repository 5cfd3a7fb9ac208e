/** What this system says of its wall clock. Only files are read: it is asked every second. */
import { readFileSync, statSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';

/** `synced` is null where this system does not say. `stamp` changes with each synchronisation. */
export interface SyncSign {
  readonly synced: boolean | null;
  readonly stamp: number | null;
}

/** Written by a time daemon after it has set the clock, and again from time to time. */
const driftFiles = ['var/lib/chrony/chrony.drift', 'var/lib/ntpsec/ntp.drift'];
/** A file's time and the clock are not read at once. */
const slackMs = 5000;

/** ms since 1970 of the last change, or null: not there, or not ours to see. */
function changedMs(path: string): number | null {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return null;
  }
}

/** Running at all: without it a drift file is only a memory. */
function daemonRuns(root: string): boolean {
  return ['run/chrony/chronyd.pid', 'run/ntpd.pid'].some((file) => {
    try {
      return Number(readFileSync(join(root, file), 'utf8')) > 0;
    } catch {
      return false;
    }
  });
}

/**
 * systemd-timesyncd leaves a file once it has set the clock since the system started. chrony and ntpd
 * do not, but renew their drift file: one written since the start, by the clock as it is now, tells
 * as much. Another way to have the right time is said with `gateway.clock: trusted`.
 */
export function readSync(root = '/', wallMs = Date.now()): SyncSign {
  const timesync = changedMs(join(root, 'run/systemd/timesync/synchronized'));
  if (timesync !== null) return { synced: true, stamp: timesync };
  if (daemonRuns(root)) {
    const begunMs = wallMs - uptime() * 1000;
    const drift = driftFiles
      .map((file) => changedMs(join(root, file)))
      .find((at) => at !== null && at >= begunMs && at <= wallMs + slackMs);
    return drift == null ? { synced: null, stamp: null } : { synced: true, stamp: drift };
  }
  const known = changedMs(join(root, 'run/systemd/timesync')) !== null;
  return { synced: known ? false : null, stamp: null };
}
