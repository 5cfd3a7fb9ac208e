/** What every bus promises, whatever the protocol beneath. A driver's test brings a harness. */
import { afterEach, describe, expect, test } from 'vitest';
import { PpuriError } from '../../config/errors.ts';
import type {
  BlockReading,
  Bus,
  Priority,
  ReadRequest,
  RegisterTable,
} from '../../drivers/driver.ts';
import type { BusOptions } from '../../drivers/factory.ts';

/** A device the harness controls. Units 1–9 answer, unless muted; `refusing` answers exception 2. */
export interface ContractDevice {
  readonly connections: number;
  /** `R 1 holding 12 3` or `W 1 coil 4 1`, in the order of arrival, with monotonic ms. */
  readonly seen: readonly { readonly line: string; readonly atMs: number }[];
  readonly muted: Set<number>;
  readonly refusing: Set<number>;
  /** While set, replies wait until `release`. */
  hold(): void;
  release(): void;
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface BusHarness {
  device(): Promise<ContractDevice>;
  bus(device: ContractDevice, options: BusOptions & { readonly timeoutMs: number }): Bus;
  /** What the device holds at a place. */
  wordAt(unit: number, table: RegisterTable, address: number): number;
}

const tables: readonly RegisterTable[] = ['holding', 'input', 'coil', 'discrete'];

export function busContract(name: string, harness: BusHarness): void {
  const open: { bus: Bus; device: ContractDevice }[] = [];
  afterEach(async () => {
    for (const { bus, device } of open.splice(0)) {
      await bus.close();
      device.release();
      await device.stop();
    }
  });

  const rig = async (options: Partial<BusOptions> & { timeoutMs?: number } = {}) => {
    const device = await harness.device();
    const bus = harness.bus(device, { timeoutMs: 300, ...options });
    open.push({ bus, device });
    return { bus, device };
  };
  const words = ({ unit, table, address, count }: ReadRequest): number[] =>
    Array.from({ length: count }, (_, i) => harness.wordAt(unit, table, address + i));

  describe(`${name}: reading`, () => {
    test('nothing is connected before the first request', async () => {
      const { bus, device } = await rig();
      expect(bus.stats().state).toBe('idle');
      await bus.read(request());
      expect(device.connections).toBe(1);
      expect(bus.stats().state).toBe('open');
    });

    test('every table gives exactly the words asked for, with their time', async () => {
      const { bus } = await rig();
      for (const table of tables) {
        for (const count of [1, 7, 8, 9, 60]) {
          const wanted = request({ table, count, address: 11 });
          const reading = await bus.read(wanted);
          expect(reading.words).toEqual(words(wanted));
          expect(reading.request).toBe(wanted);
          expect(reading.roundTripMs).toBeGreaterThan(0);
          expect(reading.at.monoMs).toBeLessThanOrEqual(performance.now());
        }
      }
    });

    test('requests made together each get their own words', async () => {
      const { bus } = await rig();
      const wanted = Array.from({ length: 100 }, (_, i) =>
        request({ unit: 1 + (i % 5), address: i * 3, count: 1 + (i % 10) }),
      );
      const readings = await Promise.all(wanted.map((one) => bus.read(one)));
      expect(readings.map((one) => one.words)).toEqual(wanted.map(words));
    });

    test.each([
      ['no registers', { count: 0 }],
      ['too many registers', { count: 126 }],
      ['too many bits', { table: 'coil' as const, count: 2001 }],
      ['beyond the table', { address: 65535, count: 2 }],
      ['no such unit', { unit: 256 }],
      ['half a register', { address: 0.5 }],
    ])('%s is refused before anything is sent', async (_, change) => {
      const { bus, device } = await rig();
      await expectError(bus.read(request(change)), 'out-of-range');
      expect(device.connections).toBe(0);
    });
  });

  describe(`${name}: order`, () => {
    test('what waits is sent by urgency, first in first out within a class', async () => {
      const writable = [{ unit: 1, table: 'coil' as const, address: 0, count: 1 }];
      const { bus, device } = await rig({ writable });
      await bus.read(request({ address: 500 }));
      device.hold();
      const first = bus.read(request({ address: 1 }));
      while (device.seen.length < 2) await new Promise((resolve) => setImmediate(resolve));
      const rest = (['slow', 'slow', 'shot', 'trigger'] as const).map((priority, i) =>
        bus.read(request({ priority, address: 10 + i })),
      );
      const write = bus.write({ unit: 1, table: 'coil', address: 0, values: [1] });
      device.release();
      await Promise.all([first, write, ...rest]);
      const order = ['R 1 holding 1 1', 'W 1 coil 0 1', 'R 1 holding 13 1', 'R 1 holding 12 1'];
      expect(device.seen.slice(1).map(({ line }) => line)).toEqual([
        ...order,
        'R 1 holding 10 1',
        'R 1 holding 11 1',
      ]);
    });

    test('a write that only shows something waits behind every poll', async () => {
      const writable = [{ unit: 1, table: 'coil' as const, address: 0, count: 1 }];
      const { bus, device } = await rig({ writable });
      await bus.read(request({ address: 500 }));
      device.hold();
      const first = bus.read(request({ address: 1 }));
      while (device.seen.length < 2) await new Promise((resolve) => setImmediate(resolve));
      const lamp = { unit: 1, table: 'coil', address: 0, values: [1], priority: 'slow' } as const;
      const shown = bus.write(lamp);
      const polls = (['shot', 'trigger'] as const).map((priority, i) =>
        bus.read(request({ priority, address: 10 + i })),
      );
      device.release();
      await Promise.all([first, shown, ...polls]);
      const order = ['R 1 holding 11 1', 'R 1 holding 10 1', 'W 1 coil 0 1'];
      expect(device.seen.slice(2).map(({ line }) => line)).toEqual(order);
    });

    test('a slow read is not starved by triggers that never cease', async () => {
      const { bus, device } = await rig();
      device.hold();
      const slow = bus.read(request({ priority: 'slow', address: 999 }));
      const triggers = Array.from({ length: 60 }, () => bus.read(request({ priority: 'trigger' })));
      const waiting = bus.read(request({ priority: 'slow', address: 998 }));
      device.release();
      await Promise.all([slow, waiting, ...triggers]);
      const at = device.seen.findIndex(({ line }) => line === 'R 1 holding 998 1');
      expect(at).toBeLessThan(40);
    });

    test('a weak device gets its pause between requests', async () => {
      const { bus, device } = await rig({ unitGapMs: new Map([[2, 25]]) });
      await Promise.all([0, 1, 2, 3].map((i) => bus.read(request({ unit: 2, address: i }))));
      const times = device.seen.map(({ atMs }) => atMs);
      for (const [i, time] of times.entries()) {
        // Half a millisecond for clocks read in two places.
        if (i > 0) expect(time - (times[i - 1] ?? 0)).toBeGreaterThanOrEqual(24.5);
      }
    });
  });

  describe(`${name}: writing`, () => {
    const writable = [
      { unit: 1, table: 'coil' as const, address: 4, count: 3 },
      { unit: 1, table: 'holding' as const, address: 40, count: 2 },
    ];

    test('a bus without outputs writes nothing', async () => {
      const { bus, device } = await rig();
      const write = bus.write({ unit: 1, table: 'coil', address: 4, values: [1] });
      await expectError(write, 'write-refused');
      expect(device.connections).toBe(0);
    });

    test.each([
      ['another unit', { unit: 2, table: 'coil' as const, address: 4, values: [1] }],
      ['another table', { unit: 1, table: 'holding' as const, address: 4, values: [1] }],
      ['another address', { unit: 1, table: 'coil' as const, address: 7, values: [1] }],
      ['more than it owns', { unit: 1, table: 'coil' as const, address: 5, values: [1, 1, 1] }],
    ])('%s is refused', async (_, write) => {
      const { bus, device } = await rig({ writable });
      await expectError(bus.write(write), 'write-refused');
      expect(device.seen).toHaveLength(0);
    });

    test('a value that does not fit is refused', async () => {
      const { bus } = await rig({ writable });
      const write = { unit: 1, table: 'holding' as const, address: 40, values: [65536] };
      await expectError(bus.write(write), 'out-of-range');
    });

    test('listed registers are written, one or several', async () => {
      const { bus, device } = await rig({ writable });
      await bus.write({ unit: 1, table: 'coil', address: 4, values: [1] });
      await bus.write({ unit: 1, table: 'coil', address: 4, values: [0, 1, 1] });
      await bus.write({ unit: 1, table: 'holding', address: 41, values: [513] });
      const at = await bus.write({ unit: 1, table: 'holding', address: 40, values: [7, 65535] });
      expect(at.monoMs).toBeLessThanOrEqual(performance.now());
      expect(device.seen.map(({ line }) => line)).toEqual([
        'W 1 coil 4 1',
        'W 1 coil 4 0 1 1',
        'W 1 holding 41 513',
        'W 1 holding 40 7 65535',
      ]);
    });
  });

  describe(`${name}: trouble`, () => {
    test('a device that refuses gives an error and goes on answering others', async () => {
      const { bus, device } = await rig();
      device.refusing.add(3);
      await expectError(bus.read(request({ unit: 3 })), 'modbus-exception');
      expect((await bus.read(request())).words).toEqual(words(request()));
      expect(device.connections).toBe(1);
      expect(bus.stats().units.find(({ unit }) => unit === 3)?.exceptions).toBe(1);
    });

    test('silence is a time-out, and the next words are right', async () => {
      const { bus, device } = await rig({ timeoutMs: 60 });
      await eventually(bus, request());
      device.muted.add(1);
      await expectError(bus.read(request({ address: 5 })), 'bus-timeout');
      device.muted.clear();
      const again = await eventually(bus, request({ address: 6 }));
      expect(again.words).toEqual(words(request({ address: 6 })));
      expect(bus.stats().units[0]?.timeouts).toBe(1);
    });

    test('a silent unit is soon left alone while its neighbours are read', async () => {
      const { bus, device } = await rig({ timeoutMs: 40 });
      device.muted.add(8);
      const codes: string[] = [];
      for (let i = 0; i < 60; i++) {
        const dead = await bus.read(request({ unit: 8 })).catch((error: unknown) => error);
        codes.push(dead instanceof PpuriError ? dead.code : 'words');
        expect((await eventually(bus, request({ address: i }))).words).toEqual(
          words(request({ address: i })),
        );
      }
      expect(codes).not.toContain('words');
      expect(codes.filter((code) => code === 'bus-timeout').length).toBeLessThan(8);
    });

    test('so it is with a silent unit that is only to show something', async () => {
      const writable = [{ unit: 8, table: 'coil' as const, address: 0, count: 1 }];
      const { bus, device } = await rig({ timeoutMs: 40, writable });
      device.muted.add(8);
      const lamp = { unit: 8, table: 'coil', address: 0, values: [1], priority: 'slow' } as const;
      const codes: string[] = [];
      for (let i = 0; i < 60; i++) {
        const dead = await bus.write(lamp).catch((error: unknown) => error);
        codes.push(dead instanceof PpuriError ? dead.code : 'written');
        await eventually(bus, request({ address: i }));
      }
      expect(codes).not.toContain('written');
      expect(codes.filter((code) => code === 'bus-timeout').length).toBeLessThan(8);
    });

    test('an absent device fails at once, and is found when it comes back', async () => {
      const { bus, device } = await rig();
      await bus.read(request());
      await device.stop();
      const lost = await Promise.allSettled([1, 2, 3].map(() => bus.read(request())));
      expect(lost.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
      await expectError(bus.read(request()), 'bus-unavailable');
      await device.start();
      expect((await eventually(bus, request())).words).toEqual(words(request()));
    });

    test('closing settles everything that waits, once and for all', async () => {
      const { bus, device } = await rig({ timeoutMs: 60_000 });
      device.hold();
      const pending = Array.from({ length: 5 }, () => bus.read(request()));
      const all = Promise.allSettled(pending);
      await Promise.all([bus.close(), bus.close()]);
      for (const one of await all) {
        expect(one).toMatchObject({ status: 'rejected', reason: { code: 'bus-closed' } });
      }
      await expectError(bus.read(request()), 'bus-closed');
      expect(bus.stats()).toMatchObject({ state: 'closed', queued: 0 });
    });

    test('closing while connecting, or never used, settles too', async () => {
      const { bus } = await rig();
      const pending = bus.read(request());
      const refused = expectError(pending, 'bus-closed');
      await bus.close();
      await refused;
      const { bus: unused } = await rig();
      await unused.close();
      await expectError(unused.read(request()), 'bus-closed');
    });

    test('it counts what passed', async () => {
      const { bus } = await rig();
      for (let i = 0; i < 20; i++) await bus.read(request({ unit: 1 + (i % 2) }));
      const { units, bytesSent, bytesReceived, connects } = bus.stats();
      expect(units.map(({ unit, requests }) => [unit, requests])).toEqual([
        [1, 10],
        [2, 10],
      ]);
      expect(units[0]?.roundTripMs?.p99).toBeGreaterThanOrEqual(units[0]?.roundTripMs?.p50 ?? 1e9);
      expect(bytesSent).toBeGreaterThan(0);
      expect(bytesReceived).toBeGreaterThan(0);
      expect(connects).toBe(1);
    });
  });
}

function request(change: Partial<ReadRequest> = {}): ReadRequest {
  const priority: Priority = 'shot';
  return { unit: 1, table: 'holding', address: 0, count: 1, priority, ...change };
}

/** The error is one of ours, with everything a technician needs. */
async function expectError(promise: Promise<unknown>, code: string): Promise<void> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PpuriError);
  if (!(error instanceof PpuriError)) return;
  expect(error.code).toBe(code);
  expect(error.operation).toMatch(/^(read|write) (holding|input|coil|discrete) /);
  expect(error.subject).toContain('unit ');
  expect(error.hint).not.toBe('');
}

/** Longer than a busy machine keeps a healthy device from answering. */
const patientMs = 5000;

/** Reads again until the bus is up; only the errors of a bus that is down are forgiven. */
async function eventually(bus: Bus, wanted: ReadRequest): Promise<BlockReading> {
  for (;;) {
    try {
      return await bus.read({ ...wanted, timeoutMs: patientMs });
    } catch (error) {
      const down = error instanceof PpuriError && error.code === 'bus-unavailable';
      if (!down) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
