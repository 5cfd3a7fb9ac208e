/**
 * One opened serial port, beneath serialport's stream: its addon opens, sets and closes the port,
 * reading is ours. The stream keeps writes for a later opening, and once an unplugged adapter gives
 * 0 bytes its read tries again for ever, without pause, until memory ends.
 */
import { readSync, writeSync } from 'node:fs';
import { SerialPort } from 'serialport';
import { PpuriError } from '../../config/errors.ts';

export interface SerialSettings {
  readonly baudRate: number;
  readonly parity: 'none' | 'even' | 'odd';
  readonly dataBits: 7 | 8;
  readonly stopBits: 1 | 2;
}

/** What serialport's addon gives on Linux; see @serialport/bindings-cpp, linux.js and poller.js. */
export interface OpenPort {
  /** null once closed. */
  readonly fd: number | null;
  readonly poller: {
    once(event: 'readable', then: (error: Error | null) => void): void;
  };
  write(bytes: Buffer): Promise<void>;
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Rejects with the addon's Error. The port is ours alone, and DTR stays as it is when we leave. */
export async function openPort(path: string, settings: SerialSettings): Promise<OpenPort> {
  const port: unknown = await SerialPort.binding.open({
    path,
    ...settings,
    lock: true,
    hupcl: false,
  });
  if (isOpenPort(port)) return port;
  throw new PpuriError('internal', 'serialport gives another kind of port than it did', {
    operation: 'open a serial port',
    subject: path,
  });
}

function isOpenPort(port: unknown): port is OpenPort {
  return typeof port === 'object' && port !== null && 'fd' in port && 'poller' in port;
}

/** Bytes read into `buffer`, or null when there are none now. Throws when the port is gone. */
export function readNow(fd: number, buffer: Buffer): number | null {
  try {
    const size = readSync(fd, buffer, 0, buffer.length, null);
    if (size > 0) return size;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EAGAIN' || code === 'EINTR') return null;
    throw error;
  }
  throw new Error('the port is gone');
}

/** How many of `bytes` the port took now. Throws when the port is gone. */
export function writeNow(fd: number, bytes: Buffer): number {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EAGAIN' || code === 'EINTR') return 0;
    throw error;
  }
}
