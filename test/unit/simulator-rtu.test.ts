/**
 * The simulated RTU line. Its frames are read by modbus-serial's own client, which is not ours; on
 * pseudo terminals mbpoll does that in the contract tests.
 */
import { EventEmitter, once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import modbusSerial from 'modbus-serial';
import { afterEach, describe, expect, it } from 'vitest';
import { hearOnly } from '../../agent/simulator/baud-gate.ts';
import { type ConverterPort, openConverterPort } from '../../agent/simulator/byte-carrier.ts';
import type { FaultName } from '../../agent/simulator/faults.ts';
import { rtuFrame } from '../../agent/simulator/framing.ts';
import { startModbusServer } from '../../agent/simulator/modbus-server.ts';
import { PtyLine } from '../../agent/simulator/pty-line.ts';
import type { ReplierOptions, ServedReply } from '../../agent/simulator/replier.ts';
import { type RtuServerOptions, startRtuServer } from '../../agent/simulator/rtu-server.ts';
import type { ConnectionLimit } from '../../agent/simulator/socket-listener.ts';
import { characterMs, frameSilenceMs } from '../../agent/simulator/wire-timing.ts';
import type { Channel } from '../../drivers/channel/channel.ts';
import { serialChannel } from '../../drivers/channel/serial-channel.ts';
import type { RegisterTable } from '../../drivers/driver.ts';
import { needs } from '../fixtures/programs.ts';

const codes: Record<RegisterTable, number> = { coil: 1, discrete: 2, holding: 3, input: 4 };
const wordAt = (unit: number, table: RegisterTable, address: number): number =>
  (unit * 7919 + codes[table] * 331 + address * 31) & 0xffff;
const unit: ReplierOptions['unit'] = (id) =>
  id > 10
    ? null
    : {
        read: (table, address, count) =>
          Array.from({ length: count }, (_, i) => wordAt(id, table, address + i)),
        write: () => true,
      };

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function serve(options: Omit<RtuServerOptions, 'unit'>) {
  const server = startRtuServer({ unit, ...options });
  ends.push(() => server.close());
  return server;
}

async function converter(connections?: ConnectionLimit): Promise<ConverterPort> {
  const where = { host: '127.0.0.1', port: 0 };
  return openConverterPort(connections === undefined ? where : { ...where, connections });
}

async function socketTo(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  ends.push(async () => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

type Client = InstanceType<typeof modbusSerial.default>;

async function client(open: (client: Client) => Promise<void>): Promise<Client> {
  const made = new modbusSerial.default();
  await open(made);
  made.setTimeout(1000);
  ends.push(() => new Promise((resolve) => made.close(resolve)));
  return made;
}

async function readsTenUnits(reader: Client): Promise<void> {
  for (let id = 1; id <= 10; id++) {
    reader.setID(id);
    const { data } = await reader.readHoldingRegisters(7 * id, 9);
    expect(data).toEqual(Array.from({ length: 9 }, (_, i) => wordAt(id, 'holding', 7 * id + i)));
    expect((await reader.readInputRegisters(3, 1)).data).toEqual([wordAt(id, 'input', 3)]);
  }
}

const ask = (id: number, count = 2): Buffer =>
  rtuFrame({ unit: id, pdu: Buffer.of(3, 0, 5, 0, count) });
const rightReply = (id: number, count = 2): Buffer => {
  const words = Array.from({ length: count }, (_, i) => wordAt(id, 'holding', 5 + i));
  const data = words.flatMap((word) => [word >> 8, word & 0xff]);
  return rtuFrame({ unit: id, pdu: Buffer.of(3, 2 * count, ...data) });
};

/** Settles once so many bytes have come. */
async function take(socket: Socket, bytes: number): Promise<Buffer> {
  let got = Buffer.alloc(0);
  while (got.length < bytes) {
    const [more] = (await once(socket, 'data')) as [Buffer];
    got = Buffer.concat([got, more]);
  }
  return got;
}

const always = (name: FaultName, settings = {}) => ({
  rates: { [name]: 1 },
  seed: 5,
  settings,
});

describe('RTU over TCP', () => {
  it('is read by a client that is not ours', async () => {
    const carrier = await converter();
    const server = serve({ carrier, byteMs: null });
    const { port } = carrier;
    await readsTenUnits(await client((one) => one.connectTelnet('127.0.0.1', { port })));
    expect(server.stats()).toMatchObject({
      requests: 20,
      replies: 20,
      faults: {},
      droppedBytes: 0,
    });
  });

  it('gives a late reply to the next connection', async () => {
    const carrier = await converter();
    serve({ carrier, byteMs: null, faults: always('late', { lateMs: [120, 120] }) });
    const first = await socketTo(carrier.port);
    first.write(ask(4));
    const second = await socketTo(carrier.port);
    first.destroy();
    expect(await take(second, 9)).toEqual(rightReply(4));
  });

  it('hears nothing of dead units, and nobody where no unit is', async () => {
    const carrier = await converter();
    const server = serve({ carrier, byteMs: null, dead: new Set([7]) });
    const socket = await socketTo(carrier.port);
    socket.write(Buffer.concat([ask(7), ask(99), ask(0), ask(1)]));
    expect(await take(socket, 9)).toEqual(rightReply(1));
    expect(server.stats()).toMatchObject({ requests: 4, replies: 1 });
  });

  it('echoes every request when the adapter hears itself', async () => {
    const carrier = await converter();
    serve({ carrier, byteMs: null, echo: 'each', dead: new Set([7]) });
    const socket = await socketTo(carrier.port);
    socket.write(ask(7));
    expect(await take(socket, 8)).toEqual(ask(7));
    socket.write(ask(2));
    expect(await take(socket, 17)).toEqual(Buffer.concat([ask(2), rightReply(2)]));
  });

  it('with one connection only, refuses the next or drops the one there is', async () => {
    const refusing = await converter({ limit: 1, whenFull: 'refuse' });
    serve({ carrier: refusing, byteMs: null });
    const first = await socketTo(refusing.port);
    await once(await socketTo(refusing.port), 'close');
    first.write(ask(1));
    expect(await take(first, 9)).toEqual(rightReply(1));
    expect(refusing.refused()).toBe(1);

    const dropping = await converter({ limit: 1, whenFull: 'drop-oldest' });
    serve({ carrier: dropping, byteMs: null });
    const old = await socketTo(dropping.port);
    const dropped = once(old, 'close');
    const newer = await socketTo(dropping.port);
    await dropped;
    newer.write(ask(1));
    expect(await take(newer, 9)).toEqual(rightReply(1));
  });

  it('resets a connection, or leaves it half open and answers on another', async () => {
    const resetting = await converter();
    serve({ carrier: resetting, byteMs: null, faults: always('reset') });
    const reset = await socketTo(resetting.port);
    const failed = once(reset, 'error');
    reset.write(ask(1));
    expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' });

    const carrier = await converter();
    let fault: FaultName | null = 'half-open';
    const seen: (FaultName | null)[] = [];
    const onReply = ({ fault: had }: ServedReply) => seen.push(had);
    const server = serve({ carrier, byteMs: null, faults: always(fault), onReply });
    const hung = await socketTo(carrier.port);
    hung.write(ask(1));
    while (seen.length === 0) await new Promise((next) => setImmediate(next));
    fault = null;
    hung.write(ask(1));
    const other = await socketTo(carrier.port);
    other.write(ask(1));
    while (seen.length === 1) await new Promise((next) => setImmediate(next));
    expect(server.stats().requests).toBe(2);
    expect(hung.destroyed).toBe(false);
    expect(hung.bytesRead).toBe(0);
  });
});

describe('what an outside judge is told', () => {
  it.each(['rtu', 'tcp'] as const)(
    'names every spoiled reply and its request (%s)',
    async (kind) => {
      const told: ServedReply[] = [];
      const rates = { silent: 0.2, duplicate: 0.1, truncated: 0.1 } as const;
      const hooks = {
        faults: { rates, seed: 9 },
        onReply: (reply: ServedReply) => told.push(reply),
      };
      const carrier = await converter();
      const over = kind === 'rtu' ? serve({ carrier, byteMs: null, ...hooks }) : null;
      const tcp = await startModbusServer({ host: '127.0.0.1', port: 0, unit, ...hooks });
      ends.push(
        () => tcp.close(),
        () => carrier.close(),
      );
      const socket = await socketTo(over === null ? tcp.port : carrier.port);
      const header = Buffer.from('000100000006', 'hex');
      const request = over === null ? Buffer.concat([header, ask(3).subarray(0, 6)]) : ask(3);
      socket.write(Buffer.concat(Array.from({ length: 300 }, () => request)));
      while (told.length < 300) await new Promise((next) => setImmediate(next));
      const { faults } = over?.stats() ?? tcp.counts();
      const counted = Object.groupBy(told, ({ fault }) => fault ?? 'right');
      for (const name of Object.keys(rates) as (keyof typeof rates)[])
        expect(counted[name]?.length).toBe(faults[name]);
      expect(told.map(({ request: { number } }) => number)).toEqual(told.map((_, i) => i + 1));
      expect(told[0]?.request).toMatchObject({ unit: 3, functionCode: 3, address: 5, count: 2 });
      expect(told[0]?.request.frame).toEqual(request);
      for (const { outcome } of counted.silent ?? []) expect(outcome.deliveries).toEqual([]);
    },
  );
});

describe('a pseudo terminal', () => {
  needs('socat');

  interface Port {
    readonly channel: Channel;
    /** Settles with what was received so far, once it is so much. */
    take(bytes: number): Promise<Buffer>;
    readonly lost: Promise<unknown>;
  }

  async function openPort(path: string, baudRate: number): Promise<Port> {
    const settings = { baudRate, parity: 'none', dataBits: 8, stopBits: 1 } as const;
    const opener = serialChannel({ endpoint: path, port: { path }, ...settings });
    let got = Buffer.alloc(0);
    const lost = Promise.withResolvers<unknown>();
    const events = new EventEmitter();
    const receive = (bytes: Uint8Array): void => {
      got = Buffer.concat([got, bytes]);
      events.emit('more');
    };
    const handlers = { receive, lost: lost.resolve };
    const channel = await opener.open(handlers, new AbortController().signal);
    ends.push(() => channel.close());
    const take = async (bytes: number): Promise<Buffer> => {
      while (got.length < bytes) await once(events, 'more');
      return got;
    };
    return { channel, take, lost: lost.promise };
  }

  it.each([9600, 115_200])('takes the time of a line at %i baud for every byte', async (baud) => {
    const carrier = await PtyLine.open();
    const server = serve({ carrier, byteMs: characterMs(baud) });
    const port = await openPort(carrier.path, baud);
    for (let id = 1; id <= 10; id++) {
      const startMs = performance.now();
      port.channel.write(ask(id, 9));
      expect((await port.take(23 * id)).subarray(-23)).toEqual(rightReply(id, 9));
      const leastMs = (8 + 23) * characterMs(baud) + frameSilenceMs(characterMs(baud));
      expect(performance.now() - startMs).toBeGreaterThanOrEqual(leastMs);
    }
    const { replies, bytesIn, bytesOut, line } = server.stats();
    expect(replies).toBe(10);
    expect(line?.wireMs).toBeCloseTo((bytesIn + bytesOut) * characterMs(baud), 3);
  });

  it('is there for one reader after the other', async () => {
    const carrier = await PtyLine.open();
    serve({ carrier, byteMs: null });
    for (let i = 1; i <= 3; i++) {
      const port = await openPort(carrier.path, 9600);
      port.channel.write(ask(i));
      expect(await port.take(9)).toEqual(rightReply(i));
      await port.channel.close();
    }
  });

  it('can be unplugged and plugged in again, and leaves nothing behind', async () => {
    const descriptors = () => readdirSync('/proc/self/fd').length;
    await (await PtyLine.open()).close();
    const before = descriptors();
    const carrier = await PtyLine.open();
    const server = serve({ carrier, byteMs: null });
    for (let i = 0; i < 5; i++) {
      const port = await openPort(carrier.path, 9600);
      port.channel.write(ask(6));
      expect(await port.take(9)).toEqual(rightReply(6));
      await carrier.unplug();
      expect(existsSync(carrier.path)).toBe(false);
      await port.lost;
      await port.channel.close();
      await carrier.plug();
    }
    await server.close();
    expect(existsSync(carrier.path)).toBe(false);
    expect(descriptors()).toBe(before);
  });

  it('hears only its own rate, where asked to', async () => {
    const line = await PtyLine.open();
    const carrier = hearOnly(line, 19_200);
    serve({ carrier, byteMs: null });
    const wrong = await openPort(line.path, 9600);
    wrong.channel.write(ask(1));
    await expect.poll(() => carrier.unheard()).toBe(8);
    await wrong.channel.close();
    const right = await openPort(line.path, 19_200);
    right.channel.write(ask(2));
    expect(await right.take(9)).toEqual(rightReply(2));
  });

  it('is refused where there is a file already, or no directory', async () => {
    const refused = { code: 'bus-unavailable', subject: expect.stringContaining('/') };
    await expect(PtyLine.open('/etc/hostname')).rejects.toMatchObject(refused);
    await expect(PtyLine.open('/nonexistent/tty')).rejects.toMatchObject(refused);
  });
});
