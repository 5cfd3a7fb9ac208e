/** Reads one device's signals in planned blocks: what polls together is read together. */
import { PpuriError } from '../../config/errors.ts';
import type { Profile, SignalSpec } from '../../config/profile.ts';
import {
  createScaler,
  decodeRaw,
  parseAddress,
  type RegisterSpec,
  wordCount,
} from '../../drivers/decode.ts';
import type { BlockReading, Bus, Priority } from '../../drivers/driver.ts';
import { planReads, type ReadBlock } from '../../drivers/plan.ts';
import type { Instant, Reading } from '../records.ts';
import { missingReading, toReading } from './reading.ts';

interface CompiledSignal {
  /** As the machine calls it: `castPressure`, or `meter.activePower` of an accessory. */
  readonly name: string;
  readonly spec: SignalSpec;
  readonly register: RegisterSpec;
  readonly scaled: (raw: number) => number;
}

type Block = ReadBlock<CompiledSignal>;

export type Readings = Record<string, Reading>;

export interface ReadGroup {
  /** 0 for the trigger and the snapshot, which are read when asked for. */
  readonly everyMs: number;
  readonly signals: readonly string[];
  readonly blocks: number;
  read(priority: Priority): Promise<Readings>;
}

/** One register value read by itself, e.g. a shot counter. */
export interface TriggerReading {
  /** The raw number, or null when the words hold none. */
  readonly raw: number | null;
  readonly at: Instant;
}

export interface DeviceReaderOptions {
  readonly bus: Bus;
  readonly unit: number;
  readonly profile: Profile;
  /** Put before each signal's name: empty for the machine itself, `meter.` for an accessory. */
  readonly prefix: string;
}

function compile(profile: Profile, prefix: string): CompiledSignal[] {
  return Object.entries(profile.signals).map(([name, spec]) => {
    const { type, scale, offset } = spec;
    const order = spec.order ?? profile.modbus.order;
    const register = { ...parseAddress(spec.at), type, order, scale, offset };
    return { name: prefix + name, spec, register, scaled: createScaler(register) };
  });
}

export class DeviceReader {
  readonly #options: DeviceReaderOptions;
  readonly #signals: readonly CompiledSignal[];
  /** The signals of the snapshot; null when the device has none. */
  readonly shot: ReadGroup | null;
  /** Slow signals, one group per pace. */
  readonly slow: readonly ReadGroup[];

  constructor(options: DeviceReaderOptions) {
    this.#options = options;
    this.#signals = compile(options.profile, options.prefix);
    const shot = this.#signals.filter(({ spec }) => spec.poll === 'shot');
    this.shot = shot.length === 0 ? null : this.#group(shot, 0);
    const slow = this.#signals.filter(({ spec }) => spec.poll === 'slow');
    const paces = [...new Set(slow.map(({ spec }) => spec.everyMs))].sort((a, b) => a - b);
    this.slow = paces.map((everyMs) =>
      this.#group(
        slow.filter(({ spec }) => spec.everyMs === everyMs),
        everyMs,
      ),
    );
  }

  /** Reads the one register of `signal`, its name without the prefix. Rejects with PpuriError. */
  triggerOf(signal: string): () => Promise<TriggerReading> {
    const found = this.#signals.find(({ name }) => name === this.#options.prefix + signal);
    if (found === undefined) {
      throw new PpuriError('profile-invalid', `no signal ${signal}`, {
        operation: 'watch a trigger',
        subject: this.#options.profile.id,
      });
    }
    const { bus, unit } = this.#options;
    const { register } = found;
    const request = {
      unit,
      table: register.table,
      address: register.address,
      count: wordCount(register.type),
      priority: 'trigger',
    } as const;
    return async () => {
      const { words, at } = await bus.read(request);
      const raw = decodeRaw(words, register);
      return { raw: typeof raw === 'number' ? raw : null, at };
    };
  }

  #group(signals: readonly CompiledSignal[], everyMs: number): ReadGroup {
    const { unit, profile } = this.#options;
    const spans = signals.map((signal) => ({
      unit,
      table: signal.register.table,
      address: signal.register.address,
      words: wordCount(signal.register.type),
      tag: signal,
    }));
    const blocks = planReads(spans, profile.modbus);
    return {
      everyMs,
      signals: signals.map(({ name }) => name),
      blocks: blocks.length,
      read: (priority) => this.#readBlocks(blocks, priority),
    };
  }

  async #readBlocks(blocks: readonly Block[], priority: Priority): Promise<Readings> {
    const readings: Readings = {};
    for (const block of blocks) await this.#readBlock(block, priority, readings);
    return readings;
  }

  /**
   * An exception concerns this block alone: its signals are missing, the others stay good. Any
   * other failure means that the device was not heard, and rejects.
   */
  async #readBlock(block: Block, priority: Priority, into: Readings): Promise<void> {
    const { unit, table, address, count } = block;
    try {
      const reading = await this.#options.bus.read({ unit, table, address, count, priority });
      this.#decode(block, reading, into);
    } catch (error) {
      if (!(error instanceof PpuriError) || error.code !== 'modbus-exception') throw error;
      const at = { monoMs: performance.now(), wallMs: Date.now() };
      for (const { tag } of block.spans) into[tag.name] = missingReading(at, error.message);
    }
  }

  #decode(block: Block, { words, at }: BlockReading, into: Readings): void {
    for (const { tag, address } of block.spans) {
      const raw = decodeRaw(words, tag.register, address - block.address);
      into[tag.name] = toReading(raw, tag.spec, tag.scaled, at);
    }
  }
}
