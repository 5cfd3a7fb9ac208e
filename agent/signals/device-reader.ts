/** Reads one device's signals in planned blocks: what polls together is read together. */
import { PpuriError } from '../../config/errors.ts';
import type { Profile } from '../../config/profile.ts';
import { decodeRaw } from '../../drivers/decode.ts';
import type { Bus, Priority } from '../../drivers/driver.ts';
import { planReads, type ReadBlock } from '../../drivers/plan.ts';
import type { Instant, Reading } from '../records.ts';
import {
  type CompiledSignal,
  compileSignals,
  type Piece,
  type Readings,
  readPieces,
  unread,
} from './compiled.ts';
import { agedReading, missingReading } from './reading.ts';

type Block = ReadBlock<CompiledSignal>;

export type { Readings };

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

export class DeviceReader {
  readonly #options: DeviceReaderOptions;
  readonly #signals: readonly CompiledSignal[];
  /** Decimal points and conditions by name, as last read; null: not yet. */
  readonly #leanedOn: Map<string, Reading | null>;
  /** The signals of the snapshot; null when the device has none. */
  readonly shot: ReadGroup | null;
  /** Slow signals, one group per pace. */
  readonly slow: readonly ReadGroup[];

  constructor(options: DeviceReaderOptions) {
    this.#options = options;
    this.#signals = compileSignals(options.profile, options.prefix);
    this.#leanedOn = new Map(
      this.#signals.flatMap(({ leansOn }) => leansOn.map((name) => [name, null] as const)),
    );
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
      count: found.words,
      priority: 'trigger',
    } as const;
    return async () => {
      const { words, at } = await bus.read(request);
      const raw = decodeRaw(words, register);
      return { raw: typeof raw === 'number' ? raw : null, at };
    };
  }

  /** This signal alone, its full name; null: it is not of this device. */
  only(name: string): ReadGroup | null {
    const found = this.#signals.filter((signal) => signal.name === name);
    return found.length === 0 ? null : this.#group(found, 0);
  }

  #group(signals: readonly CompiledSignal[], everyMs: number): ReadGroup {
    const { unit, profile } = this.#options;
    const spans = signals.map((signal) => ({
      unit,
      table: signal.register.table,
      address: signal.register.address,
      words: signal.words,
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
    const pieces: Piece[] = [];
    for (const block of blocks) pieces.push(...(await this.#readBlock(block, priority, readings)));
    readPieces(pieces, readings, (name, at) => this.#latestOf(name, at));
    for (const name of this.#leanedOn.keys()) {
      const read = readings[name];
      if (read !== undefined) this.#leanedOn.set(name, read);
    }
    return readings;
  }

  #latestOf(name: string, at: Instant): Reading {
    const latest = this.#leanedOn.get(name) ?? unread(at);
    const spec = this.#signals.find((signal) => signal.name === name)?.spec;
    return agedReading(latest, at.monoMs, spec?.staleAfterMs ?? 3 * (spec?.everyMs ?? 0));
  }

  /**
   * An exception concerns this block alone: its signals are missing, the others stay good. Any
   * other failure means that the device was not heard, and rejects.
   */
  async #readBlock(block: Block, priority: Priority, into: Readings): Promise<Piece[]> {
    const { unit, table, address, count, spans } = block;
    try {
      const { words, at } = await this.#options.bus.read({ unit, table, address, count, priority });
      return spans.map(({ tag, address: own }) => {
        return { signal: tag, words, start: own - address, at };
      });
    } catch (error) {
      if (!(error instanceof PpuriError) || error.code !== 'modbus-exception') throw error;
      const at = { monoMs: performance.now(), wallMs: Date.now() };
      for (const { tag } of spans) into[tag.name] = missingReading(at, error.message);
      return [];
    }
  }
}
