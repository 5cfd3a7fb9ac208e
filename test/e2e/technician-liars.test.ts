/** Devices that answer, but not as they should: `ppuri probe` says in which way. */
import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type ProbedBus, probe } from '../../agent/cli/probe-run.ts';
import type { TextSignal } from '../../agent/cli/read-text-signals.ts';
import type { CauseId } from '../../agent/survey/causes.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { type BusConfig, configSchema } from '../../config/schema.ts';
import { freePort } from '../fixtures/free-port.ts';
import { LineDevice } from '../fixtures/line-device.ts';
import { frame, ModbusDevice } from '../fixtures/modbus-device.ts';
import { replyData, rtuUnits, wordsFor } from '../fixtures/register-device.ts';
import { rtuFrame } from '../fixtures/rtu-device.ts';
import {
  converterBus,
  meterRegisters,
  probeWith,
  silentProgress,
  tcpBus,
  told,
} from './technician-support.ts';

const running: (() => Promise<unknown>)[] = [];

async function started<Device extends { start(): Promise<void>; stop(): Promise<void> }>(
  device: Device,
): Promise<Device> {
  await device.start();
  running.push(() => device.stop());
  return device;
}

afterEach(async () => {
  for (const stop of running.splice(0).reverse()) await stop();
});

/** A server of its own; gives its port. */
async function listening(serve: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  running.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

type Tamper = Parameters<typeof rtuUnits>[1];

async function causesOfLine(tamper: Tamper): Promise<CauseId[]> {
  const device = await started(rtuUnits({ 1: meterRegisters() }, tamper));
  return told(await probeWith({ bus: converterBus(device.port) })).map(([id]) => id);
}

describe('on a line', () => {
  test.each([2, 7])('a second reply %i ms after the first is a duplicate unit', async (ms) => {
    const found = await causesOfLine((reply, send, { unit, functionCode, count }) => {
      setTimeout(send, 5, reply);
      if (functionCode !== 3) return;
      const other = replyData(
        functionCode,
        Array.from({ length: count }, (_, i) => 900 + i),
      );
      setTimeout(send, 5 + ms, rtuFrame(unit, functionCode, other));
    });
    expect(found).toContain('duplicate-unit');
    expect(found).not.toContain('other-master');
  });

  test('another master’s request and its reply are no duplicate unit', async () => {
    const found = await causesOfLine((reply, send, { unit, functionCode, count }) => {
      if (functionCode !== 3) return send(reply);
      const request = Buffer.alloc(4);
      request.writeUInt16BE(700, 0);
      request.writeUInt16BE(count, 2);
      setTimeout(send, 3, rtuFrame(unit, functionCode, request));
      const other = Array.from({ length: count }, (_, i) => 700 + i);
      setTimeout(send, 12, rtuFrame(unit, functionCode, replyData(functionCode, other)));
      setTimeout(send, 30, reply);
    });
    expect(found).toContain('other-master');
    expect(found).not.toContain('duplicate-unit');
  });

  test('a reply in the name of another unit is a wrong unit, not a dead line', async () => {
    const found = await causesOfLine((reply, send) =>
      send(rtuFrame(2, reply.readUInt8(1), reply.subarray(2, -2))),
    );
    expect(found).toEqual(['wrong-unit']);
  });

  test('a reply of another length is said to be one', async () => {
    const found = await causesOfLine((reply, send) => {
      const data = Buffer.concat([reply.subarray(2, -2), Buffer.of(0x12, 0x34)]);
      data.writeUInt8(data.readUInt8(0) + 2, 0);
      send(rtuFrame(1, reply.readUInt8(1), data));
    });
    expect(found).toEqual(['misfit-reply']);
  });

  test('a reply without its last byte is a matter of the line, not of the baud rate', async () => {
    const found = await causesOfLine((reply, send) => send(reply.subarray(0, -1)));
    expect(found).toEqual(['termination']);
  });

  test('replies without bit 7 are a matter of data bits, though some of them pass', async () => {
    const found = await causesOfLine((reply, send) =>
      send(Buffer.from(reply.map((byte) => byte & 0x7f))),
    );
    expect(found).toContain('parity');
  });

  test('a device of Modbus TCP is named with the type of bus it wants', async () => {
    const port = await listening((socket) => {
      socket.on('data', (bytes: Buffer) => {
        const ours = bytes.length === 12 && bytes.readUInt16BE(2) === 0;
        if (ours) socket.write(frame(bytes.readUInt16BE(0), 1, 3, Buffer.of(2, 0, 253)));
      });
    });
    const probed = await probeWith({ bus: converterBus(port) });
    expect(told(probed)).toEqual([['wrong-framing', 'type: modbus-tcp']]);
  });
});

describe('over Modbus TCP', () => {
  type Send = (transaction: number, protocol: number, body: Buffer, length?: number) => void;

  async function causesOfTcp(answer: (send: Send, transaction: number, body: Buffer) => void) {
    const device = await started(
      new ModbusDevice((request, socket) => {
        const words = wordsFor(request, meterRegisters());
        const { transaction, unit, functionCode } = request;
        const body =
          words === null
            ? Buffer.of(unit, functionCode | 0x80, 2)
            : frame(0, unit, functionCode, replyData(functionCode, words)).subarray(6);
        answer(sender(socket), transaction, body);
      }),
    );
    return told(await probeWith({ bus: tcpBus(device.port) })).map(([id]) => id);
  }

  function sender(socket: Socket): Send {
    return (transaction, protocol, body, length = body.length) => {
      const head = Buffer.alloc(6);
      head.writeUInt16BE(transaction, 0);
      head.writeUInt16BE(protocol, 2);
      head.writeUInt16BE(length, 4);
      socket.write(Buffer.concat([head, body]));
    };
  }

  test('a wrong length, protocol or transaction is told as such', async () => {
    const long = await causesOfTcp((send, id, body) => send(id, 0, body, body.length + 4));
    const protocol = await causesOfTcp((send, id, body) => send(id, 1, body));
    const transaction = await causesOfTcp((send, _, body) => send(0, 0, body));
    expect([long, protocol, transaction]).toEqual([
      ['misfit-reply'],
      ['misfit-reply'],
      ['misfit-reply'],
    ]);
  });

  test('a reply as unit 255 is a wrong unit', async () => {
    const found = await causesOfTcp((send, id, body) =>
      send(id, 0, Buffer.concat([Buffer.of(255), body.subarray(1)])),
    );
    expect(found).toEqual(['wrong-unit']);
  });

  test('a web server is no Modbus', async () => {
    const port = await listening((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    });
    expect(told(await probeWith({ bus: tcpBus(port) }))).toEqual([['not-modbus', null]]);
  });

  test('an RTU device behind a converter is named with the type of bus it wants', async () => {
    const device = await started(rtuUnits({ 1: meterRegisters() }));
    const probed = await probeWith({ bus: tcpBus(device.port) });
    expect(told(probed)).toEqual([['wrong-framing', 'type: modbus-rtu-tcp']]);
  });
});

describe('instruments that speak text', () => {
  async function probeText(profileId: string, bus: BusConfig, unit = 1): Promise<ProbedBus> {
    const profile = loadProfile(profileId);
    const machine = { id: 'm1', profile: profileId, devices: { scale: { bus: 'line', unit } } };
    const buses = { line: bus };
    const config = configSchema.parse({ gateway: { id: 'gw' }, buses, machines: [machine] });
    const [probed] = await probe({
      ...{ config, profiles: new Map([[profileId, profile]]), machine: null, trySettings: false },
      ...{ progress: silentProgress(), stop: new AbortController().signal },
    });
    if (probed === undefined) throw new Error('nothing was probed');
    const qualities = probed.textDevices.flatMap(({ signals }) => signals.map(qualityOf));
    expect(qualities).not.toEqual([]);
    expect(qualities).not.toContain('good');
    return probed;
  }

  const qualityOf = ({ reading }: TextSignal): string => reading.quality;
  const textBus = (port: number): BusConfig => ({
    type: 'serial-line-tcp',
    host: '127.0.0.1',
    port,
    timeoutMs: 200,
  });

  test('a missing device file and a refused port are told, with every signal not there', async () => {
    const settings = { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } as const;
    const file = { type: 'serial-line', path: '/dev/ttyNothingHere', timeoutMs: 200 } as const;
    const missing = await probeText('cas-scale', { ...file, ...settings });
    expect([missing.failure?.code, told(missing)]).toEqual([
      'bus-unavailable',
      [['port-missing', null]],
    ]);
    const refused = await probeText('and-scale', textBus(await freePort()));
    expect(told(refused)).toEqual([['port-refused', null]]);
  });

  test('a stream without an end of line is no message, and no baud rate', async () => {
    const port = await listening((socket) => {
      const timer = setInterval(() => socket.write('A'.repeat(200)), 10);
      socket.on('close', () => clearInterval(timer));
    });
    expect(told(await probeText('cas-scale', textBus(port)))).toEqual([['wrong-message', null]]);
  });

  test('a scale that spoke once and stopped is silent', async () => {
    let first = true;
    const port = await listening((socket) => {
      if (first) socket.write('ST,GS,+  1.500kg\r\nST,GS,+  1.500kg\r\n');
      first = false;
    });
    expect(told(await probeText('cas-scale', textBus(port)))).toEqual([['line-silent', null]]);
  });

  test.each([
    ['another number', 'hanyoung-nx-pclink', '\x0202DRS,OK,00FA\r\n'],
    ['no SUM', 'hanyoung-nx-pclink-sum', '\x0201DRS,OK,00FA\r\n'],
  ])('a reply with %s is another message, not silence', async (_, profile, reply) => {
    const device = await started(new LineDevice((_request, send) => send(reply)));
    const probed = await probeText(profile, textBus(device.port));
    expect(told(probed)).toEqual([['wrong-message', null]]);
    expect(probed.causes[0]?.evidence.en).toContain('DRS,OK,00FA');
  });
});
