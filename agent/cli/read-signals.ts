/** Every signal of a device read once, with all that is needed to judge what is wrong with it. */
import { PpuriError } from '../../config/errors.ts';
import type { Profile } from '../../config/profile.ts';
import type { WordOrder } from '../../drivers/decode.ts';
import type { BlockReading, Bus } from '../../drivers/driver.ts';
import { planReads, type ReadBlock } from '../../drivers/plan.ts';
import type { Reading } from '../records.ts';
import {
  type CompiledSignal,
  compileSignals,
  type Readings,
  readPieces,
  unread,
  whyUnmet,
} from '../signals/compiled.ts';
import { isGatewayWord, type ProbedSignal, type SignalEvidence } from '../survey/evidence.ts';

export interface ReadDeviceOptions {
  readonly bus: Bus;
  readonly unit: number;
  readonly profile: Profile;
  /** `split`: after an exception each signal of the block is read by itself. */
  readonly exceptions: 'split' | 'give-up';
  readonly stop: AbortSignal;
}

interface Got {
  readonly words: readonly number[] | null;
  readonly roundTripMs: number | null;
  readonly error: PpuriError | null;
}

const damagedTries = 4;
const lateTries = 2;

/** Settles with one entry for each signal; rejects with what is no answer of a bus. */
export async function readDevice(options: ReadDeviceOptions): Promise<SignalEvidence[]> {
  const reader = new DeviceProbe(options);
  return reader.read();
}

class DeviceProbe {
  readonly #options: ReadDeviceOptions;
  readonly #signals: readonly CompiledSignal[];
  readonly #got = new Map<string, Got>();
  readonly #leanedOn: Readings = {};
  #heard = false;
  #silent: PpuriError | null = null;

  constructor(options: ReadDeviceOptions) {
    this.#options = options;
    this.#signals = compileSignals(options.profile, '');
  }

  async read(): Promise<SignalEvidence[]> {
    for (const block of this.#blocks()) {
      if (this.#options.stop.aborted) break;
      await this.#readBlock(block);
    }
    for (const signal of this.#signals) this.#learn(signal);
    return this.#signals.map((signal) => this.#evidence(signal));
  }

  #blocks(): ReadBlock<CompiledSignal>[] {
    const { unit, profile } = this.#options;
    const spans = this.#signals.map((signal) => {
      const { table, address } = signal.register;
      return { unit, table, address, words: signal.words, tag: signal };
    });
    return planReads(spans, profile.modbus);
  }

  async #readBlock(block: ReadBlock<CompiledSignal>): Promise<void> {
    const got = await this.#ask(block);
    const alone = block.spans.length === 1;
    const refused = got.error?.code === 'modbus-exception' && !isGatewayWord(got.error);
    if (refused && !alone && this.#options.exceptions === 'split') {
      for (const span of block.spans) {
        this.#got.set(span.tag.name, await this.#ask({ ...span, count: span.words }));
      }
      return;
    }
    for (const { tag, address } of block.spans) {
      const from = address - block.address;
      const words = got.words?.slice(from, from + tag.words) ?? null;
      this.#got.set(tag.name, { ...got, words });
    }
  }

  /** A device that said nothing at all is not asked for every block. */
  async #ask(place: Pick<ReadBlock<CompiledSignal>, 'table' | 'address' | 'count'>): Promise<Got> {
    if (this.#silent !== null) return { words: null, roundTripMs: null, error: this.#silent };
    for (let attempt = 1; ; attempt++) {
      const got = await this.#once(place);
      const code = got.error?.code;
      const answered =
        code === undefined || (code === 'modbus-exception' && !isGatewayWord(got.error));
      if (answered) {
        this.#heard = true;
        return got;
      }
      const again = code === 'modbus-malformed' ? damagedTries : lateTries;
      if (attempt < again && !this.#options.stop.aborted) continue;
      if (!this.#heard) this.#silent = got.error;
      return got;
    }
  }

  async #once({
    table,
    address,
    count,
  }: Pick<ReadBlock<CompiledSignal>, 'table' | 'address' | 'count'>): Promise<Got> {
    const { bus, unit, stop } = this.#options;
    const patienceEndMs = performance.now() + patienceMs;
    for (;;) {
      try {
        const request = { unit, table, address, count, priority: 'slow' } as const;
        const read: BlockReading = await bus.read(request);
        return { words: read.words, roundTripMs: read.roundTripMs, error: null };
      } catch (error) {
        if (!(error instanceof PpuriError)) throw error;
        const again = this.#isHeldBack(error) && performance.now() < patienceEndMs;
        if (!again || stop.aborted) return { words: null, roundTripMs: null, error };
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }

  /** A unit that has not answered is not asked by the bus for a while; a probe has time to wait. */
  #isHeldBack({ code }: PpuriError): boolean {
    return code === 'bus-unavailable' && this.#options.bus.stats().state === 'open';
  }

  #learn(signal: CompiledSignal): void {
    const words = this.#got.get(signal.name)?.words ?? null;
    const isLeanedOn = this.#signals.some(({ leansOn }) => leansOn.includes(signal.name));
    if (words !== null && isLeanedOn) {
      this.#leanedOn[signal.name] = judged(signal, words, signal.register.order, this.#leanedOn);
    }
  }

  #evidence(signal: CompiledSignal): SignalEvidence {
    const { words, roundTripMs, error } = this.#got.get(signal.name) ?? notRead;
    const probed = probedSignal(signal, this.#leanedOn);
    const reading = words === null ? missing(error) : probed.judge(words);
    const { condition } = signal;
    const unvouched =
      condition !== null &&
      whyUnmet(condition, this.#leanedOn[condition.signal] ?? unread(instant())) !== null;
    return { signal: probed, words, reading, roundTripMs, error, unvouched };
  }
}

const notRead: Got = { words: null, roundTripMs: null, error: null };
const pauseMs = 20;
const patienceMs = 3000;

const instant = () => ({ monoMs: performance.now(), wallMs: Date.now() });

function missing(error: PpuriError | null): Reading {
  const note = error === null ? 'not read' : `${error.code}: ${error.message}`;
  return { value: null, quality: 'missing', at: instant(), note };
}

function judged(
  signal: CompiledSignal,
  words: readonly number[],
  order: WordOrder,
  known: Readings,
): Reading {
  const ordered = { ...signal, register: { ...signal.register, order } };
  const readings: Readings = {};
  readPieces([{ signal: ordered, words, start: 0, at: instant() }], readings, (name, at) => {
    return known[name] ?? unread(at);
  });
  return readings[signal.name] ?? missing(null);
}

function probedSignal(signal: CompiledSignal, known: Readings): ProbedSignal {
  const { name, spec, register, words } = signal;
  return {
    name,
    title: spec.title,
    table: register.table,
    address: register.address,
    count: words,
    type: register.type,
    order: register.order,
    unit: spec.unit,
    decimals: spec.decimals,
    required: spec.presence === 'required',
    hasRange: spec.range !== undefined,
    judge: (given, order = register.order) => judged(signal, given, order, known),
  };
}
