/** What every bus of text instruments promises, whatever carries it. A driver's test brings a harness. */
import { afterEach, describe, expect, test } from 'vitest';
import { PpuriError } from '../../config/errors.ts';
import type { LineBus, LineFraming, LineReading, LineRequest } from '../../drivers/driver.ts';
import type { BusOptions } from '../../drivers/factory.ts';

/** Answers `? unit tag` with `= unit tag`, and says what it is told to. */
export interface ContractInstrument {
  readonly connections: number;
  readonly seen: readonly { readonly request: string; readonly atMs: number }[];
  readonly muted: Set<number>;
  /** While set, replies wait until `release`. */
  hold(): void;
  release(): void;
  say(text: string): void;
  /** Settles when it has been asked so often since it was made. */
  asked(times: number): Promise<void>;
  /** Settles when it is connected. */
  opened(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface LineHarness {
  instrument(): Promise<ContractInstrument>;
  bus(
    instrument: ContractInstrument,
    options: BusOptions & { readonly timeoutMs: number },
  ): LineBus;
}

export const framing: LineFraming = {
  end: { delimiter: '\r\n' },
  checksum: 'none',
  checksumFrom: 0,
  bits: 8,
};

export function request(unit: number, tag: string, change: Partial<LineRequest> = {}): LineRequest {
  const accept = `^= ${unit} ${tag}$`;
  return { unit, send: `? ${unit} ${tag}\r\n`, framing, accept, priority: 'shot', ...change };
}

export function lineContract(name: string, harness: LineHarness): void {
  const open: { bus: LineBus; instrument: ContractInstrument }[] = [];
  afterEach(async () => {
    for (const { bus, instrument } of open.splice(0)) {
      await bus.close();
      instrument.release();
      await instrument.stop();
    }
  });

  const rig = async (options: Partial<BusOptions> & { timeoutMs?: number } = {}) => {
    const instrument = await harness.instrument();
    const bus = harness.bus(instrument, { timeoutMs: 500, ...options });
    open.push({ bus, instrument });
    return { bus, instrument };
  };

  describe(`${name}: asking`, () => {
    test('nothing is connected before the first request', async () => {
      const { bus, instrument } = await rig();
      expect(bus.stats().state).toBe('idle');
      expect((await bus.ask(request(1, 'a'))).text).toBe('= 1 a');
      expect(instrument.connections).toBe(1);
      expect(bus.stats().state).toBe('open');
    });

    test('requests made together each get their own reply, with its time', async () => {
      const { bus } = await rig();
      const tags = Array.from({ length: 30 }, (_, i) => `t${i}`);
      const replies = await Promise.all(tags.map((tag, i) => bus.ask(request(1 + (i % 5), tag))));
      expect(replies.map(({ text }) => text)).toEqual(
        tags.map((tag, i) => `= ${1 + (i % 5)} ${tag}`),
      );
      for (const { at, roundTripMs } of replies) {
        expect(roundTripMs).toBeGreaterThan(0);
        expect(at.monoMs).toBeLessThanOrEqual(performance.now());
      }
    });

    test.each([
      ['nothing', { send: '' }],
      ['too much', { send: 'x'.repeat(257) }],
      ['no such unit', { unit: 256 }],
      ['an expression that is none', { accept: '(' }],
    ])('%s is refused before anything is sent', async (_, change) => {
      const { bus, instrument } = await rig();
      await expectError(bus.ask(request(1, 'a', change)), 'out-of-range');
      expect(instrument.connections).toBe(0);
    });

    test('what waits is sent by urgency, first in first out within a class', async () => {
      const { bus, instrument } = await rig();
      await bus.ask(request(1, 'open'));
      instrument.hold();
      const first = bus.ask(request(1, 'first'));
      await instrument.asked(2);
      const rest = (['slow', 'slow', 'shot', 'trigger'] as const).map((priority, i) =>
        bus.ask(request(1, `r${i}`, { priority })),
      );
      instrument.release();
      await Promise.all([first, ...rest]);
      const order = instrument.seen.slice(1).map(({ request: line }) => line);
      expect(order).toEqual(['? 1 first', '? 1 r3', '? 1 r2', '? 1 r0', '? 1 r1']);
    });

    test('a weak instrument gets its pause between requests', async () => {
      const { bus, instrument } = await rig({ unitGapMs: new Map([[2, 25]]) });
      await Promise.all([0, 1, 2].map((i) => bus.ask(request(2, `t${i}`))));
      const times = instrument.seen.map(({ atMs }) => atMs);
      for (const [i, time] of times.entries()) {
        // Half a millisecond for clocks read in two places.
        if (i > 0) expect(time - (times[i - 1] ?? 0)).toBeGreaterThanOrEqual(24.5);
      }
    });
  });

  describe(`${name}: listening`, () => {
    test('nothing is connected before one listens; then whole messages are heard', async () => {
      const { bus, instrument } = await rig();
      expect(instrument.connections).toBe(0);
      const ear = new Ear(bus);
      await instrument.opened();
      await ear.inStep(instrument);
      instrument.say('one\r\ntwo\r\nthree');
      instrument.say('\r\n');
      await ear.until('three');
      expect(ear.texts.slice(-3)).toEqual(['one', 'two', 'three']);
      const { units } = bus.stats();
      expect(units).toMatchObject([{ unit: 1, requests: 0, malformed: 0, state: 'answering' }]);
      ear.stop();
    });

    test('who has stopped listening hears no more', async () => {
      const { bus, instrument } = await rig();
      const [stopped, stays] = [new Ear(bus), new Ear(bus)];
      await instrument.opened();
      await Promise.all([stopped.inStep(instrument), stays.inStep(instrument)]);
      stopped.stop();
      instrument.say('later\r\n');
      await stays.until('later');
      expect(stopped.texts).not.toContain('later');
    });

    test('it is heard again after it was away, and the loss is told', async () => {
      const { bus, instrument } = await rig();
      const ear = new Ear(bus);
      await instrument.opened();
      await ear.inStep(instrument);
      await instrument.stop();
      await ear.untilError('bus-unavailable');
      await instrument.start();
      await instrument.opened();
      await ear.inStep(instrument);
      instrument.say('back\r\n');
      await ear.until('back');
      expect(bus.stats().connects).toBeGreaterThan(1);
    });
  });

  describe(`${name}: trouble`, () => {
    test('silence is a time-out, and the unit is left alone until no late reply can come', async () => {
      const { bus, instrument } = await rig({ timeoutMs: 60 });
      await bus.ask(request(1, 'a'));
      instrument.muted.add(1);
      await expectError(bus.ask(request(1, 'b')), 'bus-timeout');
      instrument.muted.clear();
      await expectError(bus.ask(request(1, 'c')), 'bus-unavailable');
      expect(bus.stats().units[0]?.state).toBe('quarantined');
      expect((await eventually(bus, request(1, 'd'))).text).toBe('= 1 d');
    });

    test('a silent unit does not cost its neighbour its turn', async () => {
      const { bus, instrument } = await rig({ timeoutMs: 60 });
      instrument.muted.add(8);
      for (let i = 0; i < 20; i++) {
        await expect(bus.ask(request(8, 'x'))).rejects.toBeInstanceOf(PpuriError);
        expect((await eventually(bus, request(1, `t${i}`))).text).toBe(`= 1 t${i}`);
      }
      const dead = bus.stats().units.find(({ unit }) => unit === 8);
      expect(dead?.timeouts).toBeLessThan(8);
    });

    test('an absent instrument fails, and is found when it comes back', async () => {
      const { bus, instrument } = await rig();
      await bus.ask(request(1, 'a'));
      await instrument.stop();
      const lost = await Promise.allSettled([1, 2, 3].map(() => bus.ask(request(1, 'b'))));
      expect(lost.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
      await instrument.start();
      expect((await eventually(bus, request(1, 'c'))).text).toBe('= 1 c');
    });

    test('closing settles everything that waits, once and for all', async () => {
      const { bus, instrument } = await rig({ timeoutMs: 60_000 });
      instrument.hold();
      const pending = Array.from({ length: 5 }, (_, i) => bus.ask(request(1, `t${i}`)));
      const all = Promise.allSettled(pending);
      await Promise.all([bus.close(), bus.close()]);
      for (const one of await all)
        expect(one).toMatchObject({ status: 'rejected', reason: { code: 'bus-closed' } });
      await expectError(bus.ask(request(1, 'z')), 'bus-closed');
      expect(bus.stats()).toMatchObject({ state: 'closed', queued: 0 });
    });

    test('closing while connecting, or never used, settles too', async () => {
      const { bus } = await rig();
      const refused = expectError(bus.ask(request(1, 'a')), 'bus-closed');
      await bus.close();
      await refused;
      const { bus: unused } = await rig();
      await unused.close();
      await expectError(unused.ask(request(1, 'a')), 'bus-closed');
      unused.listen(1, framing, () => undefined)();
      expect(unused.stats().state).toBe('closed');
    });

    test('it counts what passed', async () => {
      const { bus } = await rig();
      for (let i = 0; i < 20; i++) await bus.ask(request(1 + (i % 2), `t${i}`));
      const { units, bytesSent, bytesReceived, connects, strayBytes } = bus.stats();
      expect(units.map(({ unit, requests }) => [unit, requests])).toEqual([
        [1, 10],
        [2, 10],
      ]);
      expect(units[0]?.roundTripMs?.p99).toBeGreaterThanOrEqual(units[0]?.roundTripMs?.p50 ?? 1e9);
      expect(bytesSent).toBeGreaterThan(0);
      expect(bytesReceived).toBeGreaterThan(0);
      expect([connects, strayBytes]).toEqual([1, 0]);
    });
  });
}

/** Someone who listens, and remembers. */
export class Ear {
  readonly heard: (LineReading | PpuriError)[] = [];
  readonly stop: () => void;
  #wake: (() => void)[] = [];

  constructor(bus: LineBus, as: LineFraming = framing) {
    this.stop = bus.listen(1, as, (one) => {
      this.heard.push(one);
      for (const wake of this.#wake.splice(0)) wake();
    });
  }

  get texts(): string[] {
    return this.heard.flatMap((one) => (one instanceof PpuriError ? [] : [one.text]));
  }

  get codes(): string[] {
    return this.heard.flatMap((one) => (one instanceof PpuriError ? [one.code] : []));
  }

  next(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  async until(text: string): Promise<void> {
    while (!this.texts.includes(text)) await this.next();
  }

  async untilError(code: string): Promise<void> {
    while (!this.codes.includes(code)) await this.next();
  }

  /** Settles when a message of the instrument, which speaks on and on, has been heard. */
  async inStep(instrument: Pick<ContractInstrument, 'say'>): Promise<void> {
    const before = this.texts.length;
    const speaking = setInterval(() => instrument.say('step\r\n'), 10);
    while (this.texts.length === before) await this.next();
    clearInterval(speaking);
  }
}

export async function expectError(promise: Promise<unknown>, code: string): Promise<void> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PpuriError);
  if (!(error instanceof PpuriError)) return;
  expect(error.code).toBe(code);
  expect(error.operation).toMatch(/^ask "/);
  expect(error.subject).toContain('unit ');
  expect(error.hint).not.toBe('');
}

/** Asks again until the bus is up; only the errors of a bus that is down are forgiven. */
export async function eventually(bus: LineBus, wanted: LineRequest): Promise<LineReading> {
  for (;;) {
    try {
      return await bus.ask(wanted);
    } catch (error) {
      const down = error instanceof PpuriError && error.code === 'bus-unavailable';
      if (!down) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
