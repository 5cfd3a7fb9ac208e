/** `ppuri watch`: what the panel shows, in a terminal, over ssh. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { exitCodes, PpuriError } from '../../config/errors.ts';
import type { Overview } from '../panel/contract.ts';
import type { ControlClient } from '../store/control-client.ts';
import { duration } from './arguments.ts';
import { interrupted } from './interrupt.ts';
import { action, type Output } from './output.ts';
import { addStoreFlags, placeOf, reachAgent, type StoreFlags, whyText } from './store-access.ts';
import { frameLines } from './watch-frame.ts';
import type { Language } from './words.ts';

interface WatchFlags extends StoreFlags {
  readonly every: number;
  readonly once?: boolean;
}

const help = `
On a terminal the picture is drawn anew each second; elsewhere once a change. Ctrl-C ends it.
Alerts are handled with \`ppuri alerts ack|shelve|unshelve|false ID\`.

--json prints what the panel gets, one object a line: {"gateway","machines":[…],"alerts":[…],
"buses","cloud","store","shift","loopSilentMs"}.

Examples:
  ppuri watch -c ppuri.yaml
  ppuri watch --store /var/lib/ppuri --once --json`;

const leastEveryMs = 200;
const clearScreen = '\u001b[H\u001b[J';
const [enterScreen, leaveScreen] = ['\u001b[?1049h\u001b[?25l', '\u001b[?25h\u001b[?1049l'];

/** One connection after another: an agent that restarts is met again. */
class Watched {
  readonly #dir: string;
  #client: ControlClient | null = null;
  #last: { readonly overview: Overview; readonly monoMs: number } | null = null;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** The overview, or why there is none now. */
  async ask(): Promise<Overview | PpuriError> {
    try {
      if (this.#client === null) {
        const reached = await reachAgent(this.#dir);
        if (reached.client === null)
          return new PpuriError('agent-unreachable', reached.why, {
            operation: 'watch',
            subject: this.#dir,
            hint: 'start it with `ppuri run -c FILE`',
          });
        this.#client = reached.client;
      }
      const overview = (await this.#client.command('overview', {})) as Overview;
      this.#last = { overview, monoMs: performance.now() };
      return overview;
    } catch (thrown) {
      if (!(thrown instanceof PpuriError)) throw thrown;
      this.close();
      return thrown;
    }
  }

  get last(): { readonly overview: Overview; readonly silentMs: number } | null {
    if (this.#last === null) return null;
    const { overview, monoMs } = this.#last;
    return { overview, silentMs: performance.now() - monoMs };
  }

  close(): void {
    this.#client?.close();
    this.#client = null;
  }
}

function linesNow(watched: Watched, output: Output, lang: Language): string[] {
  const { last } = watched;
  const size = { columns: process.stdout.columns ?? 200, rows: process.stdout.rows ?? 1000 };
  if (last === null) return [whyText('absent', lang)];
  return frameLines(last.overview, {
    ...{ lang, ...size, color: output.color, silentMs: last.silentMs },
  });
}

async function once(watched: Watched, output: Output, flags: WatchFlags, lang: Language) {
  const answer = await watched.ask();
  if (answer instanceof PpuriError) {
    if (answer.code !== 'agent-unreachable') throw answer;
    output.note(whyText('absent', lang));
    process.exitCode = exitCodes.checkFailed;
    return;
  }
  if (flags.json === true) output.json(answer);
  else for (const line of linesNow(watched, output, lang)) output.line(line);
}

async function follow(watched: Watched, output: Output, flags: WatchFlags, lang: Language) {
  const interruption = interrupted();
  const ended = Promise.race([interruption.signal, output.closed]);
  const screen = process.stdout.isTTY === true && flags.json !== true;
  let over = false;
  void ended.then(() => {
    over = true;
  });
  let shown = '';
  if (screen) process.stdout.write(enterScreen);
  try {
    while (!over) {
      const answer = await watched.ask();
      if (flags.json === true) {
        if (!(answer instanceof PpuriError)) output.json(answer);
      } else {
        const text = linesNow(watched, output, lang).join('\n');
        if (screen) process.stdout.write(`${clearScreen}${text}`);
        else if (text !== shown) output.line(text);
        shown = text;
      }
      await Promise.race([pause(flags.every), ended]);
    }
  } finally {
    if (screen) process.stdout.write(leaveScreen);
    interruption.dispose();
  }
}

async function run(output: Output, flags: WatchFlags): Promise<void> {
  const { dir, lang } = placeOf(flags);
  const watched = new Watched(dir);
  try {
    if (flags.once === true) await once(watched, output, flags, lang);
    else await follow(watched, output, flags, lang);
  } finally {
    watched.close();
  }
}

export function addWatch(program: Command): void {
  const command = program
    .command('watch')
    .description('the plant live in a terminal: machines, alerts, buses, cloud');
  addStoreFlags(command, 'one JSON object a line, described below')
    .option(
      '--every <time>',
      'how often it looks',
      (text) => Math.max(leastEveryMs, duration(text)),
      1000,
    )
    .option('--once', 'one picture, then end')
    .addHelpText('after', help)
    .action(action('watch the plant', run));
}
