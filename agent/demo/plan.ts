/** What a demo consists of: simulated plants, and the ppuri.yaml that an agent reads them with. */
import { stringify } from 'yaml';
import type { z } from 'zod';
import type { Config, configSchema } from '../../config/schema.ts';
import type { RemotePlant } from '../simulator/protocol.ts';
import type { ScenarioName } from '../simulator/scenario.ts';

export interface DemoMachine {
  readonly id: string;
  readonly name: string;
  readonly profile: string;
  readonly model: string | null;
  /** Unit of an energy meter beside it. */
  readonly meterUnit?: number;
  readonly replay?: { readonly path: string; readonly columns?: Readonly<Record<string, string>> };
}

export interface DemoOptions {
  readonly machines: readonly DemoMachine[];
  readonly speed: number | 'max';
  readonly seed: number;
  readonly scenario?: ScenarioName;
  readonly deadlineMs: number;
  readonly hardLimitMs: number;
  readonly pollMs?: number;
  readonly limits: 'profile' | 'none';
  readonly locale: Config['gateway']['locale'];
  /** Port of the panel on loopback; null: none, as for a log that is replayed. */
  readonly panelPort: number | null;
}

export const DEMO_FILE = 'ppuri.yaml';
/** How a demo knows its own configuration. */
export const DEMO_HEADER = '# Made by ppuri demo';

/** Coil that diverts a part on the simulated PLCs. */
const REJECT_COIL = 0;
const MACHINE_UNIT = 1;

const demoEnergy = {
  signal: 'meter.importEnergy',
  powerSignal: 'meter.activePower',
  holdBelowKw: 9,
  kgPerShot: 2.4,
};

/** A shift in the shop: one die-casting machine with a power meter, one injection machine. */
export const demoMachines: readonly DemoMachine[] = [
  {
    id: 'dc-03',
    name: '3호기',
    profile: 'die-casting-cold-chamber',
    model: 'diecast-defect',
    meterUnit: 7,
  },
  { id: 'im-05', name: '5호기', profile: 'injection-molding', model: 'injection-defect' },
];

/** One plant, so one port and one bus, per machine. */
export function plantsOf(options: DemoOptions): RemotePlant[] {
  const { speed, seed, scenario } = options;
  return options.machines.map(({ id, profile, meterUnit, replay }, i) => ({
    machines: [
      {
        id,
        profile,
        unit: MACHINE_UNIT,
        seed: seed + i,
        speed,
        ...(scenario === undefined ? {} : { scenario }),
        ...(meterUnit === undefined ? {} : { meterUnit }),
        ...(replay === undefined ? {} : { replay }),
      },
    ],
  }));
}

/** The configuration as a user would write it, for plants on `ports`. */
export function demoConfig(
  options: DemoOptions,
  ports: readonly number[],
  storePath: string,
  receiverPort: number | null,
): string {
  const config: z.input<typeof configSchema> = {
    // Simulated machines stand beside whoever looks: their clock is this computer's.
    gateway: { id: 'demo', site: 'demo', locale: options.locale, clock: 'trusted' },
    buses: Object.fromEntries(
      options.machines.map(({ id }, i) => [
        id,
        { type: 'modbus-tcp', host: '127.0.0.1', port: ports[i] ?? 0 },
      ]),
    ),
    machines: options.machines.map((machine) => ({
      id: machine.id,
      name: machine.name,
      profile: machine.profile,
      devices: {
        plc: { bus: machine.id, unit: MACHINE_UNIT },
        ...(machine.meterUnit === undefined
          ? {}
          : { meter: { bus: machine.id, unit: machine.meterUnit, profile: 'eastron-sdm630' } }),
      },
      ...(machine.meterUnit === undefined ? {} : { energy: demoEnergy }),
      ...(machine.model === null ? {} : { model: machine.model }),
      ...(options.pollMs === undefined ? {} : { pollMs: options.pollMs }),
      deadlineMs: options.deadlineMs,
      hardLimitMs: options.hardLimitMs,
      limits: options.limits,
      reject: { device: 'plc', coil: REJECT_COIL, pulseMs: 200 },
    })),
    ...(options.panelPort === null ? {} : { panel: { listen: `127.0.0.1:${options.panelPort}` } }),
    store: { path: storePath },
    ...(receiverPort === null
      ? {}
      : { sync: [{ type: 'https', name: 'receiver', url: `http://127.0.0.1:${receiverPort}/` }] }),
  };
  return `${DEMO_HEADER}: simulated machines on loopback.\n${stringify(config)}`;
}
