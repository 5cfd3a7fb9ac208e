/** Which port a configuration means: by path, or by the serial number of its USB adapter. */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PpuriError } from '../../config/errors.ts';

export type PortName = { readonly path: string } | { readonly serialNumber: string };

const sysClass = '/sys/class/tty';

/** One name for one port, by-id links resolved, so that two buses on one port are seen as such. */
export function portEndpoint(port: PortName): string {
  if ('serialNumber' in port) {
    const path = pathOfSerialNumber(port.serialNumber);
    return path === null ? `serial-number:${port.serialNumber}` : `serial://${path}`;
  }
  return `serial://${existsSync(port.path) ? realpathSync(port.path) : port.path}`;
}

/** The device file, looked up at each opening: an adapter may come back under another name. */
export function findPort(port: PortName, endpoint: string): string {
  if ('path' in port) return port.path;
  const path = pathOfSerialNumber(port.serialNumber);
  if (path !== null) return path;
  throw new PpuriError('bus-unavailable', `no adapter with serial number ${port.serialNumber}`, {
    operation: 'open a serial port',
    subject: endpoint,
    hint: 'check that it is plugged in; ls /dev/serial/by-id shows the serial numbers there are',
  });
}

/** From sysfs, so that it works where udev is not; null when no adapter has that number. */
export function pathOfSerialNumber(serialNumber: string, root = sysClass): string | null {
  if (!existsSync(root)) return null;
  const name = readdirSync(root).find((tty) => serialNumberOf(join(root, tty)) === serialNumber);
  return name === undefined ? null : `/dev/${name}`;
}

/** Of the USB device that this tty belongs to; null for others. */
function serialNumberOf(tty: string): string | null {
  const device = join(tty, 'device');
  if (!existsSync(device)) return null;
  let at = realpathSync(device);
  for (let up = 0; up < 5; up++) {
    const file = join(at, 'serial');
    if (existsSync(file)) return readFileSync(file, 'utf8').trim();
    at = dirname(at);
  }
  return null;
}
