/**
 * systemd's notifications. Node has no datagram socket of the file system, so one long-lived shell
 * passes lines on by `systemd-notify`; it ends with this process, whatever ends that.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

export interface NotifyEnvironment {
  readonly NOTIFY_SOCKET?: string | undefined;
  readonly WATCHDOG_USEC?: string | undefined;
  readonly WATCHDOG_PID?: string | undefined;
}

/** A line has assignments with tabs between them, such as `READY=1`. */
const script = `tab=$(printf '\\t')
while IFS="$tab" read -r first second; do
  systemd-notify "$first" \${second:+"$second"} || echo "systemd-notify failed with $?" >&2
done`;

const largestLine = 500;

export class Notifier {
  readonly #shell: ChildProcess;
  #over = false;

  /** `lost`: something was not heard, and why. Called once at most. */
  constructor(socket: string, lost: (why: string) => void) {
    const shell = spawn('/bin/sh', ['-c', script], {
      env: { PATH: process.env.PATH, NOTIFY_SOCKET: socket },
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    this.#shell = shell;
    let said = false;
    const trouble = (why: string): void => {
      if (!said) lost(why);
      said = true;
    };
    // It goes on trying: one that is never heard again would be started anew for nothing.
    shell.stderr?.on('data', (text: Buffer) => trouble(text.toString().trim().slice(0, 200)));
    const end = (why: string): void => {
      if (!this.#over) trouble(why);
      this.#over = true;
    };
    shell.on('error', ({ message }) => end(message));
    shell.on('exit', (code) => end(`the shell ended with ${code}`));
    shell.stdin?.on('error', () => undefined);
    // It keeps nobody from ending.
    shell.unref();
    for (const stream of [shell.stdin, shell.stderr]) (stream as Socket | null)?.unref();
  }

  /** Never waits, never throws. */
  say(...assignments: readonly string[]): void {
    if (this.#over) return;
    const line = assignments.map((text) => text.replaceAll(/[\t\n\r]/g, ' ').slice(0, largestLine));
    this.#shell.stdin?.write(`${line.join('\t')}\n`);
  }

  /** What was said is passed on; then the shell ends. */
  async close(withinMs: number): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    this.#shell.ref();
    const ended = new Promise((resolve) => this.#shell.once('exit', resolve));
    this.#shell.stdin?.end();
    const late = setTimeout(() => this.#shell.kill(), withinMs);
    await ended;
    clearTimeout(late);
  }
}

/** How often systemd wants to be fed, ms; null: it does not watch this process. */
export function watchdogMs({ WATCHDOG_USEC, WATCHDOG_PID }: NotifyEnvironment): number | null {
  const ms = Number(WATCHDOG_USEC) / 1000;
  if (!(ms > 0)) return null;
  const mine = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid;
  return mine ? ms : null;
}
