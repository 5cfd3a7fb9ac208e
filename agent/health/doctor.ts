/** Everything about this computer and the installation on it that decides whether ppuri can work on it. */
import type { ForkRole } from '../role.ts';
import { addonFinding, tryAddon } from './doctor-addons.ts';
import { journalFindings } from './doctor-files.ts';
import {
  clockFinding,
  machineFindings,
  measureWakeups,
  readClock,
  readMachine,
  wakeupFinding,
} from './doctor-host.ts';
import { type Target, targetFindings } from './doctor-network.ts';
import { platformFindings, readPlatform } from './doctor-platform.ts';
import {
  type Listen,
  panelPortFinding,
  readSerialPorts,
  serialPortsFinding,
} from './doctor-ports.ts';
import { type SerialUse, serialFindings } from './doctor-serial.ts';
import {
  priorityFinding,
  type ServiceFacts,
  type ServiceUse,
  serviceFindings,
} from './doctor-service.ts';
import { type StorePlace, storeFindings } from './doctor-store.ts';
import type { Finding, Level } from './finding.ts';
import { addons } from './selftest.ts';

export interface Installation {
  readonly service: ServiceFacts;
  readonly use: ServiceUse;
  readonly serial: readonly SerialUse[];
  readonly targets: readonly Target[];
  /** Whether this process may go before others. */
  readonly mayGoFirst: boolean;
}

export interface DoctorOptions {
  readonly fork: ForkRole;
  readonly store: StorePlace;
  /** Null: none is served. */
  readonly panel: Listen | null;
  /** An agent of this configuration answers. */
  readonly running?: boolean;
  /** Absent: the installation is not looked at. */
  readonly installation?: Installation;
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
  if (options.panel !== null) yield await panelPortFinding(options.panel, options.running);
  yield serialPortsFinding(await readSerialPorts());
  if (options.installation !== undefined) yield* installationSteps(options.installation);
}

async function* installationSteps(installation: Installation): AsyncGenerator<Finding> {
  const { service, use, serial, targets, mayGoFirst } = installation;
  yield* await serialFindings(serial);
  yield* await serviceFindings(service, use);
  yield priorityFinding(service, mayGoFirst);
  yield* await journalFindings();
  yield* await targetFindings(targets);
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
