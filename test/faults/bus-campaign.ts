/**
 * Reads by the hundred thousand from devices that lie, judged by an oracle that knows what every
 * register holds: no value of another request, every promise settled in its time. By hand:
 *
 *   node test/faults/bus-campaign.ts --bus modbus-tcp --requests 1000000 --seed 1
 *   node test/faults/bus-campaign.ts --bus modbus-rtu --requests 100000 --lies all
 */
import type { Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { PpuriError } from '../../config/errors.ts';
import type { Bus, ReadRequest, RegisterTable } from '../../drivers/driver.ts';
import { createBus } from '../../drivers/registry.ts';
import { type DeviceRequest, honest, ModbusDevice, wordsOf } from '../fixtures/modbus-device.ts';
import { PtyBridge } from '../fixtures/pty-bridge.ts';
import { createRandom } from '../fixtures/random.ts';
import { honestRtu, RtuDevice } from '../fixtures/rtu-device.ts';
import {
  below,
  type LieContext,
  lateOrRepeated,
  type Random,
  rtuLies,
  tcpLies,
} from './bus-lies.ts';

export type CampaignBus = 'modbus-tcp' | 'modbus-rtu' | 'modbus-rtu-tcp';

export interface CampaignOptions {
  readonly bus: CampaignBus;
  /** Reads to be sent; those refused while a unit is left alone are not counted. */
  readonly requests: number;
  readonly seed: number;
  readonly timeoutMs: number;
  /** Share of replies that are a lie. */
  readonly share: number;
  readonly lies: 'late-or-repeated' | 'all';
  /** Once true, no more is asked. */
  readonly stop?: () => boolean;
}

export interface CampaignReport {
  readonly bus: CampaignBus;
  readonly seed: number;
  readonly requests: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly lies: Readonly<Record<string, number>>;
  /** Words that are not what the registers asked for hold. */
  readonly misattributed: readonly string[];
  /** Longest from the request at the device to its settling, beyond the time-out. */
  readonly latestMs: number;
  readonly connects: number;
  readonly strayBytes: number;
  readonly seconds: number;
}

interface Rig {
  readonly bus: Bus;
  stop(): Promise<void>;
}

const functionCodes: Record<RegisterTable, number> = { coil: 1, discrete: 2, holding: 3, input: 4 };
const tables: readonly RegisterTable[] = ['holding', 'holding', 'holding', 'input', 'coil'];
const units = 10;
const askers = 4;

class Liar {
  readonly counts: Record<string, number> = {};
  /** When the device got each request that is under way, by what identifies it. */
  readonly seenMs = new Map<string, number>();
  readonly #names: { readonly tcp: string[]; readonly rtu: string[] };
  readonly #share: number;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #context: LieContext;

  constructor(options: CampaignOptions) {
    const { lies, share, timeoutMs, seed, bus } = options;
    const wanted = (names: string[]): string[] =>
      lies === 'all' ? names : names.filter((name) => lateOrRepeated.includes(name));
    this.#names = { tcp: wanted(Object.keys(tcpLies)), rtu: wanted(Object.keys(rtuLies)) };
    this.#share = share;
    this.#context = {
      random: createRandom(seed ^ 0x5eed),
      timeoutMs,
      // A TCP ghost may come at any time; an RTU one is known for a ghost while its unit is left
      // alone, which is three time-outs from the request on. The rest is for the way to the port.
      late: bus === 'modbus-tcp' ? [1.5, 300] : [1.2, 2.4],
      latest: bus === 'modbus-tcp' ? Number.POSITIVE_INFINITY : 2.5,
      repeatMs: [0, 0.9 * timeoutMs],
      later: (ms, then) => this.#later(ms, then),
    };
  }

  readonly tcp = (request: DeviceRequest, socket: Socket): void => {
    const lie = this.#pick(request, this.#names.tcp);
    if (lie === null) socket.write(honest(request));
    else tcpLies[lie]?.(request, socket, this.#context);
  };

  readonly rtu: RtuDevice['script'] = (request, reply) => {
    const lie = this.#pick(request, this.#names.rtu);
    if (lie === null) reply(honestRtu(request));
    else rtuLies[lie]?.(request, reply, this.#context);
  };

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #pick(request: DeviceRequest, names: readonly string[]): string | null {
    const { random } = this.#context;
    this.seenMs.set(
      keyOf(request.unit, request.functionCode, request.address, request.count),
      request.atMs,
    );
    if (random() >= this.#share) return null;
    const name = names[below(random, names.length)] ?? 'late';
    this.counts[name] = (this.counts[name] ?? 0) + 1;
    return name;
  }

  #later(ms: number, then: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      then();
    }, ms);
    this.#timers.add(timer);
  }
}

function keyOf(unit: number, functionCode: number, address: number, count: number): string {
  return `${unit}/${functionCode}/${address}/${count}`;
}

async function rigOf(options: CampaignOptions, liar: Liar): Promise<Rig> {
  const { bus: type, timeoutMs } = options;
  if (type === 'modbus-tcp') {
    const device = new ModbusDevice((request, socket) => {
      device.requests.length = 0;
      liar.tcp(request, socket);
    });
    await device.start();
    const bus = createBus('tcp', { type, host: '127.0.0.1', port: device.port, timeoutMs });
    return { bus, stop: () => device.stop() };
  }
  const device = new RtuDevice((request, reply) => {
    device.requests.length = 0;
    liar.rtu(request, reply);
  });
  await device.start();
  if (type === 'modbus-rtu-tcp') {
    const where = { host: '127.0.0.1', port: device.port };
    const bus = createBus('converter', { type, ...where, echo: 'none', timeoutMs });
    return { bus, stop: () => device.stop() };
  }
  const bridge = new PtyBridge(() => device.port);
  await bridge.plug();
  const line = { path: bridge.path, baudRate: 115_200, parity: 'none', stopBits: 1 } as const;
  const bus = createBus('line', { type, ...line, echo: 'none', timeoutMs });
  const stop = async (): Promise<void> => {
    await bridge.unplug();
    await device.stop();
  };
  return { bus, stop };
}

function randomRead(random: Random): ReadRequest {
  const table = tables[below(random, tables.length)] ?? 'holding';
  // Few lengths, so that most replies have the shape of the one before.
  const count = random() < 0.8 ? 2 : 1 + below(random, 30);
  const unit = 1 + below(random, units);
  const priority = random() < 0.3 ? 'trigger' : 'shot';
  return { unit, table, address: below(random, 60_000), count, priority };
}

class Oracle {
  readonly outcomes: Record<string, number> = {};
  readonly misattributed: string[] = [];
  latestMs = 0;
  sent = 0;
  readonly #liar: Liar;
  readonly #bus: Bus;
  readonly #timeoutMs: number;

  constructor(liar: Liar, bus: Bus, timeoutMs: number) {
    this.#liar = liar;
    this.#bus = bus;
    this.#timeoutMs = timeoutMs;
  }

  async ask(request: ReadRequest): Promise<void> {
    const functionCode = functionCodes[request.table];
    const key = keyOf(request.unit, functionCode, request.address, request.count);
    this.#liar.seenMs.delete(key);
    const outcome = await this.#bus.read(request).catch((error: unknown) => error);
    const seenMs = this.#liar.seenMs.get(key);
    if (seenMs !== undefined) {
      this.sent += 1;
      this.latestMs = Math.max(this.latestMs, performance.now() - seenMs - this.#timeoutMs);
      this.#liar.seenMs.delete(key);
    }
    if (outcome instanceof PpuriError) {
      this.#count(outcome.code);
      // Left alone, or not connected: no reason to ask again at once.
      if (outcome.code === 'bus-unavailable') await new Promise((next) => setTimeout(next, 1));
      return;
    }
    this.#count('words');
    const { words } = outcome as { words: readonly number[] };
    const right = wordsOf(
      { functionCode, unit: request.unit, address: request.address },
      request.count,
    );
    if (words.length !== right.length || words.some((word, i) => word !== right[i])) {
      this.misattributed.push(`${key}: ${words} instead of ${right}`);
    }
  }

  #count(outcome: string): void {
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
  }
}

export async function campaign(options: CampaignOptions): Promise<CampaignReport> {
  const { requests, seed, timeoutMs, stop } = options;
  const random = createRandom(seed);
  const liar = new Liar(options);
  const rig = await rigOf(options, liar);
  const oracle = new Oracle(liar, rig.bus, timeoutMs);
  const begun = performance.now();
  const asker = async (): Promise<void> => {
    while (oracle.sent < requests && stop?.() !== true) await oracle.ask(randomRead(random));
  };
  await Promise.all(Array.from({ length: askers }, asker));
  const { connects, strayBytes } = rig.bus.stats();
  const seconds = Math.round((performance.now() - begun) / 100) / 10;
  await rig.bus.close();
  liar.stop();
  await rig.stop();
  const { outcomes, misattributed, sent } = oracle;
  const latestMs = Math.round(oracle.latestMs * 10) / 10;
  const { bus } = options;
  return {
    bus,
    seed,
    requests: sent,
    outcomes,
    lies: liar.counts,
    misattributed,
    latestMs,
    connects,
    strayBytes,
    seconds,
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      bus: { type: 'string', default: 'modbus-tcp' },
      requests: { type: 'string', default: '100000' },
      seed: { type: 'string', default: '1' },
      timeout: { type: 'string', default: '40' },
      share: { type: 'string', default: '0.01' },
      lies: { type: 'string', default: 'late-or-repeated' },
    },
  });
  const report = await campaign({
    bus: values.bus as CampaignBus,
    requests: Number(values.requests),
    seed: Number(values.seed),
    timeoutMs: Number(values.timeout),
    share: Number(values.share),
    lies: values.lies === 'all' ? 'all' : 'late-or-repeated',
  });
  process.stdout.write(`${JSON.stringify(report, null, 1)}\n`);
  process.exitCode = report.misattributed.length === 0 && report.latestMs <= 100 ? 0 : 1;
}
