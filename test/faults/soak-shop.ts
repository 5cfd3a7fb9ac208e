/**
 * The shop of a soak: eight sound machines, one whose replies lie and come late, and one that can
 * die and hang, each group in a process of its own; and what was made there, by this process's clock.
 */
import { stringify } from 'yaml';
import { forkRole } from '../../agent/role.ts';
import { type Simulator, startSimulator } from '../../agent/simulator/client.ts';
import { faultsOf } from '../../agent/simulator/faults.ts';
import type { MadeShot, PlantWrite } from '../../agent/simulator/plant.ts';
import type { RemoteMachine, RemotePlant } from '../../agent/simulator/protocol.ts';

export const groups = ['sound', 'lying', 'dying'] as const;
export type Group = (typeof groups)[number];

export interface ShopOptions {
  readonly seed: number;
  /** Between two shots of a machine; all else of its day is compressed alike. */
  readonly cycleSeconds: number;
}

interface Place {
  readonly id: string;
  readonly group: Group;
  readonly profile: string;
  readonly model: string;
}

const kinds = [
  { profile: 'die-casting-cold-chamber', model: 'diecast-defect', letters: 'dc' },
  { profile: 'injection-molding', model: 'injection-defect', letters: 'im' },
] as const;
const soundMachines = 8;
/** Of each reply of the lying machine, shared out over all there are. */
const lyingShare = 0.005;
const pulseMs = 100;
const rejectCoil = 0;

const places: readonly Place[] = Array.from({ length: soundMachines + 2 }, (_, i) => {
  const group = groups[Math.max(0, i - soundMachines + 1)] ?? 'sound';
  const { letters, ...kind } = kinds[i % 3 === 2 ? 1 : 0];
  return { id: `${letters}-${String(i + 1).padStart(2, '0')}`, group, ...kind };
});

export const groupOf = (machine: string): Group =>
  places.find(({ id }) => id === machine)?.group ?? 'sound';

export interface ShopHandlers {
  readonly shot: (shot: MadeShot, group: Group) => void;
  /** A reject signal: ms from the snapshot's last byte, by the machine's own clock. */
  readonly reject: (machine: string, afterMs: number) => void;
}

export class SoakShop {
  readonly #options: ShopOptions;
  readonly #handlers: ShopHandlers;
  readonly #simulators = new Map<Group, Simulator>();
  #lives = 0;

  constructor(options: ShopOptions, handlers: ShopHandlers) {
    this.#options = options;
    this.#handlers = handlers;
  }

  async start(): Promise<void> {
    for (const group of groups) this.#simulators.set(group, await this.#begin(group, []));
  }

  /** Machine → port. */
  ports(): ReadonlyMap<string, number> {
    return new Map(
      groups.flatMap((group) => {
        const { ports = [] } = this.#simulators.get(group) ?? {};
        return places
          .filter((place) => place.group === group)
          .map(({ id }, i) => [id, ports[i] ?? 0] as const);
      }),
    );
  }

  /** Connections stay, nothing is answered, until `wake`. */
  hang(): void {
    this.#signal('SIGSTOP');
  }

  wake(): void {
    this.#signal('SIGCONT');
  }

  /** Nothing listens any more; what it made until then is known first. */
  async die(): Promise<void> {
    await this.#simulators.get('dying')?.stopShots();
    await this.#simulators.get('dying')?.stop();
  }

  /** On the port it had, its counter somewhere else. */
  async revive(): Promise<void> {
    const { ports = [] } = this.#simulators.get('dying') ?? {};
    this.#lives += 1;
    this.#simulators.set('dying', await this.#begin('dying', ports));
  }

  async stopShots(): Promise<void> {
    await Promise.all([...this.#simulators.values()].map((one) => one.stopShots()));
  }

  async stop(): Promise<void> {
    this.wake();
    await Promise.all([...this.#simulators.values()].map((one) => one.stop()));
  }

  #signal(signal: NodeJS.Signals): void {
    const pid = this.#simulators.get('dying')?.pid;
    if (pid !== undefined && pid !== null) process.kill(pid, signal);
  }

  #begin(group: Group, ports: readonly number[]): Promise<Simulator> {
    const mine = places.filter((place) => place.group === group);
    return startSimulator({
      fork: forkRole,
      plants: mine.map((place, i) => this.#plant(place, ports[i])),
      handlers: {
        shot: (shot) => this.#handlers.shot(shot, group),
        write: (write) => this.#wrote(write),
      },
    });
  }

  #plant({ id, group, profile }: Place, port: number | undefined): RemotePlant {
    const { seed, cycleSeconds } = this.#options;
    const own = seed + places.findIndex((place) => place.id === id) + 1000 * this.#lives;
    const machine: RemoteMachine = { id, profile, unit: 1, seed: own, speed: 1, cycleSeconds };
    const all = faultsOf('modbus-tcp');
    const rates = Object.fromEntries(all.map((name) => [name, lyingShare / all.length]));
    return {
      machines: [machine],
      ...(port === undefined ? {} : { port }),
      ...(group === 'lying'
        ? { carrier: { kind: 'modbus-tcp', faults: { rates, seed: own } } }
        : {}),
    };
  }

  #wrote({ machine, table, address, values, monoMs, answered }: PlantWrite): void {
    const { counterMs } = answered;
    if (table !== 'coil' || address !== rejectCoil || values[0] !== 1 || counterMs === null) return;
    this.#handlers.reject(machine, monoMs - counterMs);
  }
}

export interface Surroundings {
  readonly ports: ReadonlyMap<string, number>;
  readonly store: string;
  readonly maxMiB: number;
  readonly brokerUrl: string;
  readonly panelPort: number;
}

/** As a user would write it for these machines. */
export function soakConfig({ ports, store, maxMiB, brokerUrl, panelPort }: Surroundings): string {
  return stringify({
    gateway: { id: 'soak', site: 'soak', clock: 'trusted' },
    buses: Object.fromEntries(
      places.map(({ id }) => [id, { type: 'modbus-tcp', host: '127.0.0.1', port: ports.get(id) }]),
    ),
    machines: places.map(({ id, profile, model }) => ({
      ...{ id, profile, model },
      devices: { plc: { bus: id, unit: 1 } },
      reject: { device: 'plc', coil: rejectCoil, pulseMs },
    })),
    panel: { listen: `127.0.0.1:${panelPort}` },
    store: { path: store, maxMiB },
    sync: [{ type: 'mqtt', url: brokerUrl }],
  });
}
