/** The computer that is measured, and what else it does meanwhile. No names of it or of its owner. */
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { readMachine } from '../health/doctor-host.ts';
import { mayGoFirst } from '../priority.ts';
import { cpuMsOf, ticksMs } from './proc.ts';

export interface HostFacts {
  readonly cpu: string;
  /** `Raspberry Pi 5 Model B Rev 1.0`; null where the firmware gives none. */
  readonly board: string | null;
  readonly arch: string;
  readonly cores: number;
  readonly governor: string | null;
  readonly memoryMiB: number;
  readonly availableMiB: number;
  readonly kernel: string;
  readonly node: string;
  /** Whether the agent's processes may go before others. */
  readonly mayGoFirst: boolean;
}

/** Bits that a Raspberry Pi's firmware sets while it slows the processor down. */
const slowedNow = 0x7;

export async function hostFacts(): Promise<HostFacts> {
  const { availableMiB, governor } = await readMachine();
  return {
    cpu: cpus()[0]?.model.trim() || 'unknown',
    board: text('/proc/device-tree/model')?.replaceAll('\0', '').trim() ?? null,
    arch: process.arch,
    cores: availableParallelism(),
    governor,
    memoryMiB: Math.round(totalmem() / 1024 ** 2),
    availableMiB,
    kernel: release(),
    node: process.version,
    mayGoFirst: mayGoFirst(),
  };
}

/** At one moment; times since the start of the computer or process. */
export interface HostSample {
  readonly monoMs: number;
  readonly busyMs: number | null;
  readonly stealMs: number | null;
  readonly ownMs: number;
  readonly celsius: number | null;
  readonly slowed: boolean | null;
  readonly loadAverage: number;
}

/** `own`: processes of the benchmark. */
export function sampleHost(own: readonly number[]): HostSample {
  const fields = /^cpu +(.*)$/m
    .exec(text('/proc/stat') ?? '')?.[1]
    ?.split(' ')
    .map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields ?? [];
  return {
    monoMs: performance.now(),
    busyMs: fields === undefined ? null : (user + nice + system + irq + softirq) * ticksMs,
    stealMs: fields === undefined ? null : steal * ticksMs,
    ownMs: own.reduce((sum, pid) => sum + (cpuMsOf(pid) ?? 0), 0),
    celsius: warmest(),
    slowed: slowedDown(),
    loadAverage: loadavg()[0] ?? 0,
  };
}

export interface Surroundings {
  /** CPU of other programs, and what a hypervisor gave to others; cores, so 1 is one core full. */
  readonly othersCores: number | null;
  readonly stealCores: number | null;
  readonly celsius: number | null;
  /** The firmware slowed the processor down (heat, too little voltage); null: not known. */
  readonly slowed: boolean | null;
  readonly loadAverage: { readonly before: number; readonly after: number };
}

export function surroundings(before: HostSample, after: HostSample): Surroundings {
  const ms = after.monoMs - before.monoMs;
  const cores = (value: number): number => Math.max(0, value / ms);
  const since = (a: number | null, b: number | null): number | null =>
    a === null || b === null ? null : a - b;
  const busy = since(after.busyMs, before.busyMs);
  const steal = since(after.stealMs, before.stealMs);
  const seen = [before.slowed, after.slowed].filter((value) => value !== null);
  return {
    othersCores: busy === null ? null : cores(busy - (after.ownMs - before.ownMs)),
    stealCores: steal === null ? null : cores(steal),
    celsius: after.celsius,
    slowed: seen.length === 0 ? null : seen.includes(true),
    loadAverage: { before: before.loadAverage, after: after.loadAverage },
  };
}

/** Of its thermal zones, °C; null where it shows none. */
function warmest(): number | null {
  const root = '/sys/class/thermal';
  const zones = names(root).filter((name) => name.startsWith('thermal_zone'));
  const degrees = zones.flatMap((zone) => {
    const milli = Number.parseInt(text(`${root}/${zone}/temp`) ?? '', 10);
    return Number.isFinite(milli) && milli > 0 ? [milli / 1000] : [];
  });
  return degrees.length === 0 ? null : Math.max(...degrees);
}

function slowedDown(): boolean | null {
  const said = text('/sys/devices/platform/soc/soc:firmware/get_throttled');
  const bits = said === null ? Number.NaN : Number.parseInt(said, 16);
  return Number.isNaN(bits) ? null : (bits & slowedNow) !== 0;
}

function names(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

/** Null where this system does not have it. */
function text(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
