/** Everything about this computer that decides whether ppuri can work on it. */
import type { ForkRole } from '../role.ts';
import { addonFinding, tryAddon } from './doctor-addons.ts';
import {
  clockFinding,
  machineFindings,
  measureWakeups,
  readClock,
  readMachine,
  wakeupFinding,
} from './doctor-host.ts';
import { platformFindings, readPlatform } from './doctor-platform.ts';
import {
  type Listen,
  panelPortFinding,
  readSerialPorts,
  serialPortsFinding,
} from './doctor-ports.ts';
import { type StorePlace, storeFindings } from './doctor-store.ts';
import type { Finding, Level } from './finding.ts';
import { addons } from './selftest.ts';

export interface DoctorOptions {
  readonly fork: ForkRole;
  readonly store: StorePlace;
  readonly panel: Listen;
  /** How long timers are watched. */
  readonly wakeupsForMs?: number;
  /** Longest an addon may take to load and report. */
  readonly addonLimitMs?: number;
  /** Called with each finding as it is made, in the order of the result. */
  readonly onFinding?: (finding: Finding) => void;
}

/** Timers are watched before the children run, so that the children are not what is measured. */
async function* steps(options: DoctorOptions): AsyncGenerator<Finding> {
  yield* platformFindings(readPlatform());
  yield* machineFindings(await readMachine());
  yield wakeupFinding(await measureWakeups(options.wakeupsForMs ?? 500));
  for (const addon of addons)
    yield addonFinding(addon, await tryAddon(options.fork, addon, options.addonLimitMs));
  yield* await storeFindings(options.store);
  yield clockFinding(readClock());
  yield await panelPortFinding(options.panel);
  yield serialPortsFinding(await readSerialPorts());
}

/** Looks at everything, one after the other so that no measurement disturbs another. */
export async function examine(options: DoctorOptions): Promise<Finding[]> {
  const findings: Finding[] = [];
  for await (const finding of steps(options)) {
    findings.push(finding);
    options.onFinding?.(finding);
  }
  return findings;
}

export function countLevels(findings: readonly Finding[]): Record<Level, number> {
  const counts = { ok: 0, warn: 0, fail: 0 };
  for (const { level } of findings) counts[level] += 1;
  return counts;
}
