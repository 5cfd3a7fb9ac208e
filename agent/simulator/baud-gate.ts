/**
 * A line that only hears a reader who speaks at its rate. A pseudo terminal carries bytes at any
 * setting, but remembers the baud rate its reader set. Parity it does not keep.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ByteCarrier } from './byte-carrier.ts';

const run = promisify(execFile);
/** A reader that changes its setting pauses longer. */
const pauseMs = 10;

/** What the reader set, or null where that cannot be told. */
export async function baudRateOf(path: string): Promise<number | null> {
  try {
    const { stdout } = await run('stty', ['-F', path, 'speed']);
    const rate = Number(stdout.trim());
    return Number.isInteger(rate) ? rate : null;
  } catch {
    return null;
  }
}

export interface DeafCarrier extends ByteCarrier {
  /** Bytes that came at another rate. */
  unheard(): number;
}

/** `line`, deaf to what is sent at another rate than `baudRate`. */
export function hearOnly(line: ByteCarrier, baudRate: number): DeafCarrier {
  let unheard = 0;
  let receive: (bytes: Buffer, connection: number) => void = () => undefined;
  let checking: Promise<boolean> = Promise.resolve(false);
  let heardMs = Number.NEGATIVE_INFINITY;
  line.listen((bytes, connection) => {
    const nowMs = performance.now();
    if (nowMs - heardMs > pauseMs)
      checking = baudRateOf(line.address).then((rate) => rate === null || rate === baudRate);
    heardMs = nowMs;
    void checking.then((fits) => {
      if (fits) receive(bytes, connection);
      else unheard += bytes.length;
    });
  });
  return {
    address: line.address,
    unheard: () => unheard,
    listen: (to) => {
      receive = to;
    },
    write: (bytes) => line.write(bytes),
    reset: () => line.reset(),
    hang: () => line.hang(),
    close: () => line.close(),
  };
}
