/** Thousands of requests against a device that lies at random: every promise settles, no value is wrong. */
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { PpuriError } from '../../config/errors.ts';
import type { ReadRequest, RegisterTable } from '../../drivers/driver.ts';
import { createBus } from '../../drivers/registry.ts';
import {
  type DeviceRequest,
  exception,
  frame,
  honest,
  honestData,
  ModbusDevice,
  wordsOf,
} from '../fixtures/modbus-device.ts';
import { createRandom } from '../fixtures/random.ts';

const requests = 4000;
const timeoutMs = 30;
const seed = Number(process.env.PPURI_SEED ?? Math.floor(Math.random() * 2 ** 32));
const functionCodes: Record<RegisterTable, number> = { coil: 1, discrete: 2, holding: 3, input: 4 };
const tables: readonly RegisterTable[] = ['holding', 'holding', 'input', 'coil', 'discrete'];

type Lie = (request: DeviceRequest, socket: Socket, random: () => number) => void;

const below = (random: () => number, n: number): number => Math.floor(random() * n);
const later = (socket: Socket, ms: number, bytes: Buffer): void => {
  setTimeout(() => {
    if (!socket.destroyed) socket.write(bytes);
  }, ms);
};
const garbage = (random: () => number, size: number): Buffer =>
  Buffer.from(Array.from({ length: size }, () => below(random, 256)));
const changed = (bytes: Buffer, at: number, xor: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ xor;
  return copy;
};

const lies: Readonly<Record<string, Lie>> = {
  late: (one, to, random) => later(to, timeoutMs * (1.2 + 4 * random()), honest(one)),
  'late and again': (one, to) => {
    for (const ms of [1, 3, timeoutMs + 5]) later(to, ms, honest(one));
  },
  doubled: (one, to, random) => {
    to.write(honest(one));
    later(to, 3 * random(), honest(one));
  },
  glued: (one, to) => to.write(Buffer.concat([honest(one), honest(one)])),
  'changed header': (one, to, random) => {
    to.write(changed(honest(one), below(random, 8), 1 + below(random, 255)));
  },
  'changed byte count': (one, to, random) => {
    to.write(changed(honest(one), 8, 1 + below(random, 255)));
  },
  'another request’s reply': (one, to, random) => {
    const other = { ...one, address: one.address + 1, transaction: one.transaction + 1 };
    to.write(honest(random() < 0.5 ? other : { ...other, unit: one.unit + 1 }));
  },
  truncated: (one, to, random) => {
    const bytes = honest(one);
    to.write(bytes.subarray(0, below(random, bytes.length)));
  },
  'truncated and closed': (one, to, random) => {
    const bytes = honest(one);
    to.end(bytes.subarray(0, below(random, bytes.length)));
  },
  oversize: (one, to) => {
    to.write(frame(one.transaction, one.unit, one.functionCode, Buffer.alloc(5000)));
  },
  'more data than asked': (one, to) => {
    const data = Buffer.concat([honestData(one), Buffer.alloc(2)]);
    to.write(frame(one.transaction, one.unit, one.functionCode, data));
  },
  exception: (one, to, random) => to.write(exception(one, 1 + below(random, 11))),
  'foreign exception': (one, to) => to.write(exception({ ...one, unit: one.unit + 1 }, 2)),
  reset: (_, to) => to.resetAndDestroy(),
  closed: (_, to) => to.end(),
  silent: () => undefined,
  garbage: (_, to, random) => to.write(garbage(random, 1 + below(random, 600))),
  'garbage before': (one, to, random) => {
    to.write(Buffer.concat([garbage(random, 1 + below(random, 12)), honest(one)]));
  },
  split: (one, to, random) => {
    const bytes = honest(one);
    const at = 1 + below(random, bytes.length - 1);
    to.write(bytes.subarray(0, at));
    later(to, 2 * random(), bytes.subarray(at));
  },
};

test(`no value is misattributed (PPURI_SEED=${seed})`, async () => {
  const random = createRandom(seed);
  const names = Object.keys(lies);
  const device = new ModbusDevice((one, socket) => {
    const lie = random() < 0.12 ? lies[names[below(random, names.length)] ?? ''] : undefined;
    if (lie === undefined) socket.write(honest(one));
    else lie(one, socket, random);
  });
  await device.start();
  const port = device.port;
  const bus = createBus('press', { type: 'modbus-tcp', host: '127.0.0.1', port, timeoutMs });
  const outcomes: Record<string, number> = {};
  const wrong: unknown[] = [];
  let worstWaitMs = 0;

  const ask = async (wanted: ReadRequest): Promise<void> => {
    const startMs = performance.now();
    const outcome = await bus.read(wanted).catch((error: unknown) => error);
    worstWaitMs = Math.max(worstWaitMs, performance.now() - startMs);
    if (outcome instanceof PpuriError) {
      outcomes[outcome.code] = (outcomes[outcome.code] ?? 0) + 1;
      if (outcome.code === 'bus-unavailable') await new Promise((next) => setTimeout(next, 5));
      return;
    }
    outcomes.words = (outcomes.words ?? 0) + 1;
    const { words } = outcome as { words: number[] };
    const functionCode = functionCodes[wanted.table];
    const right = wordsOf(
      { functionCode, unit: wanted.unit, address: wanted.address },
      wanted.count,
    );
    if (JSON.stringify(words) !== JSON.stringify(right)) wrong.push({ wanted, words, right });
  };

  let left = requests;
  const asker = async (): Promise<void> => {
    while (left-- > 0) {
      const table = tables[below(random, tables.length)] ?? 'holding';
      const address = below(random, 60_000);
      const count = 1 + below(random, 30);
      await ask({ unit: 1 + below(random, 3), table, address, count, priority: 'shot' });
    }
  };
  await Promise.all([asker(), asker(), asker()]);
  const { connects, bytesReceived } = bus.stats();
  await bus.close();
  await device.stop();

  const worst = Math.round(worstWaitMs);
  process.stdout.write(
    `storm seed ${seed}: ${JSON.stringify({ ...outcomes, connects, bytesReceived })}, longest wait incl. queue ${worst} ms\n`,
  );
  expect(wrong).toEqual([]);
  expect(Object.values(outcomes).reduce((sum, n) => sum + n, 0)).toBe(requests);
  expect(outcomes.words).toBeGreaterThan(requests / 4);
  for (const code of ['bus-timeout', 'modbus-malformed', 'modbus-exception', 'bus-unavailable']) {
    expect(outcomes[code], code).toBeGreaterThan(0);
  }
});
