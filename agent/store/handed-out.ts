/**
 * The last seq the agent handed out, in a small file that was made while there was room: when the
 * store cannot take records, the next start still learns how many there were.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Log } from '../health/log.ts';
import { storePaths } from './paths.ts';

export interface HandedOut {
  readonly boot: string;
  readonly seq: number;
}

const bytes = 4096;

/** Makes the file at its full size where it is missing. Throws what the file system says. */
export function makeHandedOut(path: string): void {
  if (existsSync(path)) return;
  const file = openSync(path, 'wx', 0o640);
  try {
    writeSync(file, Buffer.alloc(bytes, 0x20));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** What the file says; null when it says nothing, or is not there or not readable. */
export function readHandedOut(path: string): HandedOut | null {
  try {
    const { boot, seq }: Partial<HandedOut> = JSON.parse(readFileSync(path, 'utf8'));
    const sound = typeof boot === 'string' && Number.isSafeInteger(seq);
    return sound && seq !== undefined ? { boot, seq } : null;
  } catch {
    // It only adds to what the records themselves say.
    return null;
  }
}

/** Overwrites in place, so that a full disk does not matter. Rejects when that fails. */
async function writeHandedOut(path: string, last: HandedOut): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.write(
      Buffer.from(
        JSON.stringify(last)
          .padEnd(bytes - 1)
          .concat('\n'),
      ),
      0,
      bytes,
      0,
    );
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** A disk that hangs must not hold up the end. */
const withinMs = 300;
const everyMs = 5000;

/** The loop's pen: it writes while the store does not take records, and when it ends like that. */
export class LastSeqNote {
  readonly #path: string;
  readonly #boot: string;
  readonly #log: Log;
  #writtenMs = performance.now();

  constructor(dir: string, boot: string, log: Log) {
    this.#path = storePaths(dir).handedOut;
    this.#boot = boot;
    this.#log = log;
  }

  nowAndThen(seq: number): void {
    if (performance.now() - this.#writtenMs < everyMs) return;
    void this.write(seq);
  }

  /** Never rejects, never waits long. */
  async write(seq: number): Promise<void> {
    this.#writtenMs = performance.now();
    const written = writeHandedOut(this.#path, { boot: this.#boot, seq });
    const bound = new Promise((resolve) => setTimeout(resolve, withinMs).unref());
    await Promise.race([bound, written.catch((thrown: unknown) => this.#failed(seq, thrown))]);
  }

  /** The file is made when a store is first opened; before that there is nowhere to write. */
  #failed(seq: number, thrown: unknown): void {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    this.#log.warn('store-note-failed', { seq, why });
  }
}
