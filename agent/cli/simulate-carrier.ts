/** What a simulated device is read over, from the options of `ppuri simulate`. */
import { InvalidArgumentError } from 'commander';
import { listed } from '../../config/nearest.ts';
import { type FaultSettings, lateAfter } from '../simulator/fault-frames.ts';
import { type CarrierKind, parseFaults } from '../simulator/faults.ts';
import type { PlantCarrier } from '../simulator/plant-service.ts';
import type { Faults } from '../simulator/replier.ts';
import type { ConnectionLimit } from '../simulator/socket-listener.ts';
import { characterMs } from '../simulator/wire-timing.ts';
import { duration } from './arguments.ts';
import { usage } from './simulate-usage.ts';

/** As commander gives them. */
export interface CarrierFlags {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** true without a path. */
  readonly pty?: string | true;
  readonly rtuTcp?: boolean;
  readonly tcp?: boolean;
  readonly baud?: number | 'max';
  readonly parity?: string;
  readonly stopBits?: number;
  readonly strictBaud?: boolean;
  readonly echo?: boolean;
  /** ms */
  readonly turnaround?: number;
  readonly dead?: readonly number[];
  readonly fault?: string;
  /** ms, from and to. */
  readonly late?: readonly [number, number];
  readonly connections?: number;
  readonly whenFull?: string;
  readonly seed: number;
}

/** A line and its settings; `byteMs` null: no time of its own. */
export interface LineFlags {
  readonly kind: CarrierKind;
  readonly path?: string;
  readonly byteMs: number | null;
  readonly connections?: ConnectionLimit;
  readonly faults?: Faults;
}

const defaultBaud = 9600;
export const defaultHost = '127.0.0.1';

/** `750ms..20s`, or a reader's time-out, `500ms`: 1.5 to 300 times that. */
export function lateRange(text: string): readonly [number, number] {
  const [from = '', to, more] = text.split('..');
  if (more !== undefined) throw new InvalidArgumentError('give FROM..TO, or a time-out');
  if (to === undefined) return lateAfter(duration(from));
  const range = [duration(from), duration(to)] as const;
  if (range[0] > range[1]) throw new InvalidArgumentError('give the shorter time first');
  return range;
}

/** 9600 and the like; `max`: no time on the wire. */
export function baud(text: string): number | 'max' {
  if (text === 'max') return 'max';
  const value = Number(text);
  if (Number.isInteger(value) && value >= 300 && value <= 4_000_000) return value;
  throw new InvalidArgumentError('give a baud rate such as 19200, or max');
}

/** `7,9`, again for more. */
export function unitList(text: string, before: readonly number[] = []): readonly number[] {
  const units = text.split(',').map(Number);
  if (units.every((unit) => Number.isInteger(unit) && unit >= 0 && unit <= 255) && text !== '')
    return [...before, ...units];
  throw new InvalidArgumentError('give units such as 7 or 7,9');
}

export const joinFaults = (text: string, before?: string): string =>
  before === undefined ? text : `${before},${text}`;

/** For a device with registers. Throws `usage`. */
export function plantCarrierOf(flags: CarrierFlags): PlantCarrier {
  if (flags.tcp === true)
    throw usage('--tcp is for instruments that speak text', '--tcp', 'leave it out, or --rtu-tcp');
  const kind = kindOf(flags, 'modbus-tcp');
  if (kind === 'modbus-tcp') refuseOnTcp(flags);
  const { turnaround, dead, echo } = flags;
  const only = onlyBaudRate(flags);
  return {
    ...lineOf(flags, kind),
    kind,
    ...(turnaround === undefined ? {} : { turnaroundMs: turnaround }),
    ...(dead === undefined ? {} : { dead: new Set(dead) }),
    ...(echo === true ? { echo: 'each' as const } : {}),
    ...(only === null ? {} : { onlyBaudRate: only }),
  };
}

const registersOnly = {
  echo: '--echo',
  turnaround: '--turnaround',
  dead: '--dead',
  strictBaud: '--strict-baud',
} as const;

/** For an instrument that speaks text. Throws `usage`. */
export function textCarrierOf(flags: CarrierFlags): LineFlags {
  if (flags.rtuTcp === true)
    throw usage('an instrument that speaks text knows no RTU', '--rtu-tcp', 'use --tcp or --pty');
  for (const [name, option] of Object.entries(registersOnly))
    if (flags[name as keyof typeof registersOnly] !== undefined)
      throw usage(`${option} is for registers`, option, 'leave it out');
  if (flags.tcp === true && flags.pty !== undefined) throw both('--pty and --tcp');
  return lineOf(flags, flags.pty === undefined ? 'text-tcp' : 'text-pty');
}

function kindOf(flags: CarrierFlags, otherwise: 'modbus-tcp'): PlantCarrier['kind'] {
  if (flags.pty !== undefined && flags.rtuTcp === true) throw both('--pty and --rtu-tcp');
  if (flags.pty !== undefined) return 'rtu-pty';
  return flags.rtuTcp === true ? 'rtu-tcp' : otherwise;
}

function both(names: string) {
  return usage(`${names} do not go together`, names, 'choose one');
}

function refuseOnTcp(flags: CarrierFlags): void {
  const names = { baud: '--baud', parity: '--parity', stopBits: '--stop-bits', echo: '--echo' };
  for (const [name, option] of Object.entries(names))
    if (flags[name as keyof typeof names] !== undefined)
      throw usage('Modbus TCP has no serial line', option, 'add --pty or --rtu-tcp');
}

function refuseOnPty({ host, port }: CarrierFlags): void {
  const hint = 'leave it out, or --rtu-tcp instead of --pty (text: --tcp)';
  if (port !== 0) throw usage('a pty is a file and has no port', '--port', hint);
  if (host !== defaultHost) throw usage('a pty is a file and has no address', '--host', hint);
}

function lineOf(flags: CarrierFlags, kind: CarrierKind): LineFlags {
  const onPty = kind === 'rtu-pty' || kind === 'text-pty';
  if (onPty) refuseOnPty(flags);
  const faults = faultsOf(flags, kind);
  const connections = limitOf(flags, onPty);
  return {
    kind,
    byteMs: byteMsOf(flags, onPty),
    ...(typeof flags.pty === 'string' ? { path: flags.pty } : {}),
    ...(connections === null ? {} : { connections }),
    ...(faults === null ? {} : { faults }),
  };
}

/** A pty has the default of the configuration; behind a converter the line is timed when asked. */
function byteMsOf({ baud, parity, stopBits }: CarrierFlags, onPty: boolean): number | null {
  const bits = parity ?? 'none';
  if (bits !== 'none' && bits !== 'even' && bits !== 'odd')
    throw usage(`there is no parity "${bits}"`, '--parity', 'none, even or odd');
  const stop = stopBits ?? 1;
  if (stop !== 1 && stop !== 2) throw usage(`${stop} stop bits`, '--stop-bits', '1 or 2');
  const rate = baud ?? (onPty ? defaultBaud : 'max');
  if (rate !== 'max') return characterMs(rate, bits, stop);
  const idle = parity !== undefined || stopBits !== undefined;
  if (idle) throw usage('only a line with a baud rate has such bits', '--baud', 'add --baud 19200');
  return null;
}

/** A unit that is not there is as silent as a dead one, and would be no test. Throws `usage`. */
export function refuseStrangers(dead: readonly number[], served: readonly number[]): void {
  const stranger = dead.find((unit) => !served.includes(unit));
  if (stranger === undefined) return;
  const hint = `served are ${listed(served.map(String))}; --machines and --unit say which`;
  throw usage(`--dead ${stranger}: no device is unit ${stranger}`, '--dead', hint);
}

function onlyBaudRate({ strictBaud, pty, baud }: CarrierFlags): number | null {
  if (strictBaud !== true) return null;
  if (pty === undefined || baud === 'max')
    throw usage('only a pty with a baud rate can be strict', '--strict-baud', 'add --pty');
  return baud ?? defaultBaud;
}

function limitOf({ connections, whenFull }: CarrierFlags, onPty: boolean): ConnectionLimit | null {
  const when = whenFull ?? 'refuse';
  if (when !== 'refuse' && when !== 'drop-oldest')
    throw usage(`"${when}" is not known`, '--when-full', 'refuse or drop-oldest');
  if (connections === undefined) {
    if (whenFull === undefined) return null;
    throw usage('--when-full needs a limit', '--when-full', 'add --connections 1');
  }
  if (onPty) throw usage('a pty has no connections', '--connections', 'leave it out');
  return { limit: connections, whenFull: when };
}

function faultsOf({ fault, late, seed }: CarrierFlags, kind: CarrierKind): Faults | null {
  if (fault === undefined) {
    if (late === undefined) return null;
    throw usage('--late says how late, not how often', '--late', 'add --fault late=0.01');
  }
  const settings: Partial<FaultSettings> = late === undefined ? {} : { lateMs: late };
  return { rates: parseFaults(fault, kind), seed, settings };
}
