/** What devices and converters do wrong, as scripts for the hand-written devices. Seeded by the caller. */
import type { Socket } from 'node:net';
import {
  type DeviceRequest,
  exception,
  frame,
  honest,
  honestData,
} from '../fixtures/modbus-device.ts';
import { honestRtu, type RtuRequest, rtuException, rtuFrame } from '../fixtures/rtu-device.ts';

export type Random = () => number;
export const below = (random: Random, n: number): number => Math.floor(random() * n);

export interface LieContext {
  readonly random: Random;
  readonly timeoutMs: number;
  /** How late a reply may come, as multiples of the time-out. */
  readonly late: readonly [number, number];
  /** One that a busy process would send later than this is not sent at all. */
  readonly latest: number;
  /** Of a repeated reply, ms. */
  readonly repeatMs: readonly [number, number];
  later(ms: number, then: () => void): void;
}

export type Lie<Request, Way> = (request: Request, way: Way, context: LieContext) => void;

type Reply = (bytes: Buffer) => void;

const between = (random: Random, [low, high]: readonly [number, number]): number =>
  low + (high - low) * random();

const garbage = (random: Random, size: number): Buffer =>
  Buffer.from(Array.from({ length: size }, () => below(random, 256)));

const changed = (bytes: Buffer, at: number, xor: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ xor;
  return copy;
};

export const rtuLies: Readonly<Record<string, Lie<RtuRequest, Reply>>> = {
  late: (one, reply, { random, timeoutMs, late, latest, later }) =>
    later(timeoutMs * between(random, late), () => {
      if (performance.now() - one.atMs < latest * timeoutMs) reply(honestRtu(one));
    }),
  repeated: (one, reply, { random, repeatMs, later }) => {
    reply(honestRtu(one));
    later(between(random, repeatMs), () => reply(honestRtu(one)));
  },
  'repeated at once': (one, reply) => reply(Buffer.concat([honestRtu(one), honestRtu(one)])),
  'another unit’s reply': (one, reply) => reply(honestRtu({ ...one, unit: (one.unit % 247) + 1 })),
  'another unit’s reply, glued before': (one, reply) =>
    reply(Buffer.concat([honestRtu({ ...one, unit: (one.unit % 247) + 1 }), honestRtu(one)])),
  'a flipped bit': (one, reply, { random }) => {
    const bytes = honestRtu(one);
    reply(changed(bytes, below(random, bytes.length), 1 << below(random, 8)));
  },
  truncated: (one, reply, { random }) => {
    const bytes = honestRtu(one);
    reply(bytes.subarray(0, below(random, bytes.length)));
  },
  'more data than asked': (one, reply) => {
    const data = Buffer.concat([honestData(one), Buffer.alloc(2)]);
    reply(rtuFrame(one.unit, one.functionCode, data));
  },
  'its own echo before': (one, reply) => reply(Buffer.concat([one.bytes, honestRtu(one)])),
  'only its own echo': (one, reply) => reply(one.bytes),
  exception: (one, reply, { random }) => reply(rtuException(one, 1 + below(random, 11))),
  'another function': (one, reply) =>
    reply(rtuFrame(one.unit, 7 - one.functionCode, honestData(one))),
  garbage: (_, reply, { random }) => reply(garbage(random, 1 + below(random, 400))),
  'garbage before': (one, reply, { random }) =>
    reply(Buffer.concat([garbage(random, 1 + below(random, 12)), honestRtu(one)])),
  split: (one, reply, { random, later }) => {
    const bytes = honestRtu(one);
    const at = 1 + below(random, bytes.length - 1);
    reply(bytes.subarray(0, at));
    later(2 * random(), () => reply(bytes.subarray(at)));
  },
  silent: () => undefined,
};

export const tcpLies: Readonly<Record<string, Lie<DeviceRequest, Socket>>> = {
  late: (one, to, { random, timeoutMs, late, later }) =>
    later(timeoutMs * between(random, late), () => to.write(honest(one))),
  repeated: (one, to, { random, repeatMs, later }) => {
    to.write(honest(one));
    later(between(random, repeatMs), () => to.write(honest(one)));
  },
  'repeated at once': (one, to) => to.write(Buffer.concat([honest(one), honest(one)])),
  'changed header': (one, to, { random }) => {
    to.write(changed(honest(one), below(random, 8), 1 + below(random, 255)));
  },
  'changed byte count': (one, to, { random }) => {
    to.write(changed(honest(one), 8, 1 + below(random, 255)));
  },
  'another request’s reply': (one, to, { random }) => {
    const other = { ...one, address: one.address + 1, transaction: one.transaction + 1 };
    to.write(honest(random() < 0.5 ? other : { ...other, unit: one.unit + 1 }));
  },
  truncated: (one, to, { random }) => {
    const bytes = honest(one);
    to.write(bytes.subarray(0, below(random, bytes.length)));
  },
  oversize: (one, to) =>
    to.write(frame(one.transaction, one.unit, one.functionCode, Buffer.alloc(5000))),
  'more data than asked': (one, to) => {
    const data = Buffer.concat([honestData(one), Buffer.alloc(2)]);
    to.write(frame(one.transaction, one.unit, one.functionCode, data));
  },
  exception: (one, to, { random }) => to.write(exception(one, 1 + below(random, 11))),
  'another unit’s exception': (one, to) => to.write(exception({ ...one, unit: one.unit + 1 }, 2)),
  reset: (_, to) => to.resetAndDestroy(),
  closed: (_, to) => to.end(),
  garbage: (_, to, { random }) => to.write(garbage(random, 1 + below(random, 600))),
  'garbage before': (one, to, { random }) => {
    to.write(Buffer.concat([garbage(random, 1 + below(random, 12)), honest(one)]));
  },
  // The rest is queued at once: a stream with another reply in the middle of this one is not Modbus TCP.
  split: (one, to, { random }) => {
    const bytes = honest(one);
    const at = 1 + below(random, bytes.length - 1);
    to.write(bytes.subarray(0, at));
    to.cork();
    to.write(bytes.subarray(at));
    setImmediate(() => to.uncork());
  },
  silent: () => undefined,
};

/** The lies this campaign is about: replies that come late or twice. */
export const lateOrRepeated: readonly string[] = ['late', 'repeated', 'repeated at once'];
