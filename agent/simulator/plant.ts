/** A plant of simulated machines on one port or line, one unit each, meters on units of their own. */
import { EventEmitter } from 'node:events';
import { PpuriError } from '../../config/errors.ts';
import type { Profile } from '../../config/profile.ts';
import type { Garbage } from './garbage.ts';
import { InstrumentUnit } from './instrument-unit.ts';
import { type Answered, type MachineTiming, SimulatedMachine } from './machine.ts';
import { loadMeterLog, type MeterLogOptions } from './meter-log.ts';
import { type MeterSource, MeterUnit } from './meter-unit.ts';
import type { ServedUnit, Traffic } from './modbus-server.ts';
import { ModelledSource } from './modelled.ts';
import { OutputUnit } from './output-unit.ts';
import { openService, type PlantCarrier, type PlantService } from './plant-service.ts';
import { anyLoad, loads, type MachineTime, type MeterFaults, PowerMeter } from './power-meter.ts';
import { Random } from './random.ts';
import { loadReplay, type ReplayReport } from './replay.ts';
import type { ServedReply } from './replier.ts';
import { type Scenario, type ScenarioName, scenarioOf } from './scenario.ts';
import type { ShotSource, SourceShot, Truth } from './source.ts';

export interface PlantReplay {
  readonly path: string;
  /** Signal → column, over the profile's map. */
  readonly columns?: Readonly<Record<string, string>>;
  readonly timeColumns?: readonly string[];
  /** First rows only. */
  readonly rows?: number;
}

export interface PlantMachine {
  readonly id: string;
  readonly profile: Profile;
  readonly unit: number;
  readonly seed: number;
  /** Simulated seconds per real second; `max`: the next shot as soon as the last has been read. */
  readonly speed: number | 'max';
  /** Seconds per shot at speed 1, all else compressed alike; absent: the machine's own. */
  readonly cycleSeconds?: number;
  readonly scenario?: ScenarioName | Partial<Scenario>;
  /** Unit of an energy meter on this machine's feed; needs `meterProfile`. */
  readonly meterUnit?: number;
  readonly meterFaults?: MeterFaults;
  /** The meter counts what this log says, in the machine's simulated time. */
  readonly meterLog?: MeterLogOptions;
  readonly replay?: PlantReplay;
  /** Absent: `until-read` for replays and at speed `max`, else `no`. */
  readonly hold?: MachineTiming['hold'];
  /** Absent: `when-read`. */
  readonly begin?: MachineTiming['begin'];
}

/** An energy meter with no simulated machine behind it: the load of one in steady production. */
export interface PlantMeter {
  readonly unit: number;
  readonly seed: number;
  readonly speed: number;
  /** Absent: `meterProfile`. */
  readonly profile?: Profile;
  /** This signal counts what the log says. */
  readonly log?: MeterLogOptions & { readonly signal: string };
}

export interface PlantOptions {
  /** Absent: 127.0.0.1. */
  readonly host?: string;
  /** Absent or 0: any free one. */
  readonly port?: number;
  /** Absent: Modbus TCP without faults. */
  readonly carrier?: PlantCarrier;
  readonly machines: readonly PlantMachine[];
  readonly meters?: readonly PlantMeter[];
  /** Units of output modules, whose coils anybody may set. */
  readonly outputUnits?: readonly number[];
  /** The eastron-sdm630 profile, where there are meters. */
  readonly meterProfile?: Profile;
}

/** A shot the plant made. `monoMs` is performance.now() of the plant's own process. */
export interface MadeShot {
  readonly machine: string;
  /** Value of the shot counter. */
  readonly shot: number;
  /** 1, 2, 3 … of this machine. */
  readonly index: number;
  readonly mold: string | null;
  /** Shot signals as a reader gets them, null where the register holds a sentinel. */
  readonly values: Readonly<Record<string, number | null>>;
  readonly truth: Truth;
  readonly suppressed: string | null;
  readonly garbage: readonly Garbage[];
  /** Episode at work (`ladle-underfill` …), or null. */
  readonly trouble: string | null;
  /** Row of the replayed log, 0-based. */
  readonly row: number | null;
  /** What its cycle took by the simulated meter; absent: there is none. */
  readonly kWh?: number;
  readonly monoMs: number;
  readonly simulatedMs: number;
}

/** A register or coil somebody wrote, e.g. the reject signal. */
export interface PlantWrite {
  readonly machine: string;
  readonly unit: number;
  readonly table: 'coil' | 'holding';
  readonly address: number;
  readonly values: readonly number[];
  readonly monoMs: number;
  /** What the machine had shown before, e.g. the snapshot behind a reject signal. */
  readonly answered: Answered;
}

export interface PlantEvents {
  shot: [shot: MadeShot];
  write: [write: PlantWrite];
  /** A reply that went out otherwise than it should. */
  tampered: [reply: ServedReply];
  /** A machine's log is at its end, and its last row has been read. */
  ended: [machine: string];
}

/** Settles when the port is open. Throws PpuriError for a bad log, a clash of units, a port in use. */
export async function startPlant(options: PlantOptions): Promise<Plant> {
  const plant = new Plant();
  for (const machine of options.machines) await plant.add(machine, options.meterProfile);
  for (const meter of options.meters ?? [])
    await plant.addMeter(meter, meter.profile ?? options.meterProfile);
  for (const unit of options.outputUnits ?? []) plant.addOutputs(unit);
  await plant.open(options.host ?? '127.0.0.1', options.port ?? 0, options.carrier);
  return plant;
}

export class Plant extends EventEmitter<PlantEvents> {
  readonly #units = new Map<number, ServedUnit>();
  readonly #machines: SimulatedMachine[] = [];
  readonly #reports = new Map<string, ReplayReport>();
  #server: PlantService | null = null;

  /** `tcp://…`, `rtu+tcp://…`, or a device file. */
  get address(): string {
    return this.#server?.address ?? '';
  }

  /** Empty on a pty. */
  get host(): string {
    return this.#server?.host ?? '';
  }

  /** 0 on a pty. */
  get port(): number {
    return this.#server?.port ?? 0;
  }

  traffic(): Traffic {
    return this.#server?.traffic() ?? { requests: 0, bytesIn: 0, bytesOut: 0 };
  }

  counts(): ReturnType<PlantService['counts']> {
    return this.#server?.counts() ?? { requests: 0, replies: 0, faults: {}, line: null };
  }

  /** What became of each replayed log's columns, by machine. */
  get replays(): ReadonlyMap<string, ReplayReport> {
    return this.#reports;
  }

  async add(given: PlantMachine, meterProfile: Profile | undefined): Promise<void> {
    const scenario = scenarioOf(given.scenario);
    const source = await this.#sourceOf(given, scenario);
    const counter = {
      start: scenario.counterStart ?? new Random(given.seed, 'counter').whole(20, 400),
      resetShots: scenario.counterResetShots,
    };
    const timing = timingOf(given, source);
    const meter = meterOf(given, source);
    const machine = new SimulatedMachine(given.profile, source, timing, counter, {
      shot: (shot, count, index, monoMs) => {
        const { simulatedS: nowS, afterS } = shot;
        const kWh = meter?.shot({ nowS, sinceShotS: afterS, afterS });
        const made = madeShot(given.id, shot, count, index, monoMs);
        this.emit('shot', kWh === undefined ? made : { ...made, kWh });
      },
      write: (table, address, values, monoMs, answered) =>
        this.emit('write', {
          machine: given.id,
          unit: given.unit,
          table,
          address,
          values,
          monoMs,
          answered,
        }),
      ended: () => this.emit('ended', given.id),
    });
    this.#machines.push(machine);
    this.#place(given.unit, machine);
    const { meterLog } = given;
    const behind = meterLog === undefined ? meter : await loggedMeter(meterLog);
    if (given.meterUnit === undefined || behind === null) return;
    this.#placeMeter(given.meterUnit, meterProfile, behind, (monoMs) => machine.time(monoMs));
  }

  /** Any device without a cycle; the power signals of a meter follow a load. */
  async addMeter(given: PlantMeter, profile: Profile | undefined): Promise<void> {
    const { unit, seed, speed, log } = given;
    if (profile === undefined) throw badPlant('a meter needs the meter profile', `unit ${unit}`);
    const cycleS = 30;
    const meter = new PowerMeter(anyLoad, cycleS, seed);
    const logged = log === undefined ? null : await loadMeterLog(log);
    const load = (nowS: number): Record<string, number> => ({
      ...meter.read({ nowS, sinceShotS: nowS % cycleS, afterS: cycleS }),
      ...(log === undefined || logged === null ? {} : { [log.signal]: logged.kWhAt(nowS) }),
    });
    this.#place(unit, new InstrumentUnit(profile, { seed, speed }, load));
  }

  addOutputs(unit: number): void {
    this.#place(unit, new OutputUnit());
  }

  async open(
    host: string,
    port: number,
    carrier: PlantCarrier = { kind: 'modbus-tcp' },
  ): Promise<void> {
    this.#server = await openService({
      ...carrier,
      host,
      port,
      unit: (id) => this.#units.get(id) ?? null,
      ...(carrier.faults === undefined ? {} : { onReply: (reply) => this.#tell(reply) }),
    });
    for (const machine of this.#machines) machine.start();
  }

  /** Makes no more shots; what is in the registers stays readable. */
  stopShots(): void {
    for (const machine of this.#machines) machine.stopShots();
  }

  async stop(): Promise<void> {
    this.stopShots();
    await this.#server?.close();
  }

  #tell(reply: ServedReply): void {
    if (reply.fault !== null) this.emit('tampered', reply);
  }

  async #sourceOf(given: PlantMachine, scenario: Scenario): Promise<ShotSource> {
    const { profile, replay } = given;
    if (replay === undefined) return new ModelledSource(profile, given.seed, scenario);
    const { source, report } = await loadReplay({ profile, ...replay });
    this.#reports.set(given.id, report);
    return source;
  }

  #placeMeter(
    unit: number,
    profile: Profile | undefined,
    meter: MeterSource,
    time: (monoMs: number) => MachineTime,
  ): void {
    if (profile === undefined) throw badPlant('a meter needs the meter profile', `unit ${unit}`);
    this.#place(unit, new MeterUnit(profile, meter, time));
  }

  #place(unit: number, served: ServedUnit): void {
    if (this.#units.has(unit)) throw badPlant('two devices on one unit', `unit ${unit}`);
    this.#units.set(unit, served);
  }
}

/** Null: it has none, or one that follows a log. */
function meterOf(given: PlantMachine, { cycleS }: ShotSource): PowerMeter | null {
  const { profile, seed, meterUnit, meterFaults, meterLog } = given;
  if (meterUnit === undefined || meterLog !== undefined) return null;
  return new PowerMeter(loads[profile.id] ?? anyLoad, cycleS, seed, meterFaults);
}

/** Its counting registers follow the log; the others stand at 0. */
async function loggedMeter(options: MeterLogOptions): Promise<MeterSource> {
  const log = await loadMeterLog(options);
  return {
    answers: true,
    read: ({ nowS }) => ({ importEnergy: log.kWhAt(nowS), totalEnergy: log.kWhAt(nowS) }),
  };
}

function timingOf(given: PlantMachine, source: ShotSource): MachineTiming {
  const { speed, cycleSeconds } = given;
  const fits = (value: number): boolean => Number.isFinite(value) && value > 0;
  if ((speed !== 'max' && !fits(speed)) || (cycleSeconds !== undefined && !fits(cycleSeconds)))
    throw badPlant('speed and cycle time must be above 0', given.id);
  const compressed = cycleSeconds === undefined ? 1 : source.cycleS / cycleSeconds;
  const held = given.replay !== undefined || speed === 'max';
  return {
    pace: speed === 'max' ? 'max' : speed * compressed,
    hold: given.hold ?? (held ? 'until-read' : 'no'),
    begin: given.begin ?? 'when-read',
  };
}

function madeShot(
  machine: string,
  shot: SourceShot,
  counter: number,
  index: number,
  monoMs: number,
): MadeShot {
  const { mold, values, truth, suppressed, garbage, trouble, row } = shot;
  const simulatedMs = Math.round(shot.simulatedS * 1000);
  const made = { mold, values, truth, suppressed, garbage, trouble, row };
  return { machine, shot: counter, index, ...made, monoMs, simulatedMs };
}

function badPlant(message: string, subject: string): PpuriError {
  return new PpuriError('usage', message, {
    operation: 'start a simulated plant',
    subject,
    hint: 'each device of a plant needs a unit of its own',
  });
}
