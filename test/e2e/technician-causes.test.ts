/** Each cause that `ppuri probe` names, shown by a device that has just this wrong. */
import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { withBuses } from '../../agent/cli/bus-argument.ts';
import { claimEndpoints } from '../../agent/health/claim.ts';
import { type CauseId, causes } from '../../agent/survey/causes.ts';
import { openCause } from '../../agent/survey/open-causes.ts';
import { tryText } from '../../agent/survey/text-trials.ts';
import { PpuriError } from '../../config/errors.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { endpointOf } from '../../drivers/registry.ts';
import { freePort } from '../fixtures/free-port.ts';
import { exception, ModbusDevice } from '../fixtures/modbus-device.ts';
import { needs } from '../fixtures/programs.ts';
import { createRandom } from '../fixtures/random.ts';
import { rtuUnits, tcpUnits } from '../fixtures/register-device.ts';
import { RtuDevice, rtuFrame } from '../fixtures/rtu-device.ts';
import { settingsOf, steadyPty } from '../fixtures/steady-pty.ts';
import {
  converterBus,
  meterRegisters,
  probeWith,
  serialBus,
  tcpBus,
  told,
} from './technician-support.ts';

const running: { stop?(): Promise<void>; close?(): Promise<void> }[] = [];
const shown = new Set<CauseId>();

async function started<Device extends { start(): Promise<void>; stop(): Promise<void> }>(
  device: Device,
): Promise<Device> {
  await device.start();
  running.push(device);
  return device;
}

afterEach(async () => {
  for (const one of running.splice(0).reverse()) await (one.stop?.() ?? one.close?.());
});

/** A test of one cause, remembered, so that none can be without. */
function cause(id: CauseId, name: string, run: () => Promise<void>): void {
  shown.add(id);
  test(`${id}: ${name}`, run);
}

test('nothing is wrong with a device that is as its profile says', async () => {
  const device = await started(tcpUnits({ 1: meterRegisters() }));
  const probed = await probeWith({ bus: tcpBus(device.port) });
  expect(told(probed)).toEqual([]);
  const values = probed.devices[0]?.signals.map(({ reading }) => reading.value);
  expect(values).toEqual([25.3, 87.5, 123_456, 1]);
  expect(device.requests.every(({ functionCode }) => functionCode <= 4)).toBe(true);
});

describe('ports and endpoints', () => {
  cause('port-missing', 'no such device file', async () => {
    const probed = await probeWith({ bus: serialBus('/dev/ttyNothingHere') });
    expect(told(probed)).toEqual([['port-missing', null]]);
  });

  cause(
    'port-forbidden',
    'the error of the port alone stands in, root may open every port',
    async () => {
      const error = new PpuriError(
        'bus-unavailable',
        'x cannot be used: Error: Permission denied',
        {
          operation: 'open a serial port',
          subject: 'serial:///dev/ttyUSB0',
        },
      );
      expect(openCause(error, true)).toBe('port-forbidden');
    },
  );

  cause('port-in-use', 'a running agent has it, and is said what to do about', async () => {
    const bus = serialBus('/dev/ttyNothingHere');
    const claim = await claimEndpoints([endpointOf(bus)]);
    running.push({ stop: () => claim.release() });
    const refused = await withBuses([bus], false, async () => null).catch((e: unknown) => e);
    expect(refused).toMatchObject({ code: 'bus-in-use' });
    expect(openCause(refused as PpuriError, true)).toBe('port-in-use');
    await expect(withBuses([bus], true, async () => null)).rejects.toMatchObject({ code: 'usage' });
    const tcp = tcpBus(502);
    const other = await claimEndpoints([endpointOf(tcp)]);
    running.push({ stop: () => other.release() });
    await expect(withBuses([tcp], false, async () => null)).rejects.toThrow('a running ppuri');
    await expect(withBuses([tcp], true, async () => 'shared')).resolves.toBe('shared');
  });

  cause('host-unknown', 'a name that nobody knows', async () => {
    const bus = { ...tcpBus(502), host: 'no-such-plc.invalid' } as const;
    expect(told(await probeWith({ bus }))).toEqual([['host-unknown', null]]);
  });

  cause(
    'wrong-host',
    'the error of the connection alone stands in, loopback always answers',
    async () => {
      const error = new PpuriError('bus-unavailable', 'not connected: no answer within 3000 ms', {
        operation: 'connect',
        subject: 'tcp://192.168.0.99:502',
      });
      expect(openCause(error, false)).toBe('wrong-host');
    },
  );

  cause('port-refused', 'nothing listens there', async () => {
    const probed = await probeWith({ bus: tcpBus(await freePort()) });
    expect(told(probed)).toEqual([['port-refused', null]]);
  });

  cause('connection-limit', 'accepts and closes at once', async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    running.push({ stop: () => new Promise((resolve) => server.close(() => resolve())) });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(told(await probeWith({ bus: tcpBus(port) }))).toEqual([['connection-limit', null]]);
  });
});

describe('serial settings', () => {
  needs('socat', 'stty');

  /** Hears and answers only at its own settings; the settings of the pseudo terminal stand in for those of a line. */
  async function deviceAt(own: { baudRate: number; odd: boolean }) {
    let path = '';
    const device = rtuUnits({ 1: meterRegisters() }, (reply, send) => {
      const { baudRate, odd } = settingsOf(path);
      if (baudRate === own.baudRate && odd === own.odd) send(reply);
    });
    await started(device);
    const pty = await steadyPty(device.port);
    path = pty.path;
    running.push(pty);
    return pty;
  }

  cause('baud-rate', 'another baud rate, found by --try-settings', async () => {
    const { path } = await deviceAt({ baudRate: 9600, odd: false });
    const probed = await probeWith({ bus: serialBus(path, 19_200), trySettings: true });
    expect(told(probed)).toEqual([['baud-rate', 'baudRate: 9600, parity: none, stopBits: 1']]);
  });

  cause('parity', 'another parity, found by --try-settings', async () => {
    const { path } = await deviceAt({ baudRate: 9600, odd: true });
    const probed = await probeWith({ bus: serialBus(path, 9600), trySettings: true });
    expect(told(probed)).toEqual([['parity', 'baudRate: 9600, parity: odd, stopBits: 1']]);
  });

  cause('line-silent', 'nobody answers, and other settings were not tried', async () => {
    const device = await started(new RtuDevice(() => undefined));
    const pty = await steadyPty(device.port);
    running.push(pty);
    expect(told(await probeWith({ bus: serialBus(pty.path) }))).toEqual([['line-silent', null]]);
  });
});

describe('lines', () => {
  cause('echo', 'the adapter hears itself and nobody else', async () => {
    const device = await started(new RtuDevice(({ bytes }, reply) => reply(bytes)));
    const probed = await probeWith({ bus: converterBus(device.port) });
    expect(told(probed)).toEqual([['echo', 'echo: cancel']]);
  });

  /** Says `bytes` again and again to whoever is connected, asked or not. */
  async function speaker(bytes: Buffer): Promise<RtuDevice> {
    const device = await started(new RtuDevice(() => undefined));
    const timer = setInterval(() => device.say(bytes), 40);
    running.push({ stop: async () => clearInterval(timer) });
    return device;
  }

  cause('not-modbus', 'a scale that streams', async () => {
    const device = await speaker(Buffer.from('ST,GS,+  1.500kg\r\n'));
    const probed = await probeWith({ bus: converterBus(device.port) });
    expect(told(probed).map(([id]) => id)).toContain('not-modbus');
  });

  cause('wrong-message', 'text without an end of line', async () => {
    const device = await speaker(Buffer.from('AAAAAAAAAAAAAAAAAAAAAAAA'));
    const { port } = device;
    const bus = { type: 'serial-line-tcp', host: '127.0.0.1', port, timeoutMs: 100 } as const;
    expect((await tryText(bus, '')).cause).toBe('wrong-message');
  });

  cause('other-master', 'frames that nobody asked for', async () => {
    const device = await speaker(rtuFrame(9, 3, Buffer.of(2, 0, 77)));
    const probed = await probeWith({ bus: converterBus(device.port) });
    expect(told(probed).map(([id]) => id)).toContain('other-master');
  });

  cause('wrong-framing', 'an RTU device on a bus of Modbus TCP', async () => {
    const device = await started(rtuUnits({ 1: meterRegisters() }));
    const probed = await probeWith({ bus: tcpBus(device.port, 60) });
    expect(told(probed)).toEqual([['wrong-framing', 'type: modbus-rtu-tcp']]);
  });

  cause('misfit-reply', 'the byte count is another one', async () => {
    const device = await started(
      rtuUnits({ 1: meterRegisters() }, (reply, send) => {
        const data = Buffer.concat([Buffer.of(reply.readUInt8(2) + 2), reply.subarray(3)]);
        send(rtuFrame(1, reply.readUInt8(1), data));
      }),
    );
    const probed = await probeWith({ bus: converterBus(device.port, 60) });
    expect(told(probed)).toEqual([['misfit-reply', null]]);
  });

  cause('duplicate-unit', 'two devices answer one question', async () => {
    const other = { ...meterRegisters(), 'holding 10': 402 };
    const device = await started(
      rtuUnits({ 1: meterRegisters(), 2: meterRegisters() }, (reply, send, request) => {
        send(reply);
        if (request.unit !== 2) return;
        const value = Buffer.of(2, 0, other['holding 10']);
        // Mostly their replies collide; now and then both come through.
        if (request.count === 1) send(rtuFrame(2, request.functionCode, value));
        else send(Buffer.concat([reply.subarray(0, 4), Buffer.of(0xff), reply.subarray(5)]));
      }),
    );
    const probed = await probeWith({ bus: converterBus(device.port), units: [1, 2] });
    const found = probed.causes.find(({ cause: id }) => id === 'duplicate-unit');
    expect(found?.unit).toBe(2);
    expect(told(probed).map(([id]) => id)).not.toContain('termination');
  });

  cause(
    'termination',
    'every device’s frames are damaged now and then, seed 20261126',
    async () => {
      const random = createRandom(20_261_126);
      const device = await started(
        rtuUnits({ 1: meterRegisters(), 2: meterRegisters() }, (reply, send) => {
          const bytes = Buffer.from(reply);
          // The first bytes stay, as the long middle is what a bad line hits.
          if (random() < 0.5) bytes.writeUInt8(bytes.readUInt8(3) ^ 0x10, 3);
          send(bytes);
        }),
      );
      const probed = await probeWith({ bus: converterBus(device.port), units: [1, 2] });
      const found = probed.causes.find(({ cause: id }) => id === 'termination');
      expect(found?.unit).toBeNull();
      expect(told(probed).map(([id]) => id)).not.toContain('duplicate-unit');
    },
  );
});

describe('units', () => {
  cause('wrong-unit', 'the device has another number', async () => {
    const device = await started(tcpUnits({ 2: meterRegisters() }));
    const probed = await probeWith({ bus: tcpBus(device.port, 60) });
    expect(told(probed)).toEqual([['wrong-unit', 'unit: 2']]);
  });

  cause('dead-unit', 'its neighbour answers, it does not', async () => {
    const device = await started(rtuUnits({ 1: meterRegisters() }));
    const probed = await probeWith({ bus: converterBus(device.port, 60), units: [1, 2] });
    expect(told(probed)).toEqual([['dead-unit', null]]);
    expect(probed.causes[0]?.unit).toBe(2);
  });

  cause('gateway-target', 'exception 11 of a gateway', async () => {
    const device = await started(
      new ModbusDevice((request, socket) => socket.write(exception(request, 11))),
    );
    const probed = await probeWith({ bus: tcpBus(device.port) });
    expect(told(probed)).toEqual([['gateway-target', null]]);
  });

  cause('slow-device', 'it answers when the time-out is over', async () => {
    const device = await started(
      rtuUnits({ 1: meterRegisters() }, (reply, send) => setTimeout(send, 150, reply)),
    );
    const probed = await probeWith({ bus: converterBus(device.port, 60) });
    expect(told(probed).map(([id]) => id)).toEqual(['slow-device']);
    expect(probed.causes[0]?.remedy).toMatch(/^timeoutMs: [345]00$/);
  });
});

describe('signals', () => {
  cause('wrong-table', 'input registers instead of holding registers', async () => {
    const device = await started(tcpUnits({ 1: meterRegisters({ table: 'input' }) }));
    const probed = await probeWith({ bus: tcpBus(device.port) });
    expect(told(probed)).toEqual([['wrong-table', null]]);
    expect(probed.causes[0]?.signals).toEqual(['temperature', 'power', 'energy']);
    expect(probed.causes[0]?.evidence.en).toContain('input 20: 87.5 kW');
  });

  cause('address-off-by-one', 'every register one further than the profile says', async () => {
    const device = await started(tcpUnits({ 1: meterRegisters({ shift: -1 }) }));
    const probed = await probeWith({ bus: tcpBus(device.port) });
    expect(told(probed).map(([id]) => id)).toEqual(['address-off-by-one']);
    expect(probed.causes[0]?.evidence.en).toContain('holding 9: 25.3 °C');
  });

  cause('word-order', 'the low word first', async () => {
    const device = await started(tcpUnits({ 1: meterRegisters({ order: 'CDAB' }) }));
    const probed = await probeWith({ bus: tcpBus(device.port) });
    expect(told(probed)).toEqual([['word-order', 'order: CDAB']]);
    expect(probed.causes[0]?.signals).toEqual(['power', 'energy']);
  });

  cause('no-such-register', 'exception 2 there and beside', async () => {
    const { 'coil 3': _, ...rest } = meterRegisters();
    const device = await started(tcpUnits({ 1: rest }));
    const probed = await probeWith({ bus: tcpBus(device.port) });
    expect(told(probed)).toEqual([['no-such-register', null]]);
    expect(probed.causes[0]?.signals).toEqual(['running']);
  });

  cause('device-busy', 'exception 6', async () => {
    const device = await started(
      new ModbusDevice((request, socket) => socket.write(exception(request, 6))),
    );
    expect(told(await probeWith({ bus: tcpBus(device.port) }))).toEqual([['device-busy', null]]);
  });

  cause('sensor-fault', 'the device’s own word for an open sensor', async () => {
    const device = await started(tcpUnits({ 1: { ...meterRegisters(), 'holding 10': 31_000 } }));
    const probed = await probeWith({ bus: tcpBus(device.port) });
    expect(told(probed)).toEqual([['sensor-fault', null]]);
  });

  test('sensor-fault: a controller that does not vouch for its value, which is looked for nowhere else', async () => {
    const registers = Object.fromEntries(
      Array.from({ length: 0x500 }, (_, i) => [`holding ${0x2000 + i}`, 0]),
    );
    const broken = { 'holding 8192': 3200, [`holding ${0x2406}`]: 0x40, [`holding ${0x2410}`]: 1 };
    const device = await started(tcpUnits({ 1: { ...registers, ...broken } }));
    const as = loadProfile('omron-e5cc');
    const probed = await probeWith({ bus: tcpBus(device.port), as });
    expect(told(probed)).toEqual([['sensor-fault', null]]);
    expect(probed.causes[0]).toMatchObject({
      signals: ['processValue'],
      evidence: { en: expect.stringContaining('inputError is 1, not 0') },
    });
  });

  cause('odd-value', 'out of range in every order and place', async () => {
    const device = await started(tcpUnits({ 1: { ...meterRegisters(), 'holding 10': 9999 } }));
    const probed = await probeWith({ bus: tcpBus(device.port) });
    expect(told(probed)).toEqual([['odd-value', null]]);
    expect(probed.causes[0]?.evidence.en).toContain('above 900');
  });
});

test('no cause is without a test, and each is worded in both languages', () => {
  expect([...shown].sort()).toEqual(Object.keys(causes).sort());
  for (const { text, action } of Object.values(causes)) {
    expect(text.ko).toMatch(/[가-힣]/);
    expect(action.ko).toMatch(/[가-힣]/);
    expect(text.en).not.toMatch(/[가-힣]/);
    expect(action.en).not.toMatch(/[가-힣]/);
  }
});
