/** What parent and simulator child say to each other. Plain data only. */
import type { MeterLogOptions } from './meter-log.ts';
import type { Traffic } from './modbus-server.ts';
import type { MadeShot, PlantReplay, PlantWrite } from './plant.ts';
import type { PlantCarrier } from './plant-service.ts';
import type { MeterFaults } from './power-meter.ts';
import type { ReplayReport } from './replay.ts';
import type { Scenario, ScenarioName } from './scenario.ts';

/** As PlantMachine, with the profile by id or path. */
export interface RemoteMachine {
  readonly id: string;
  readonly profile: string;
  readonly unit: number;
  readonly seed: number;
  readonly speed: number | 'max';
  readonly cycleSeconds?: number;
  readonly scenario?: ScenarioName | Partial<Scenario>;
  readonly meterUnit?: number;
  readonly meterFaults?: MeterFaults;
  readonly meterLog?: MeterLogOptions;
  readonly replay?: PlantReplay;
  readonly hold?: 'until-read' | 'no';
  readonly begin?: 'at-once' | 'when-read';
}

/** As PlantMeter, with the profile by id or path. */
export interface RemoteMeter {
  readonly unit: number;
  readonly seed: number;
  readonly speed: number;
  readonly profile: string;
}

export interface RemotePlant {
  readonly host?: string;
  readonly port?: number;
  /** Absent: Modbus TCP. */
  readonly carrier?: Pick<PlantCarrier, 'kind' | 'path' | 'byteMs' | 'echo' | 'faults'>;
  readonly machines: readonly RemoteMachine[];
  readonly meters?: readonly RemoteMeter[];
  readonly outputUnits?: readonly number[];
}

/** Instruments that speak text: on a pseudo terminal at `path`, or on a TCP port without one. */
export interface RemoteLine {
  readonly path?: string;
  readonly byteMs: number | null;
  readonly profile: string;
  readonly units: readonly number[];
  readonly seed: number;
}

export type ToSimulator =
  | {
      readonly type: 'start';
      readonly plants: readonly RemotePlant[];
      readonly lines?: readonly RemoteLine[];
    }
  | { readonly type: 'stop-shots' }
  | { readonly type: 'traffic' }
  | { readonly type: 'stop' };

export type FromSimulator =
  | {
      readonly type: 'started';
      /** One per plant, in order. */
      readonly ports: readonly number[];
      /** One per line, in order; 0 on a pty. */
      readonly linePorts: readonly number[];
      /** By machine, where a log is replayed. */
      readonly replays: Readonly<Record<string, ReplayReport>>;
    }
  | { readonly type: 'failed'; readonly error: SimulatorFailure }
  | { readonly type: 'shot'; readonly plant: number; readonly shot: MadeShot }
  | { readonly type: 'write'; readonly plant: number; readonly write: PlantWrite }
  | { readonly type: 'ended'; readonly plant: number; readonly machine: string }
  /** One per plant, in order. */
  | { readonly type: 'traffic'; readonly plants: readonly Traffic[] }
  /** No `shot` message comes after this one. */
  | { readonly type: 'shots-stopped' };

/** A PpuriError taken apart. */
export interface SimulatorFailure {
  readonly code: string;
  readonly message: string;
  readonly operation: string;
  readonly subject: string;
  readonly hint: string;
}

export function isToSimulator(message: unknown): message is ToSimulator {
  if (typeof message !== 'object' || message === null || !('type' in message)) return false;
  const { type } = message;
  return type === 'start' || type === 'stop-shots' || type === 'traffic' || type === 'stop';
}

const fromTypes = new Set<string>([
  'started',
  'failed',
  'shot',
  'write',
  'ended',
  'traffic',
  'shots-stopped',
]);

export function isFromSimulator(message: unknown): message is FromSimulator {
  if (typeof message !== 'object' || message === null || !('type' in message)) return false;
  return typeof message.type === 'string' && fromTypes.has(message.type);
}
