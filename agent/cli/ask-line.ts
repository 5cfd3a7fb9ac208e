/** Questions at a terminal, one line each, on stderr: stdout is for the result. */
import { createInterface, type Interface } from 'node:readline';

/** Ctrl-C, Ctrl-D, or a terminal that is gone. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

interface Waiting {
  readonly resolve: (line: string) => void;
  readonly reject: (why: Interrupted) => void;
}

export class LinePrompt {
  readonly #terminal: Interface;
  /** Typed ahead of their questions. */
  readonly #lines: string[] = [];
  #waiting: Waiting | null = null;
  #ended = false;
  #interrupt: () => void = () => this.#end();

  constructor() {
    this.#terminal = createInterface({
      input: process.stdin,
      output: process.stderr,
      terminal: true,
      historySize: 0,
    });
    this.#terminal.on('line', (line) => this.#take(line));
    this.#terminal.on('SIGINT', () => this.#interrupt());
    this.#terminal.on('close', () => this.#end());
  }

  say(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  /** The answer without blanks around it. Rejects with Interrupted. */
  ask(question: string): Promise<string> {
    if (this.#ended) return Promise.reject(new Interrupted());
    this.#terminal.setPrompt(question);
    this.#terminal.prompt();
    const ahead = this.#lines.shift();
    if (ahead !== undefined) return Promise.resolve(ahead.trim());
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** While `work` runs, Ctrl-C ends it alone. */
  async during<T>(work: (stop: AbortSignal) => Promise<T>): Promise<T> {
    const stop = new AbortController();
    this.#interrupt = () => stop.abort();
    try {
      return await work(stop.signal);
    } finally {
      this.#interrupt = () => this.#end();
    }
  }

  close(): void {
    this.#terminal.close();
  }

  #take(line: string): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting === null) this.#lines.push(line);
    else waiting.resolve(line.trim());
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#terminal.close();
    this.#waiting?.reject(new Interrupted());
    this.#waiting = null;
  }
}
