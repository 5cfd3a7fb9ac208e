/** A pseudo terminal with a simulated line behind it: a serial adapter that can be unplugged. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, constants, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PpuriError } from '../../config/errors.ts';
import { type ByteCarrier, longestBacklogBytes } from './byte-carrier.ts';

const patienceMs = 5000;
const lookEveryMs = 2;

interface Adapter {
  readonly socat: ChildProcess;
  readonly gone: Promise<void>;
  /** Held open, or the terminal hangs up with the first reader that closes it. */
  readonly held: number;
}

export class PtyLine implements ByteCarrier {
  /** The device file to open; there while plugged in. */
  readonly path: string;
  readonly #dir: string | null;
  #adapter: Adapter | null = null;
  #receive: (bytes: Buffer, connection: number) => void = () => undefined;

  private constructor(path: string | null) {
    this.#dir = path === null ? mkdtempSync(join(tmpdir(), 'ppuri-line-')) : null;
    this.path = path === null ? join(this.#dir ?? '', 'tty') : resolve(path);
  }

  /** Plugged in. Absent `path`: in a directory of its own. Throws `bus-unavailable` without socat. */
  static async open(path?: string): Promise<PtyLine> {
    if (path !== undefined && existsSync(path))
      throw lineError('there is such a file already', path, 'name a file that is not there yet');
    const line = new PtyLine(path ?? null);
    try {
      await line.plug();
    } catch (thrown) {
      await line.close();
      throw thrown;
    }
    return line;
  }

  get address(): string {
    return this.path;
  }

  get plugged(): boolean {
    return this.#adapter !== null;
  }

  listen(receive: (bytes: Buffer, connection: number) => void): void {
    this.#receive = receive;
  }

  write(bytes: Uint8Array): void {
    const stdin = this.#adapter?.socat.stdin;
    if (stdin?.writable === true && stdin.writableLength < longestBacklogBytes) stdin.write(bytes);
  }

  /** A line has no connection to reset. */
  reset(): void {
    return;
  }

  hang(): void {
    return;
  }

  /** Settles when the device file is there. */
  async plug(): Promise<void> {
    if (this.#adapter !== null) return;
    // Its end of the pipe closes with this process, however that ends, and then socat ends too.
    const socat = spawn('socat', ['-b', '65536', `pty,raw,echo=0,link=${this.path}`, '-'], {
      stdio: ['pipe', 'pipe', 'pipe'],
      // Ctrl-C at a terminal is for the simulator, which takes the line down in its order.
      detached: true,
    });
    const started = new Promise<void>((done, failed) => {
      socat.once('spawn', done);
      socat.once('error', (cause) => failed(noSocat(this.path, cause)));
    });
    let said = '';
    socat.stderr.on('data', (text: Buffer) => {
      said = `${said}${text}`.slice(-500);
    });
    socat.stdin.on('error', () => undefined);
    socat.stdout.on('data', (bytes: Buffer) => this.#receive(bytes, 1));
    const gone = new Promise<void>((done) => socat.once('close', () => done()));
    await started;
    const held = await this.#appeared(socat, () => said);
    this.#adapter = { socat, gone, held };
  }

  /** Settles when the device file is gone and its reader has been hung up. */
  async unplug(): Promise<void> {
    const adapter = this.#adapter;
    if (adapter === null) return;
    this.#adapter = null;
    closeSync(adapter.held);
    adapter.socat.kill('SIGKILL');
    await adapter.gone;
    rmSync(this.path, { force: true });
  }

  async close(): Promise<void> {
    await this.unplug();
    if (this.#dir !== null) rmSync(this.#dir, { recursive: true, force: true });
  }

  async #appeared(socat: ChildProcess, said: () => string): Promise<number> {
    const untilMs = performance.now() + patienceMs;
    while (!existsSync(this.path)) {
      if (socat.exitCode !== null || performance.now() > untilMs) {
        socat.kill('SIGKILL');
        throw lineError(reasonOf(said()), this.path, 'take a file that can be made there');
      }
      await new Promise((next) => setTimeout(next, lookEveryMs));
    }
    return openSync(this.path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  }
}

/** Without the date and the number of the process. */
function reasonOf(said: string): string {
  const reason = said.trim().replaceAll(/^.*?socat\[\d+\] [A-Z] /gm, '');
  return `socat made no terminal: ${reason || 'it said nothing'}`;
}

function noSocat(path: string, cause: Error): PpuriError {
  const hint = 'install it: sudo apt-get install -y socat; or use --rtu-tcp';
  return lineError('the program socat is missing', path, hint, cause);
}

function lineError(message: string, subject: string, hint: string, cause?: unknown): PpuriError {
  const operation = 'make a serial line';
  return new PpuriError('bus-unavailable', message, { operation, subject, hint, cause });
}
