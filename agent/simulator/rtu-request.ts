/**
 * Finds RTU requests in what a master sends. A real device ends a frame by silence; over a pseudo
 * terminal or TCP the silence is lost, so length and CRC tell, and a pause ends what is left.
 */
import { crc16 } from '../../drivers/modbus/crc16.ts';

const crcBytes = 2;
const shortest = 4;
const longest = 256;

/** Unit, function, data and CRC, whole. */
export type RtuRequestFrame = Buffer;

export class RtuRequests {
  /** Bytes that belonged to no request. */
  dropped = 0;
  #waiting: Buffer = Buffer.alloc(0);

  get pending(): boolean {
    return this.#waiting.length > 0;
  }

  /** Takes bytes in; gives the requests that are whole now. */
  take(bytes: Buffer): RtuRequestFrame[] {
    this.#waiting = this.#waiting.length === 0 ? bytes : Buffer.concat([this.#waiting, bytes]);
    const found: RtuRequestFrame[] = [];
    let at = 0;
    while (at < this.#waiting.length) {
      const size = sizeAt(this.#waiting, at);
      const whole = size !== null && at + size <= this.#waiting.length;
      if (whole && crcFits(this.#waiting, at, size)) {
        found.push(this.#waiting.subarray(at, at + size));
        at += size;
      } else if (whole || this.#waiting.length - at > longest) {
        this.dropped += 1;
        at += 1;
      } else break;
    }
    this.#waiting = this.#waiting.subarray(at);
    return found;
  }

  /** Nothing came for a while: what waits is one request of an unknown function, or damaged. */
  pause(): RtuRequestFrame[] {
    const rest = this.#waiting;
    this.#waiting = Buffer.alloc(0);
    if (rest.length >= shortest && crcFits(rest, 0, rest.length)) return [rest];
    for (let at = 1; at < rest.length; at++) {
      const size = sizeAt(rest, at);
      if (size === null || at + size > rest.length || !crcFits(rest, at, size)) continue;
      this.dropped += at;
      return this.take(rest.subarray(at));
    }
    this.dropped += rest.length;
    return [];
  }
}

/** Bytes of the request beginning at `at`; null while that cannot be known. */
function sizeAt(bytes: Buffer, at: number): number | null {
  const code = bytes[at + 1];
  if (code === undefined) return null;
  if (code >= 1 && code <= 6) return 8;
  if (code !== 15 && code !== 16) return null;
  const count = bytes[at + 6];
  return count === undefined ? null : 9 + count;
}

function crcFits(bytes: Buffer, at: number, size: number): boolean {
  const end = at + size - crcBytes;
  return crc16(bytes.subarray(at, end), end - at) === bytes.readUInt16LE(end);
}
