import { describe, expect, test } from 'vitest';
import { PpuriError } from '../../config/errors.ts';
import { Backoff } from '../../drivers/backoff.ts';
import { createQueuedBus } from '../../drivers/bus.ts';
import { now } from '../../drivers/clock.ts';
import type { Priority, ReadRequest } from '../../drivers/driver.ts';
import { JobQueue } from '../../drivers/queue.ts';
import type { RegisterLink, Settle, Transport } from '../../drivers/transport.ts';

const read: ReadRequest = {
  unit: 1,
  table: 'holding',
  address: 0,
  count: 1,
  priority: 'shot',
};

describe('the queue', () => {
  const jobs = (...priorities: Priority[]) => priorities.map((priority, i) => ({ priority, i }));

  test('most urgent first, in order within a class', () => {
    const queue = new JobQueue<{ priority: Priority; i: number }>();
    for (const job of jobs('slow', 'shot', 'trigger', 'shot', 'write')) queue.push(job);
    const order = [0, 1, 2, 3, 4].map(() => queue.take(() => true)?.i);
    expect(order).toEqual([4, 2, 1, 3, 0]);
    expect(queue.length).toBe(0);
  });

  test('what is not ready lets others pass', () => {
    const queue = new JobQueue<{ priority: Priority; i: number }>();
    for (const job of jobs('trigger', 'trigger', 'slow')) queue.push(job);
    expect(queue.take(({ i }) => i !== 0)?.i).toBe(1);
    expect(queue.take(({ i }) => i !== 0)?.i).toBe(2);
    expect(queue.take(({ i }) => i !== 0)).toBeNull();
    expect(queue.length).toBe(1);
  });

  test.each([
    ['trigger', 17],
    ['write', 65],
  ] as const)('under endless %s requests every class is served in turn', (flood, within) => {
    const queue = new JobQueue<{ priority: Priority; i: number }>();
    for (const job of jobs('shot', 'slow')) queue.push(job);
    const served: Priority[] = [];
    for (let i = 0; i < 3 * within; i++) {
      queue.push({ priority: flood, i });
      served.push(queue.take(() => true)?.priority ?? 'slow');
    }
    expect(served.indexOf('shot')).toBeLessThan(within + 1);
    expect(served.indexOf('slow')).toBeLessThan(2 * within + 1);
    expect(served.filter((priority) => priority === flood).length).toBe(3 * within - 2);
  });
});

test('waits between attempts grow, differ, and stay within five seconds', () => {
  const most = new Backoff(100, 5000, () => 1);
  expect(Array.from({ length: 8 }, () => most.fail())).toEqual([
    100, 200, 400, 800, 1600, 3200, 5000, 5000,
  ]);
  most.reset();
  expect(most.fail()).toBe(100);
  const least = new Backoff(100, 5000, () => 0);
  expect(Array.from({ length: 8 }, () => least.fail()).at(-1)).toBe(2500);
});

describe('what loopback cannot show (a stand-in for the transport)', () => {
  test('a connect that is never answered: requests fail within their time-out, close settles', async () => {
    let aborted = false;
    const transport: Transport = {
      endpoint: 'tcp://192.0.2.1:502',
      quarantineMs: 0,
      reopenAfter: 1,
      connect: (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            reject(new PpuriError('bus-closed', 'aborted', { operation: 'connect', subject: '' }));
          });
        }),
    };
    const bus = createQueuedBus({ name: 'far', transport, timeoutMs: 30 });
    await expect(bus.read(read)).rejects.toMatchObject({ code: 'bus-unavailable' });
    await expect(bus.read(read)).rejects.toMatchObject({ code: 'bus-unavailable' });
    expect(bus.stats().state).toBe('connecting');
    await bus.close();
    expect(aborted).toBe(true);
  });

  test('after a time-out the unit is quarantined, its neighbours are not, and a ghost settles nothing', async () => {
    const asked: { unit: number; settle: Settle<readonly number[]> }[] = [];
    const link: RegisterLink = {
      bytesSent: 0,
      bytesReceived: 0,
      strayBytes: 0,
      quietUntilMs: 0,
      unitQuietUntilMs: () => 0,
      read: ({ unit }, settle) => asked.push({ unit, settle }),
      write: () => undefined,
      abandon: () => ({ link: 'silence', instead: null, reply: 'pending' }),
      close: async () => undefined,
    };
    const transport: Transport = {
      endpoint: 'rtu:///dev/null',
      quarantineMs: 60_000,
      reopenAfter: 9,
      connect: async () => link,
    };
    const bus = createQueuedBus({ name: 'line', transport, timeoutMs: 10_000 });
    const units = (): number[] => asked.map(({ unit }) => unit);
    const first = bus.read({ ...read, unit: 1, timeoutMs: 20 });
    const second = bus.read({ ...read, unit: 2 });
    await expect(first).rejects.toMatchObject({ code: 'bus-timeout' });
    await settled();
    expect(units()).toEqual([1, 2]);
    asked[0]?.settle(null, [111], now());
    await settled();
    expect(units()).toEqual([1, 2]);
    await expect(bus.read({ ...read, unit: 1 })).rejects.toMatchObject({
      code: 'bus-unavailable',
      message: expect.stringContaining('late reply'),
    });
    asked[1]?.settle(null, [2], now());
    expect((await second).words).toEqual([2]);
    expect(bus.stats()).toMatchObject({
      connects: 1,
      units: [
        { unit: 1, requests: 1, timeouts: 1, state: 'quarantined' },
        { unit: 2, requests: 1, state: 'answering' },
      ],
    });
    await bus.close();
  });
});

test('a line that is never quiet fails what waits, instead of holding it (a stand-in for the link)', async () => {
  let read = 0;
  const link: RegisterLink = {
    bytesSent: 0,
    bytesReceived: 0,
    strayBytes: 0,
    get quietUntilMs() {
      return performance.now() + 5;
    },
    unitQuietUntilMs: () => 0,
    read: () => {
      read += 1;
    },
    write: () => undefined,
    abandon: () => ({ link: 'silence', instead: null, reply: 'pending' }),
    close: async () => undefined,
  };
  const endpoint = 'rtu:///dev/null';
  const transport: Transport = {
    endpoint,
    quarantineMs: 0,
    reopenAfter: 9,
    connect: async () => link,
  };
  const bus = createQueuedBus({ name: 'noisy', transport, timeoutMs: 20 });
  const request = { unit: 1, table: 'holding', address: 0, count: 1, priority: 'shot' } as const;
  const all = await Promise.allSettled([bus.read(request), bus.read({ ...request, unit: 2 })]);
  for (const one of all) {
    expect(one).toMatchObject({
      status: 'rejected',
      reason: { code: 'bus-unavailable', message: 'the line is never quiet' },
    });
  }
  expect(read).toBe(0);
  await bus.close();
});

/** Everything that was due has run: promises, ticks, immediates. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
