/** What a keep child is told when it opens the store, with what the caller left out. */
import type { KeeperOptions } from './keeper-contract.ts';
import type { KeepDays, OpenOptions } from './protocol.ts';

const defaults = { maxMiB: 2048, commitMs: 240 };
const everything: KeepDays = { readingsDays: 0, featuresDays: 0, recordsDays: 0 };

export function openOptionsOf(options: KeeperOptions, check: OpenOptions['check']): OpenOptions {
  const { path, boot, maxMiB, commitMs, keepDays, beside, sync } = options;
  return {
    dir: path,
    maxMiB: maxMiB ?? defaults.maxMiB,
    ...(beside === undefined ? {} : { beside }),
    keep: keepDays ?? everything,
    sync,
    commitMs: commitMs ?? defaults.commitMs,
    boot,
    check,
  };
}
