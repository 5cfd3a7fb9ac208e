/** What goes out instead of the right reply, for each fault; pure but for the random numbers. */
import type { FaultName } from './faults.ts';
import { type FramingName, framings, mbapFrame } from './framing.ts';
import { exceptionPdu } from './modbus-pdu.ts';
import type { Random } from './random.ts';

/** One request, and the reply it should have. */
export interface Exchange {
  readonly framing: FramingName;
  readonly unit: number;
  /** 0 for RTU. */
  readonly transaction: number;
  /** The whole frame, as it came. */
  readonly request: Buffer;
  /** The right reply: function code and data, or the whole text. */
  readonly pdu: Buffer;
}

/** Bytes that go out `afterMs` after the reply was due. */
export interface Delivery {
  readonly afterMs: number;
  readonly bytes: Buffer;
}

export interface Outcome {
  readonly deliveries: readonly Delivery[];
  /** What becomes of the connection afterwards. */
  readonly connection: 'stays' | 'reset' | 'half-open';
}

export interface FaultSettings {
  /** How late a late reply is, from and to; as often in each decade. */
  readonly lateMs: readonly [number, number];
  /** How long after the first a late duplicate comes. */
  readonly repeatMs: readonly [number, number];
  /** Between two bytes of a slow loris. */
  readonly lorisMs: number;
  /** Where an endless stream ends after all. */
  readonly endlessBytes: number;
}

export const defaultFaultSettings: FaultSettings = {
  lateMs: [750, 30_000],
  repeatMs: [1, 100],
  lorisMs: 1000,
  endlessBytes: 65_536,
};

/** Replies that come 1.5 to 300 times after the reader's time-out. */
export function lateAfter(timeoutMs: number): readonly [number, number] {
  return [1.5 * timeoutMs, 300 * timeoutMs];
}

const streamChunkBytes = 256;
const streamChunkMs = 2;
const longestLateNoiseMs = 200;

type Spoiler = (exchange: Exchange, random: Random, settings: FaultSettings) => Outcome;

export function rightFrame({ framing, ...parts }: Exchange): Buffer {
  return framings[framing](parts);
}

/** The outcome of `name` for this exchange. */
export function spoil(
  name: FaultName,
  exchange: Exchange,
  random: Random,
  settings: FaultSettings = defaultFaultSettings,
): Outcome {
  return spoilers[name](exchange, random, settings);
}

const spoilers: Readonly<Record<FaultName, Spoiler>> = {
  late: (one, random, { lateMs: [from, to] }) =>
    later(from * (to / from) ** random.next(), rightFrame(one)),
  duplicate: (one) => atOnce(rightFrame(one), rightFrame(one)),
  'duplicate-late': (one, random, { repeatMs: [from, to] }) =>
    paced([0, rightFrame(one)], [random.between(from, to), rightFrame(one)]),
  truncated: (one, random) => {
    const frame = rightFrame(one);
    return atOnce(frame.subarray(0, random.whole(1, frame.length - 1)));
  },
  oversize: (one, random) => oversize(one, random),
  glued: (one, random) => glued(one, random),
  echo: (one) => atOnce(one.request, rightFrame(one)),
  'echo-only': (one) => atOnce(one.request),
  flip: (one, random) => atOnce(flipped(one, random)),
  burst: (one, random) => atOnce(withBurst(rightFrame(one), random)),
  'foreign-unit': (one, random) =>
    atOnce(rightFrame({ ...one, unit: otherUnit(one.unit, random) })),
  'wrong-function': (one) => atOnce(rightFrame({ ...one, pdu: otherFunction(one.pdu) })),
  'wrong-transaction': (one, random) =>
    atOnce(mbapFrame({ ...one, transaction: one.transaction + random.whole(1, 0xffff) })),
  'wrong-protocol': (one, random) =>
    atOnce(mbapFrame({ ...one, protocol: random.whole(1, 0xffff) })),
  'wrong-length': (one, random) => {
    const length = 1 + one.pdu.length;
    return atOnce(mbapFrame({ ...one, length: length + random.whole(1, 0xffff) }));
  },
  'wrong-count': (one, random) => atOnce(rightFrame({ ...one, pdu: otherCount(one.pdu, random) })),
  exception: (one, random) =>
    atOnce(rightFrame({ ...one, pdu: exceptionPdu(one.pdu[0] ?? 0, random.whole(1, 11)) })),
  silent: () => atOnce(),
  'slow-loris': (one, _, { lorisMs }) =>
    paced(...[...rightFrame(one)].map((byte, i) => [i * lorisMs, Buffer.of(byte)] as const)),
  endless: (_, random, { endlessBytes }) => {
    const chunks = Math.ceil(endlessBytes / streamChunkBytes);
    // The same again and again: the numbers would cost more time than the sending.
    const bytes = garbage(random, streamChunkBytes);
    return paced(...Array.from({ length: chunks }, (_, i) => [i * streamChunkMs, bytes] as const));
  },
  reset: () => ({ deliveries: [], connection: 'reset' }),
  'half-open': () => ({ deliveries: [], connection: 'half-open' }),
  noise: (one, random) => {
    const bytes = garbage(random, random.whole(1, 12));
    const frame = rightFrame(one);
    const place = random.whole(0, 2);
    if (place === 0) return atOnce(bytes, frame);
    if (place === 1) return atOnce(frame, bytes);
    return paced([0, frame], [random.between(1, longestLateNoiseMs), bytes]);
  },
  split: (one, random) => split(rightFrame(one), random),
};

function atOnce(...parts: readonly Buffer[]): Outcome {
  const bytes = Buffer.concat(parts);
  return { deliveries: bytes.length === 0 ? [] : [{ afterMs: 0, bytes }], connection: 'stays' };
}

function later(afterMs: number, bytes: Buffer): Outcome {
  return { deliveries: [{ afterMs, bytes }], connection: 'stays' };
}

function paced(...parts: readonly (readonly [number, Buffer])[]): Outcome {
  return {
    deliveries: parts.map(([afterMs, bytes]) => ({ afterMs, bytes })),
    connection: 'stays',
  };
}

function garbage(random: Random, size: number): Buffer {
  return Buffer.from(Array.from({ length: size }, () => random.whole(0, 255)));
}

function otherUnit(unit: number, random: Random): number {
  const other = random.whole(1, 246);
  return other >= unit ? other + 1 : other;
}

/** 3 and 4, 1 and 2 change places: a reply of the same length. */
function otherFunction(pdu: Buffer): Buffer {
  const copy = Buffer.from(pdu);
  const code = copy[0] ?? 0;
  copy[0] = (code & 0x7f) <= 2 ? code ^ 3 : code ^ 7;
  return copy;
}

/** For a reply without a byte count, a false echo of what was written. */
function otherCount(pdu: Buffer, random: Random): Buffer {
  const copy = Buffer.from(pdu);
  copy[1] = (copy[1] ?? 0) ^ random.whole(1, 255);
  return copy;
}

function oversize(one: Exchange, random: Random): Outcome {
  const way = one.framing === 'text' ? 0 : random.whole(0, 2);
  if (way === 0) return atOnce(rightFrame(one), garbage(random, random.whole(1, 64)));
  // With 300 bytes more no byte count can be true, and the frame is longer than any may be.
  const more = way === 1 ? 2 * random.whole(1, 8) : 300;
  const pdu = Buffer.concat([one.pdu, garbage(random, more)]);
  pdu[1] = ((pdu[1] ?? 0) + more) & 0xff;
  return atOnce(rightFrame({ ...one, pdu }));
}

/**
 * With a frame of another unit or, over Modbus TCP, of the transaction before. Not of this unit and
 * this request: where nothing tells two replies apart, no reader could.
 */
function glued(one: Exchange, random: Random): Outcome {
  const pdu = Buffer.from(one.pdu);
  for (let i = 2; i < pdu.length; i++) pdu[i] = random.whole(0, 255);
  const stranger =
    one.framing === 'modbus-tcp' && random.chance(0.5)
      ? rightFrame({ ...one, pdu, transaction: one.transaction - 1 })
      : rightFrame({ ...one, pdu, unit: otherUnit(one.unit, random) });
  return random.chance(0.5) ? atOnce(stranger, rightFrame(one)) : atOnce(rightFrame(one), stranger);
}

/** TCP has its own checksum and Modbus TCP none: a change of the data could not be noticed. */
function flipped(one: Exchange, random: Random): Buffer {
  const frame = rightFrame(one);
  const bytes = one.framing === 'modbus-tcp' ? Math.min(8, frame.length) : frame.length;
  const places = new Set<number>();
  const wanted = random.whole(1, 3);
  while (places.size < wanted) places.add(random.whole(0, 8 * bytes - 1));
  for (const bit of places) flipBit(frame, bit);
  return frame;
}

/** First and last bit of the burst are changed, those between by chance. */
function withBurst(frame: Buffer, random: Random): Buffer {
  const bits = random.whole(1, 16);
  const first = random.whole(0, 8 * frame.length - bits);
  for (let i = 0; i < bits; i++)
    if (i === 0 || i === bits - 1 || random.chance(0.5)) flipBit(frame, first + i);
  return frame;
}

/** Bits in the order of the line: the lowest of each byte first. */
function flipBit(frame: Buffer, bit: number): void {
  frame[bit >> 3] = (frame[bit >> 3] ?? 0) ^ (1 << (bit & 7));
}

function split(frame: Buffer, random: Random): Outcome {
  const cuts = [1, 2, 3].map(() => random.whole(1, frame.length - 1));
  const places = [0, ...new Set(cuts.sort((a, b) => a - b)), frame.length];
  let afterMs = 0;
  const parts = places.slice(1).map((end, i) => {
    const part = [afterMs, frame.subarray(places[i], end)] as const;
    afterMs += random.between(1, 5);
    return part;
  });
  return paced(...parts);
}
