import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chooseBus } from '../../agent/cli/bus-argument.ts';
import { baudList, parityList, unitList } from '../../agent/cli/scan-options.ts';
import { busUrl, parseBusUrl } from '../../agent/survey/bus-url.ts';
import { PpuriError } from '../../config/errors.ts';

function refused(run: () => unknown): PpuriError {
  try {
    run();
  } catch (error) {
    if (error instanceof PpuriError) return error;
  }
  throw new Error('it was not refused');
}

test('an address says all that a configuration would', () => {
  expect(parseBusUrl('tcp://192.168.0.10')).toEqual({
    type: 'modbus-tcp',
    host: '192.168.0.10',
    port: 502,
    timeoutMs: 500,
  });
  expect(parseBusUrl('rtu:///dev/ttyUSB0?baud=19200&parity=e&stop=1&timeout=200')).toEqual({
    type: 'modbus-rtu',
    path: '/dev/ttyUSB0',
    baudRate: 19_200,
    parity: 'even',
    stopBits: 1,
    echo: 'none',
    timeoutMs: 200,
  });
  expect(parseBusUrl('rtu+tcp://[fe80::1]:4001?baud=9600&echo=cancel')).toMatchObject({
    type: 'modbus-rtu-tcp',
    host: 'fe80::1',
    port: 4001,
    baudRate: 9600,
    echo: 'cancel',
  });
  expect(parseBusUrl('line:///dev/ttyUSB1?baud=2400&parity=even&data=7')).toMatchObject({
    type: 'serial-line',
    baudRate: 2400,
    dataBits: 7,
  });
  expect(parseBusUrl('line+tcp://10.0.0.5:4002?delimiter=%5Cr%5Cn')).toMatchObject({
    type: 'serial-line-tcp',
    delimiter: '\r\n',
  });
});

test.each([
  'tcp://192.168.0.10:1502',
  'rtu:///dev/ttyUSB0?baud=9600&parity=odd&stop=2',
  'line:///dev/serial/by-id/usb-FTDI_A1?baud=4800&parity=none',
  'rtu+tcp://[fe80::1]:4001',
])('%s is printed as it is typed', (url) => {
  expect(busUrl(parseBusUrl(url))).toBe(url);
});

test.each([
  ['rtu:///dev/ttyUSB0?bauds=9600', 'did you mean "baud"?'],
  ['rtu:///dev/ttyUSB0?parity=evne', 'e.g. rtu://'],
  ['rtu:///dev/ttyUSB0?baud=5', 'e.g. rtu://'],
  ['tcp://10.0.0.1?baud=9600', 'there are timeout'],
  ['rtu+tcp://10.0.0.1', 'e.g. rtu+tcp://'],
  ['rtu://dev/ttyUSB0', 'three slashes'],
  ['udp://10.0.0.1:502', 'there are tcp, rtu, rtu+tcp, line, line+tcp'],
  ['rtu+tpc://10.0.0.1:502', 'rtu+tcp'],
])('%s is refused, with what to write', (url, hint) => {
  const error = refused(() => parseBusUrl(url));
  expect(error.code).toBe('usage');
  expect(error.hint).toContain(hint);
});

test('a bare port or address is answered with the whole one', () => {
  expect(refused(() => chooseBus('/dev/ttyUSB0', {})).hint).toContain(
    'rtu:///dev/ttyUSB0?baud=9600',
  );
  expect(refused(() => chooseBus('192.168.0.10', {})).hint).toContain('tcp://192.168.0.10');
});

test('a name is looked up in the configuration, even in one that has faults elsewhere', () => {
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-bus-'));
  try {
    const file = join(dir, 'ppuri.yaml');
    writeFileSync(file, 'buses: { press: { type: modbus-tcp, host: 10.0.0.1 } }\nmachines: oops\n');
    expect(chooseBus('press', { config: file }).config).toMatchObject({ host: '10.0.0.1' });
    expect(refused(() => chooseBus('pres', { config: file })).hint).toBe('did you mean "press"?');
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('lists of units, baud rates and parities', () => {
  expect(unitList('1-3,7,2')).toEqual([1, 2, 3, 7]);
  for (const bad of ['3-1', 'x', '1-256', '']) expect(() => unitList(bad)).toThrow('give units');
  expect(baudList('9600,19200')).toEqual([9600, 19_200]);
  expect(baudList('all')).toContain(115_200);
  expect(() => baudList('fast')).toThrow('give all');
  expect(parityList('even')).toEqual(['even']);
  expect(() => parityList('mark')).toThrow('give all');
});
