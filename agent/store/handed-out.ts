/**
 * The last seq the agent handed out, in a small file that was made while there was room: when the store
 * cannot take records, the next start still learns how many there were. And how many it had kept, of
 * this start and some before it: when a backup is put back, that shows.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Log } from '../health/log.ts';
import { storePaths } from './paths.ts';

export interface HandedOut {
  readonly boot: string;
  readonly seq: number;
  /** The highest seq that was kept; absent: by an older ppuri. */
  readonly kept?: number;
}

/** The file: the newest start, and those before it, newest first. */
interface Note extends HandedOut {
  readonly earlier?: readonly HandedOut[];
}

const bytes = 4096;
/** As many as surely fit. */
const mostEarlier = 24;

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

function isHandedOut(value: unknown): value is HandedOut {
  if (typeof value !== 'object' || value === null) return false;
  const { boot, seq, kept }: Partial<HandedOut> = value;
  const isSound = typeof boot === 'string' && Number.isSafeInteger(seq);
  return isSound && (kept === undefined || Number.isSafeInteger(kept));
}

/** What a note says, newest first; nothing where it is none. */
function startsOf(text: string): HandedOut[] {
  try {
    const { earlier, ...newest }: Partial<Note> = JSON.parse(text);
    return [newest, ...(Array.isArray(earlier) ? earlier : [])].filter(isHandedOut);
  } catch {
    // It only adds to what the records themselves say.
    return [];
  }
}

/** What the file says, newest first; nothing when it is not there or not readable. */
export function readHandedOut(path: string): HandedOut[] {
  try {
    return startsOf(readFileSync(path, 'utf8'));
  } catch {
    return [];
  }
}

/** Overwrites in place, so that a full disk does not matter. Rejects when that fails. */
async function writeHandedOut(path: string, last: HandedOut): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const before = startsOf(await file.readFile('utf8')).filter(({ boot }) => boot !== last.boot);
    const note: Note = { ...last, earlier: before.slice(0, mostEarlier) };
    const text = JSON.stringify(note)
      .padEnd(bytes - 1)
      .concat('\n');
    await file.write(Buffer.from(text), 0, bytes, 0);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** A disk that hangs must not hold up the end. */
const withinMs = 300;
/** While the store takes records, and while it does not. */
const everyMs = { well: 60_000, unwell: 5000 } as const;

/** The loop's pen: it writes now and then, oftener while the store does not take records, and at the end. */
export class LastSeqNote {
  readonly #path: string;
  readonly #boot: string;
  readonly #log: Log;
  #writtenMs = performance.now();
  #written = '';

  constructor(dir: string, boot: string, log: Log) {
    this.#path = storePaths(dir).handedOut;
    this.#boot = boot;
    this.#log = log;
  }

  nowAndThen(state: keyof typeof everyMs, seq: number, kept: number): void {
    if (performance.now() - this.#writtenMs < everyMs[state]) return;
    void this.write(seq, kept);
  }

  /** Never rejects, never waits long. */
  async write(seq: number, kept: number): Promise<void> {
    this.#writtenMs = performance.now();
    const said = `${seq} ${kept}`;
    if (said === this.#written || seq === 0) return;
    this.#written = said;
    const written = writeHandedOut(this.#path, { boot: this.#boot, seq, kept });
    const bound = new Promise((resolve) => setTimeout(resolve, withinMs).unref());
    await Promise.race([bound, written.catch((thrown: unknown) => this.#failed(seq, thrown))]);
  }

  /** The file is made when a store is first opened; before that there is nowhere to write. */
  #failed(seq: number, thrown: unknown): void {
    this.#written = '';
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    this.#log.warn('store-note-failed', { seq, why });
  }
}
