/**
 * Damaged and arbitrary bytes against the code that recognises replies. Damaged: whole RTU replies
 * with bursts, flips, lost and added bytes, through the port as the bus uses it. Arbitrary: bytes
 * that look like frames here and there, in pieces. Run by hand for the full count:
 *
 *   node test/faults/frame-campaign.ts --damaged 1000000 --fuzzed 10000000 --seed 1
 */
import { parseArgs } from 'node:util';
import type { Channel } from '../../drivers/channel/channel.ts';
import type { LineChecksum, LineFraming } from '../../drivers/driver.ts';
import { crc16 } from '../../drivers/modbus/crc16.ts';
import { checkReply, expectReply } from '../../drivers/modbus/mbap.ts';
import { RtuPort } from '../../drivers/modbus/rtu-port.ts';
import { LineFramer } from '../../drivers/serial-line/line-framer.ts';
import { createRandom } from '../fixtures/random.ts';

type Random = () => number;

export interface DamageReport {
  readonly seed: number;
  /** Frames with one burst of at most 16 bits, in the order of transmission. */
  readonly bursts: number;
  readonly burstsAccepted: number;
  /** Frames damaged in any other way. */
  readonly others: number;
  readonly othersAccepted: number;
  /** Undamaged frames, which all must be accepted. */
  readonly whole: number;
  readonly wholeAccepted: number;
}

export interface FuzzReport {
  readonly seed: number;
  readonly inputs: number;
  /** Inputs that took over 10 ms, and again when given once more. */
  readonly slow: number;
  readonly slowestMs: number;
  readonly exceptions: readonly string[];
  /** Growth of the heap from a tenth of the run to its end, bytes. */
  readonly heapGrowth: number;
}

/** No time-out: nothing is held back, so that what is accepted shows at once. */
const timing = { silenceMs: 0, byteMs: null, timeoutMs: 0 };
const slowMs = 10;
const below = (random: Random, n: number): number => Math.floor(random() * n);

const nowhere: Channel = {
  bytesSent: 0,
  bytesReceived: 0,
  write: () => undefined,
  close: async () => undefined,
};

function withCrc(body: Uint8Array): Buffer {
  const frame = Buffer.alloc(body.length + 2);
  frame.set(body);
  frame.writeUInt16LE(crc16(frame, body.length), body.length);
  return frame;
}

interface Exchange {
  readonly request: Buffer;
  readonly reply: Buffer;
}

/** A read of registers or bits, and its reply with random data. */
function randomExchange(random: Random): Exchange {
  const unit = 1 + below(random, 247);
  const functionCode = 1 + below(random, 4);
  const count = 1 + below(random, functionCode <= 2 ? 2000 : 125);
  const request = Buffer.alloc(6);
  request.set([unit, functionCode]);
  request.writeUInt16BE(below(random, 60_000), 2);
  request.writeUInt16BE(count, 4);
  const bytes = functionCode <= 2 ? Math.ceil(count / 8) : 2 * count;
  const reply = Buffer.alloc(3 + bytes);
  reply.set([unit, functionCode, bytes]);
  for (let i = 0; i < bytes; i++) reply[3 + i] = below(random, 256);
  return { request: withCrc(request), reply: withCrc(reply) };
}

/** Flips the first and last bit of a span of at most 16, and some between, as a line sends them. */
export function burst(frame: Buffer, random: Random): Buffer {
  const damaged = Buffer.from(frame);
  const span = 1 + below(random, 16);
  const start = below(random, frame.length * 8 - span + 1);
  for (let i = 0; i < span; i++) {
    if (i > 0 && i < span - 1 && random() < 0.5) continue;
    const bit = start + i;
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  }
  return damaged;
}

const otherDamage: readonly ((frame: Buffer, random: Random) => Buffer)[] = [
  // Many bits anywhere.
  (frame, random) => {
    const damaged = Buffer.from(frame);
    for (let n = 2 + below(random, 40); n > 0; n--) {
      const bit = below(random, frame.length * 8);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    }
    return damaged;
  },
  // The data replaced: header right, CRC by chance.
  (frame, random) => {
    const damaged = Buffer.from(frame);
    for (let i = 3; i < frame.length; i++) damaged[i] = below(random, 256);
    return damaged;
  },
  (frame, random) => {
    const at = below(random, frame.length);
    const lost = 1 + below(random, Math.min(4, frame.length - at));
    return Buffer.concat([frame.subarray(0, at), frame.subarray(at + lost)]);
  },
  (frame, random) => {
    const at = 1 + below(random, frame.length - 1);
    const added = Buffer.from(
      Array.from({ length: 1 + below(random, 4) }, () => below(random, 256)),
    );
    return Buffer.concat([frame.subarray(0, at), added, frame.subarray(at)]);
  },
  (frame, random) => frame.subarray(0, below(random, frame.length)),
];

/** Whether the port takes `bytes` for the reply to `request`. */
function accepts(request: Buffer, bytes: Buffer, random: Random): boolean {
  const port = new RtuPort(nowhere, timing, 'none');
  let accepted = false;
  port.on('data', () => {
    accepted = true;
  });
  port.write(request);
  const cut = random() < 0.5 ? below(random, bytes.length) : 0;
  if (cut > 0) port.receive(bytes.subarray(0, cut));
  port.receive(bytes.subarray(cut));
  port.close();
  return accepted;
}

export function damage(frames: number, seed: number): DamageReport {
  const random = createRandom(seed);
  const count = { bursts: 0, others: 0, whole: 0 };
  const accepted = { bursts: 0, others: 0, whole: 0 };
  for (let i = 0; i < frames; i++) {
    const { request, reply } = randomExchange(random);
    const kind = i % 100 === 0 ? 'whole' : i % 2 === 0 ? 'bursts' : 'others';
    let bytes = reply;
    if (kind === 'bursts') bytes = burst(reply, random);
    else if (kind === 'others') {
      bytes = otherDamage[below(random, otherDamage.length)]?.(reply, random) ?? reply;
      // What left the frame as it was is no damage: bits flipped twice, a byte put beside its like.
      if (bytes.includes(reply)) continue;
    }
    count[kind] += 1;
    if (accepts(request, bytes, random)) accepted[kind] += 1;
  }
  return {
    seed,
    bursts: count.bursts,
    burstsAccepted: accepted.bursts,
    others: count.others,
    othersAccepted: accepted.others,
    whole: count.whole,
    wholeAccepted: accepted.whole,
  };
}

/** Bytes with a weakness for what frames are made of. */
function fuzzedBytes(random: Random, { request, reply }: Exchange): Buffer {
  const kind = below(random, 4);
  if (kind === 0)
    return Buffer.from(Array.from({ length: below(random, 64) }, () => below(random, 256)));
  if (kind === 1) return burst(reply, random);
  if (kind === 2) return Buffer.concat([reply.subarray(below(random, reply.length)), request]);
  const head = reply.subarray(0, 3);
  return Buffer.concat(Array.from({ length: 1 + below(random, 40) }, () => head));
}

function tcpFrame(random: Random, { request, reply }: Exchange): Buffer {
  const frame = Buffer.alloc(6 + reply.length);
  frame.writeUInt16BE(random() < 0.5 ? 7 : below(random, 65_536), 0);
  frame.writeUInt16BE(random() < 0.8 ? 0 : below(random, 65_536), 2);
  frame.writeUInt16BE(random() < 0.5 ? reply.length - 2 : below(random, 65_536), 4);
  (random() < 0.5 ? reply : request).copy(frame, 6);
  return frame;
}

const checksums: readonly LineChecksum[] = ['none', 'sum8', 'xor8', 'crc16-modbus'];
const framings: readonly LineFraming[] = [
  { delimiter: '\r\n' },
  { delimiter: '\u0003' },
  { length: 17 },
  { pattern: '^[A-Z]{2},[-+ 0-9.]+kg' },
].flatMap((end) =>
  checksums.map((checksum, i) => ({ end, checksum, checksumFrom: i % 2, bits: i < 2 ? 8 : 7 })),
);

/** What scales and controllers say, whole, broken and mixed with anything. */
function lineBytes(random: Random): Buffer {
  const piece = (): Buffer => {
    const kind = below(random, 5);
    if (kind === 0) return Buffer.from('ST,GS,+  1.500kg\r\n');
    if (kind === 1) return Buffer.from('\u000201DRS,OK,00D1\r\n');
    if (kind === 2) return Buffer.alloc(below(random, 300), 0x20 + below(random, 96));
    if (kind === 3) return Buffer.from('\r\n\r\u0003');
    return Buffer.from(Array.from({ length: below(random, 40) }, () => below(random, 256)));
  };
  return Buffer.concat(Array.from({ length: 1 + below(random, 4) }, piece));
}

interface Input {
  readonly exchange: Exchange;
  readonly rtu: Buffer;
  readonly tcp: Buffer;
  readonly text: Buffer;
  readonly cut: number;
}

/** The three parsers; those of RTU and text live on from input to input, as on a line. */
class Parsers {
  readonly #port = new RtuPort(nowhere, timing, 'none');
  readonly #framers = framings.map((framing) => new LineFramer(framing, 'midway', 0));
  #turn = 0;

  /** Gives how long they took, ms. */
  feed({ exchange, rtu, tcp, text, cut }: Input): number {
    const port = this.#port;
    this.#turn += 1;
    const begun = performance.now();
    port.write(exchange.request);
    port.receive(rtu.subarray(0, cut));
    port.receive(rtu.subarray(cut));
    port.abandon();
    const expected = expectReply(exchange.request.subarray(0, -2), 7);
    for (let size = 0; size <= tcp.length; size += 7) checkReply(tcp, size, expected);
    this.#framers[this.#turn % this.#framers.length]?.feed(text, this.#turn);
    return performance.now() - begun;
  }
}

export function fuzz(inputs: number, seed: number): FuzzReport {
  const random = createRandom(seed);
  const parsers = new Parsers();
  const exceptions: string[] = [];
  let [slow, slowestMs, heapAtTenth] = [0, 0, 0];
  // Each round gives one input to each of the three parsers.
  const rounds = Math.ceil(inputs / 3);
  for (let i = 0; i < rounds; i++) {
    if (i === Math.floor(rounds / 10)) heapAtTenth = heapUsed();
    const exchange = randomExchange(random);
    const rtu = fuzzedBytes(random, exchange);
    const tcp = tcpFrame(random, exchange);
    const text = lineBytes(random);
    const input = { exchange, rtu, tcp, text, cut: below(random, rtu.length + 1) };
    try {
      let tookMs = parsers.feed(input);
      // A pause of the process is not the parser's; what is slow by itself is so again.
      if (tookMs > slowMs) tookMs = Math.min(...[1, 2, 3].map(() => parsers.feed(input)));
      slowestMs = Math.max(slowestMs, tookMs);
      if (tookMs > slowMs) slow += 1;
    } catch (error) {
      const bytes = [rtu, tcp, text].map((one) => one.toString('hex'));
      exceptions.push(`${error}: ${bytes.join(' / ')}`);
    }
  }
  return {
    seed,
    inputs: 3 * rounds,
    slow,
    slowestMs,
    exceptions: exceptions.slice(0, 5),
    heapGrowth: heapUsed() - heapAtTenth,
  };
}

function heapUsed(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      damaged: { type: 'string', default: '1000000' },
      fuzzed: { type: 'string', default: '10000000' },
      seed: { type: 'string', default: '1' },
    },
  });
  const seed = Number(values.seed);
  process.stdout.write(`${JSON.stringify(damage(Number(values.damaged), seed), null, 1)}\n`);
  process.stdout.write(`${JSON.stringify(fuzz(Number(values.fuzzed), seed), null, 1)}\n`);
}
