/** Devices and gateways that answer wrongly, one way at a time: an error, never a wrong value. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { PpuriError } from '../../config/errors.ts';
import type { Bus, ReadRequest } from '../../drivers/driver.ts';
import { createBus } from '../../drivers/registry.ts';
import {
  type DeviceRequest,
  exception,
  frame,
  honest,
  honestData,
  ModbusDevice,
  type Script,
  wordsOf,
} from '../fixtures/modbus-device.ts';

const timeoutMs = 80;
const request: ReadRequest = { unit: 1, table: 'holding', address: 7, count: 4, priority: 'shot' };
const rightWords = wordsOf({ functionCode: 3, unit: 1, address: 7 }, 4);
const open: { bus: Bus; device: ModbusDevice }[] = [];

afterEach(async () => {
  for (const { bus, device } of open.splice(0)) {
    await bus.close();
    await device.stop();
  }
});

/** A bus that has read once, honestly, and then meets the lie. */
async function meet(lie: Script): Promise<{ bus: Bus; device: ModbusDevice }> {
  const device = new ModbusDevice();
  await device.start();
  const config = { type: 'modbus-tcp', host: '127.0.0.1', port: device.port, timeoutMs } as const;
  const writable = [
    { unit: 1, table: 'coil', address: 0, count: 8 },
    { unit: 1, table: 'holding', address: 0, count: 8 },
  ] as const;
  const bus = createBus('press', config, { writable });
  open.push({ bus, device });
  await bus.read({ ...request, address: 0 });
  let lies = 1;
  device.script = (one, socket) => {
    lies -= 1;
    if (lies >= 0) lie(one, socket);
    else socket.write(honest(one));
  };
  return { bus, device };
}

async function errorOf(promise: Promise<unknown>): Promise<PpuriError> {
  const error = await promise.then(
    (value) => new Error(`not refused: ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (error instanceof PpuriError) return error;
  throw error;
}

/** The honest reply with some of its parts replaced. */
function lying(change: {
  transaction?: number;
  unit?: number;
  functionCode?: number;
  data?: (data: Buffer) => Buffer;
  protocol?: number;
  length?: number;
}): Script {
  return (one, socket) => {
    const { transaction = 0, unit = 0, functionCode = 0, data = (same: Buffer) => same } = change;
    const parts = [one.transaction + transaction, one.unit + unit, one.functionCode + functionCode];
    const [id = 0, address = 0, code = 0] = parts;
    socket.write(frame(id, address, code, data(honestData(one)), change));
  };
}

function byteCount(change: number): (data: Buffer) => Buffer {
  return (data) => Buffer.concat([Buffer.of((data[0] ?? 0) + change), data.subarray(1)]);
}

const malformed: readonly (readonly [string, Script, string])[] = [
  ['the next transaction id', lying({ transaction: 1 }), 'transaction'],
  ['the id of the request before', lying({ transaction: -1 }), 'transaction'],
  ['the same id modulo 256', lying({ transaction: 256 }), 'transaction'],
  ['protocol id 1', lying({ protocol: 1 }), 'protocol'],
  ['another unit', lying({ unit: 1 }), 'unit 2'],
  ['another function', lying({ functionCode: 1 }), 'function 4'],
  ['byte count 0', lying({ data: byteCount(-8) }), 'byte count 0'],
  ['byte count one short', lying({ data: byteCount(-1) }), 'byte count 7'],
  ['byte count one more', lying({ data: byteCount(1) }), 'byte count 9'],
  ['a shorter frame', lying({ data: (data) => data.subarray(0, 7) }), 'length 9'],
  ['a longer frame', lying({ data: (data) => Buffer.concat([data, Buffer.alloc(2)]) }), 'length'],
  ['72 registers for 4', lying({ data: () => Buffer.alloc(145, 144) }), 'length'],
  ['length 0', lying({ length: 0 }), 'length 0'],
  ['length 65535', lying({ length: 65_535 }), 'length 65535'],
  ['bytes after the reply', lying({ data: (d) => Buffer.concat([d, d]), length: 11 }), 'after'],
  ['the reply twice, glued', (one, to) => to.write(twice(one)), '17 bytes after'],
  [
    'a stray reply glued before the right one',
    (one, to) => to.write(Buffer.concat([honest({ ...one, transaction: 1 }), honest(one)])),
    'transaction',
  ],
  ['an exception of another unit', exceptionOf({ unit: 2 }), 'unit 2'],
  ['an exception of another function', exceptionOf({ functionCode: 4 }), 'function 132'],
  ['an exception of another transaction', exceptionOf({ transaction: 9 }), 'transaction'],
  ['exception 0', (one, to) => to.write(exception(one, 0)), 'exception 0'],
  ['a text banner', (_, to) => to.write('HTTP/1.1 400 Bad Request\r\n\r\n'), 'transaction'],
];

function twice(one: DeviceRequest): Buffer {
  return Buffer.concat([honest(one), honest(one)]);
}

function exceptionOf(change: Partial<DeviceRequest>): Script {
  return (one, socket) => socket.write(exception({ ...one, ...change }, 2));
}

describe('a reply that does not fit', () => {
  test.each(malformed)('%s: refused, and a fresh connection', async (_, lie, why) => {
    const { bus, device } = await meet(lie);
    const error = await errorOf(bus.read(request));
    expect(error.code).toBe('modbus-malformed');
    expect(error.message).toContain(why);
    expect(error).toMatchObject({ operation: 'read holding 7..10', retryable: true });
    expect(error.subject).toContain('unit 1');
    expect((await bus.read(request)).words).toEqual(rightWords);
    expect(device.connections).toBe(2);
    expect(bus.stats().units[0]?.malformed).toBe(1);
  });

  test.each([
    ['coil', [1]],
    ['coil', [1, 0, 1]],
    ['holding', [513]],
    ['holding', [1, 2]],
  ] as const)('a %s write of %j that is not echoed', async (table, values) => {
    const notEchoed = lying({ data: (data) => Buffer.from(data).fill(0x5a, 2) });
    const { bus } = await meet(notEchoed);
    const error = await errorOf(bus.write({ unit: 1, table, address: 1, values }));
    expect(error.code).toBe('modbus-malformed');
    expect(error.message).toContain('echo');
    await bus.write({ unit: 1, table, address: 1, values });
  });
});

describe('a reply that does not come whole', () => {
  const silent: readonly (readonly [string, Script])[] = [
    ['nothing at all', () => undefined],
    ['half a header', (one, to) => to.write(honest(one).subarray(0, 4))],
    ['all but the last byte', (one, to) => to.write(honest(one).subarray(0, -1))],
  ];
  test.each(silent)('%s: a time-out, and a fresh connection', async (_, lie) => {
    const { bus, device } = await meet(lie);
    expect((await errorOf(bus.read(request))).code).toBe('bus-timeout');
    expect((await bus.read(request)).words).toEqual(rightWords);
    expect(device.connections).toBe(2);
  });

  test('one byte now and then: the deadline is for the whole reply', async () => {
    const { bus } = await meet((one, to) => drip(honest(one), to, 25));
    expect((await errorOf(bus.read(request))).code).toBe('bus-timeout');
    expect((await bus.read(request)).words).toEqual(rightWords);
  });

  test('byte by byte but in time: the right words', async () => {
    const { bus, device } = await meet((one, to) => drip(honest(one), to, 0));
    expect((await bus.read(request)).words).toEqual(rightWords);
    expect(device.connections).toBe(1);
  });

  const broken: readonly (readonly [string, Script])[] = [
    ['closed before the reply', (_, to) => to.end()],
    ['closed within the reply', (one, to) => to.end(honest(one).subarray(0, 11))],
    ['reset', (_, to) => to.resetAndDestroy()],
  ];
  test.each(broken)('%s: bus-unavailable at once, and a fresh connection', async (_, lie) => {
    const { bus, device } = await meet(lie);
    const error = await errorOf(bus.read({ ...request, timeoutMs: 60_000 }));
    expect(error).toMatchObject({ code: 'bus-unavailable', operation: 'read holding 7..10' });
    expect((await bus.read(request)).words).toEqual(rightWords);
    expect(device.connections).toBe(2);
  });

  test('a stream without end is cut off, not stored', async () => {
    const { bus } = await meet((one, to) => {
      to.write(honest(one).subarray(0, 9));
      const block = Buffer.alloc(65_536, 0x55);
      const pour = (): void => {
        while (!to.destroyed && to.write(block));
        if (!to.destroyed) to.once('drain', pour);
      };
      pour();
    });
    expect((await errorOf(bus.read(request))).code).toBe('modbus-malformed');
    expect(bus.stats().bytesReceived).toBeLessThan(10_000);
    expect((await bus.read(request)).words).toEqual(rightWords);
  });
});

describe('replies at the wrong time', () => {
  test('a late reply is never the answer to a later request', async () => {
    const sockets: Socket[] = [];
    const { bus, device } = await meet((one, socket) => {
      sockets.push(socket);
      setTimeout(() => socket.write(honest(one)), timeoutMs + 20);
    });
    expect((await errorOf(bus.read(request))).code).toBe('bus-timeout');
    const other = { ...request, address: 900 };
    const words = wordsOf({ functionCode: 3, unit: 1, address: 900 }, 4);
    const closed = sockets.map((socket) => socket.destroyed || once(socket, 'close'));
    for (let i = 0; i < 40; i++) expect((await bus.read(other)).words).toEqual(words);
    await Promise.all(closed);
    expect(device.connections).toBe(2);
  });

  test('a reply that comes again after the next request was sent', async () => {
    const { bus, device } = await meet((one, socket) => {
      socket.write(honest(one));
      const again = device.script;
      device.script = (next, to) => {
        device.script = again;
        to.write(honest(one));
        setTimeout(() => to.write(honest(next)), 1);
      };
    });
    expect((await bus.read(request)).words).toEqual(rightWords);
    const error = await errorOf(bus.read({ ...request, address: 11 }));
    expect(error.code).toBe('modbus-malformed');
    expect((await bus.read(request)).words).toEqual(rightWords);
  });

  test('bytes that nothing asked for end the connection', async () => {
    const gone = Promise.withResolvers<void>();
    let sayMore = (): void => undefined;
    const { bus, device } = await meet((one, socket) => {
      socket.once('close', () => gone.resolve());
      socket.write(honest(one));
      sayMore = () => socket.write(honest({ ...one, transaction: one.transaction + 1 }));
    });
    expect((await bus.read(request)).words).toEqual(rightWords);
    sayMore();
    await gone.promise;
    expect((await bus.read(request)).words).toEqual(rightWords);
    expect(device.connections).toBe(2);
  });
});

describe('exceptions', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255])('%d', async (code) => {
    const { bus, device } = await meet((one, socket) => socket.write(exception(one, code)));
    const error = await errorOf(bus.read(request));
    expect(error).toMatchObject({ code: 'modbus-exception', cause: { exception: code } });
    expect(error.message).toContain(`exception ${code} `);
    expect(error.hint).not.toBe('');
    expect((await bus.read(request)).words).toEqual(rightWords);
    expect(device.connections).toBe(1);
  });
});

test('a device that accepts and never answers is asked less and less often', async () => {
  const device = new ModbusDevice(() => undefined);
  await device.start();
  const config = { type: 'modbus-tcp', host: '127.0.0.1', port: device.port } as const;
  const bus = createBus('press', { ...config, timeoutMs: 20 });
  open.push({ bus, device });
  let failures = 0;
  const until = performance.now() + 1500;
  while (performance.now() < until) {
    await bus.read(request).catch(() => {
      failures += 1;
    });
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  expect(failures).toBeGreaterThan(50);
  // Waits of 50–100, 100–200, 200–400, 400–800 ms … leave room for no more than these.
  expect(device.connections).toBeLessThan(8);
});

function drip(bytes: Buffer, socket: Socket, everyMs: number): void {
  const [first, ...rest] = bytes;
  if (first === undefined || socket.destroyed) return;
  socket.write(Buffer.of(first));
  const next = (): void => drip(Buffer.from(rest), socket, everyMs);
  if (everyMs === 0) setImmediate(next);
  else setTimeout(next, everyMs);
}
