import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { findPort, pathOfSerialNumber, portEndpoint } from '../../drivers/channel/port-name.ts';

const root = mkdtempSync(join(tmpdir(), 'ppuri-sys-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** As the kernel lays it out: class link → tty → port → interface → USB device with `serial`. */
function plug(tty: string, serial: string | null): void {
  const usb = join(root, 'devices', `usb-${tty}`);
  const port = join(usb, 'interface', 'port');
  mkdirSync(join(port, 'tty', tty), { recursive: true });
  if (serial !== null) writeFileSync(join(usb, 'serial'), `${serial}\n`);
  symlinkSync(port, join(port, 'tty', tty, 'device'));
  mkdirSync(join(root, 'class'), { recursive: true });
  symlinkSync(join(port, 'tty', tty), join(root, 'class', tty));
}

plug('ttyUSB0', 'A10KZP3X');
plug('ttyUSB1', 'FT5678');
plug('ttyS0', null);

describe('a port by the serial number of its adapter (a made-up /sys)', () => {
  const classDir = join(root, 'class');

  test('is found without udev', () => {
    expect(pathOfSerialNumber('FT5678', classDir)).toBe('/dev/ttyUSB1');
    expect(pathOfSerialNumber('A10KZP3X', classDir)).toBe('/dev/ttyUSB0');
  });

  test('that is not plugged in is null, and an error when it is to be opened', () => {
    expect(pathOfSerialNumber('NOPE', classDir)).toBeNull();
    expect(pathOfSerialNumber('FT5678', join(root, 'no-such-dir'))).toBeNull();
    expect(() => findPort({ serialNumber: 'NO-SUCH-ADAPTER' }, 'line')).toThrowError(
      /no adapter with serial number NO-SUCH-ADAPTER/,
    );
  });
});

describe('a port by path', () => {
  test('is the same port under its by-id link', () => {
    const port = join(root, 'tty-itself');
    const link = join(root, 'usb-FTDI_by-id');
    writeFileSync(port, '');
    symlinkSync(port, link);
    expect(portEndpoint({ path: link })).toBe(portEndpoint({ path: port }));
    expect(portEndpoint({ path: join(root, 'gone') })).toBe(`serial://${join(root, 'gone')}`);
  });
});
