/** What an RTU line does wrong, one way at a time: an error or the right words, never others. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Bus, ReadRequest } from '../../drivers/driver.ts';
import type { BusOptions } from '../../drivers/factory.ts';
import { createBus } from '../../drivers/registry.ts';
import { honestData, wordsOf } from '../fixtures/modbus-device.ts';
import {
  honestRtu,
  RtuDevice,
  type RtuRequest,
  type RtuScript,
  rtuFrame,
} from '../fixtures/rtu-device.ts';

const timeoutMs = 60;
const open: { bus: Bus; device: RtuDevice }[] = [];

afterEach(async () => {
  for (const { bus, device } of open.splice(0)) {
    await bus.close();
    await device.stop();
  }
});

async function rig(script?: RtuScript, echo: 'none' | 'cancel' = 'none', options: BusOptions = {}) {
  const device = new RtuDevice(script);
  await device.start();
  const where = { host: '127.0.0.1', port: device.port };
  const bus = createBus('line', { type: 'modbus-rtu-tcp', ...where, echo, timeoutMs }, options);
  open.push({ bus, device });
  return { bus, device };
}

const read = (address: number, change: Partial<ReadRequest> = {}): ReadRequest => ({
  unit: 1,
  table: 'holding',
  address,
  count: 2,
  priority: 'shot',
  ...change,
});

const right = ({ unit, address, count }: ReadRequest): number[] =>
  wordsOf({ functionCode: 3, unit, address }, count);

/** The words, or the error; waits out a unit that is left alone. */
function readOrError(bus: Bus, request: ReadRequest): Promise<readonly number[] | Error> {
  return readWhenAllowed(bus, request).catch((error: Error) => error);
}

/** Waits out a unit that is left alone. */
async function readWhenAllowed(bus: Bus, request: ReadRequest): Promise<readonly number[]> {
  for (;;) {
    try {
      return (await bus.read(request)).words;
    } catch (error) {
      if ((error as { code?: string }).code !== 'bus-unavailable') throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

describe('late replies', () => {
  test('are not taken for the next request’s, which waits out the quarantine', async () => {
    const lateMs = 1.8 * timeoutMs;
    let lies = 1;
    const { bus, device } = await rig((request, reply) => {
      if (lies-- > 0) setTimeout(() => reply(honestRtu(request)), lateMs);
      else reply(honestRtu(request));
    });
    await expect(bus.read(read(10))).rejects.toMatchObject({ code: 'bus-timeout' });
    const refused = bus.read(read(20));
    await expect(refused).rejects.toMatchObject({ code: 'bus-unavailable' });
    expect(bus.stats().units[0]?.state).toBe('quarantined');
    expect(await readWhenAllowed(bus, read(20))).toEqual(right(read(20)));
    expect(device.requests).toHaveLength(2);
    expect(bus.stats().strayBytes).toBe(9);
  });

  test('do not hold up another unit', async () => {
    const { bus } = await rig((request, reply) => {
      if (request.unit === 1) setTimeout(() => reply(honestRtu(request)), 1.5 * timeoutMs);
      else reply(honestRtu(request));
    });
    const lost = bus.read(read(10));
    await expect(lost).rejects.toMatchObject({ code: 'bus-timeout' });
    for (let address = 0; address < 30; address++) {
      const wanted = read(address, { unit: 2 });
      expect((await bus.read(wanted)).words).toEqual(right(wanted));
    }
  });

  test('that reach the next connection of a converter are not its first reply', async () => {
    let lies = 1;
    const { bus, device } = await rig((request, reply) => {
      if (lies-- > 0) {
        device.drop();
        setTimeout(() => reply(honestRtu(request)), 0.8 * timeoutMs);
      } else reply(honestRtu(request));
    });
    await expect(bus.read(read(10))).rejects.toMatchObject({ code: 'bus-unavailable' });
    expect(await readWhenAllowed(bus, read(20))).toEqual(right(read(20)));
  });
});

describe('repeated replies', () => {
  test('glued to the first are let go', async () => {
    const { bus } = await rig((request, reply) =>
      reply(Buffer.concat([honestRtu(request), honestRtu(request)])),
    );
    for (let address = 0; address < 20; address++) {
      expect((await bus.read(read(address))).words).toEqual(right(read(address)));
    }
  });

  test('that come while another request of that shape waits are told from its reply', async () => {
    const { bus, device } = await rig();
    // What a device usually takes is known by then.
    for (let address = 100; address < 140; address++) await bus.read(read(address));
    let first: Buffer | null = null;
    device.script = (request, reply) => {
      if (first === null) {
        first = honestRtu(request);
        reply(first);
      } else {
        reply(first);
        setTimeout(() => reply(honestRtu(request)), 1);
      }
    };
    expect((await bus.read(read(10))).words).toEqual(right(read(10)));
    const second = await bus.read(read(20)).then(
      ({ words }) => words,
      (error: { code: string }) => error.code,
    );
    // Two frames fit: nothing but an error may come of it.
    expect(second).toBe('bus-timeout');
    device.script = (request, reply) => reply(honestRtu(request));
    expect(await readWhenAllowed(bus, read(30))).toEqual(right(read(30)));
  });

  test('are not seen in registers that just hold the same', async () => {
    const zeros = (unit: number, count: number): Buffer =>
      rtuFrame(unit, 3, Buffer.concat([Buffer.of(2 * count), Buffer.alloc(2 * count)]));
    const { bus } = await rig((request, reply) => reply(zeros(request.unit, request.count)));
    for (let address = 0; address < 20; address++) {
      expect((await bus.read(read(address))).words).toEqual([0, 0]);
    }
    expect(bus.stats().units[0]?.timeouts).toBe(0);
  });
});

describe('more than one voice on the line', () => {
  /** What the other device with that number holds. */
  const other = (request: RtuRequest): Buffer =>
    honestRtu({ ...request, address: request.address + 5000 });

  test.each([
    ['2', 2],
    ['10', 10],
    ['25', 25],
  ])('two devices with one unit number, %s ms apart, give no value', async (_, apartMs) => {
    const { bus } = await rig((request, reply) => {
      setTimeout(() => reply(honestRtu(request)), 3);
      setTimeout(() => reply(other(request)), 3 + apartMs);
    });
    for (let address = 0; address < 8; address++) {
      const outcome = await readOrError(bus, read(address));
      expect(outcome).toMatchObject({
        code: 'bus-timeout',
        message: expect.stringContaining('two devices'),
      });
    }
  });

  test('two devices that hold the same are not told apart, and need not be', async () => {
    const { bus } = await rig((request, reply) => {
      reply(honestRtu(request));
      setTimeout(() => reply(honestRtu(request)), 5);
    });
    expect(await readOrError(bus, read(10))).toEqual(right(read(10)));
  });

  test('a device that joins later under a number in use is noticed by what it says', async () => {
    const { bus, device } = await rig();
    for (let address = 0; address < 10; address++) await bus.read(read(address));
    device.script = (request, reply) => {
      reply(honestRtu(request));
      setTimeout(() => reply(other(request)), 8);
    };
    const outcomes: unknown[] = [];
    for (let address = 100; address < 112; address++) {
      outcomes.push(await readOrError(bus, read(address)));
    }
    for (const [i, outcome] of outcomes.entries()) {
      if (Array.isArray(outcome)) expect(outcome).toEqual(right(read(100 + i)));
    }
    // How many come before the second voice is first heard depends on how quick the line is.
    const first = outcomes.findIndex((outcome) => !Array.isArray(outcome));
    expect(first).toBeGreaterThanOrEqual(0);
    expect(outcomes.slice(first).some(Array.isArray)).toBe(false);
  });

  test('another master’s answer from the same unit is not ours', async () => {
    const { bus, device } = await rig((request, reply) => {
      const theirs = { ...request, address: request.address + 700 };
      const question = rtuFrame(request.unit, 3, Buffer.of(2, 188, 0, 2));
      reply(Buffer.concat([question, honestRtu(theirs)]));
      setTimeout(() => reply(honestRtu(request)), 10);
    });
    const outcome = await readOrError(bus, read(20));
    expect(outcome).toMatchObject({ code: 'bus-timeout' });
    device.script = (request, reply) => reply(honestRtu(request));
    expect(await readWhenAllowed(bus, read(30))).toEqual(right(read(30)));
  });

  test('what answers the program before us is not the answer to our first question', async () => {
    let late: Buffer | null = null;
    const { bus, device } = await rig((request, reply) => {
      late = honestRtu({ ...request, address: 999 });
      reply(late);
      setTimeout(() => reply(honestRtu(request)), 12);
    });
    expect(await readOrError(bus, read(20))).toMatchObject({ code: 'bus-timeout' });
    device.script = (request, reply) => reply(honestRtu(request));
    expect(await readWhenAllowed(bus, read(30))).toEqual(right(read(30)));
  });
});

describe('frames that do not fit', () => {
  const foreign: readonly [string, RtuScript][] = [
    ['another unit’s', (one, reply) => reply(honestRtu({ ...one, unit: one.unit + 1 }))],
    ['another function’s', (one, reply) => reply(rtuFrame(one.unit, 4, honestData(one)))],
    ['one register short', (one, reply) => reply(honestRtu({ ...one, count: one.count - 1 }))],
    ['one register long', (one, reply) => reply(honestRtu({ ...one, count: one.count + 1 }))],
    ['only the echo', (one, reply) => reply(one.bytes)],
    ['exception 0', (one, reply) => reply(rtuFrame(one.unit, 0x83, Buffer.of(0)))],
    ['nothing', () => undefined],
  ];

  test.each(foreign)('%s: a time-out, with the right words after it', async (_, lie) => {
    const { bus, device } = await rig(lie);
    await expect(bus.read(read(10))).rejects.toMatchObject({ code: 'bus-timeout' });
    device.script = (request, reply) => reply(honestRtu(request));
    expect(await readWhenAllowed(bus, read(20))).toEqual(right(read(20)));
  });

  test('a wrong checksum is counted as one and asked again at once', async () => {
    let lies = 1;
    const { bus } = await rig((request, reply) => {
      const bytes = honestRtu(request);
      if (lies-- > 0) bytes.writeUInt8(bytes.readUInt8(5) ^ 0x10, 5);
      reply(bytes);
    });
    await expect(bus.read(read(10))).rejects.toMatchObject({
      code: 'modbus-malformed',
      message: expect.stringContaining('01 03 04'),
    });
    expect((await bus.read(read(20))).words).toEqual(right(read(20)));
    expect(bus.stats().units[0]).toMatchObject({ checksumErrors: 1, timeouts: 0 });
  });

  test('noise, echo and another unit’s frame before the reply are looked past', async () => {
    const { bus } = await rig((request, reply) => {
      const other = honestRtu({ ...request, unit: 9 });
      reply(Buffer.concat([Buffer.of(0x00, 0xff, 0x01), request.bytes, other, honestRtu(request)]));
    });
    expect((await bus.read(read(10))).words).toEqual(right(read(10)));
  });

  test('a reply in single bytes is put together', async () => {
    const { bus } = await rig((request, reply) => {
      for (const [i, byte] of honestRtu(request).entries())
        setTimeout(() => reply(Buffer.of(byte)), i);
    });
    expect((await bus.read(read(10))).words).toEqual(right(read(10)));
  });
});

describe('echoing adapters', () => {
  const writable = [{ unit: 1, table: 'coil', address: 4, count: 1 } as const];
  const pulse = { unit: 1, table: 'coil', address: 4, values: [1] } as const;

  test('with echo: cancel, the echo of a write is not its confirmation', async () => {
    const { bus, device } = await rig((request, reply) => reply(request.bytes), 'cancel', {
      writable,
    });
    await expect(bus.write(pulse)).rejects.toMatchObject({ code: 'bus-timeout' });
    device.script = (request, reply) => reply(Buffer.concat([request.bytes, honestRtu(request)]));
    await bus.write(pulse);
    expect(await readWhenAllowed(bus, read(20))).toEqual(right(read(20)));
  });

  test('that do not echo are told from those that do', async () => {
    const { bus } = await rig(undefined, 'cancel');
    await expect(bus.read(read(10))).rejects.toMatchObject({
      code: 'bus-timeout',
      message: expect.stringContaining('echo: none'),
    });
  });
});

describe('lines that are never quiet, and connections that say nothing', () => {
  test('a stream without end gives errors or right words, and ends with it', async () => {
    const { bus, device } = await rig();
    await bus.read(read(10));
    let speaking = true;
    const speak = (): void => {
      device.say(Buffer.alloc(64, 0x55));
      if (speaking) setImmediate(speak);
    };
    speak();
    const noisy = await Promise.allSettled([1, 2, 3].map((address) => bus.read(read(address))));
    speaking = false;
    for (const [i, outcome] of noisy.entries()) {
      // The stream may pause for long enough; what is read then is read right.
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ exit: 4 });
      else expect(outcome.value.words).toEqual(right(read(i + 1)));
    }
    expect(bus.stats().bytesReceived).toBeGreaterThan(64);
    expect(await readWhenAllowed(bus, read(20))).toEqual(right(read(20)));
  });

  test('a half-open connection is given up after three time-outs', async () => {
    const { bus, device } = await rig(() => undefined);
    for (let unit = 1; unit <= 3; unit++) {
      const lost = bus.read(read(10, { unit }));
      await expect(lost).rejects.toMatchObject({ code: 'bus-timeout' });
    }
    device.script = (request, reply) => reply(honestRtu(request));
    const wanted = read(20, { unit: 4 });
    expect(await readWhenAllowed(bus, wanted)).toEqual(right(wanted));
    expect(device.connections).toBe(2);
  });
});
