/** How far a long command is: one line that is written over on a terminal, else now and then a note. */
import type { Output } from './output.ts';

const everyMs = 5000;

export class Progress {
  readonly #output: Output;
  readonly #wanted: boolean;
  readonly #terminal: boolean;
  #toldMs = performance.now();
  #shown = false;

  /** `wanted`: false says nothing at all. */
  constructor(output: Output, wanted: boolean) {
    this.#wanted = wanted;
    this.#output = output;
    this.#terminal = process.stderr.isTTY === true;
  }

  tell(text: string): void {
    if (!this.#wanted) return;
    if (this.#terminal) {
      process.stderr.write(`\r\x1b[K${text}`);
      this.#shown = true;
    } else if (performance.now() - this.#toldMs >= everyMs) {
      this.#toldMs = performance.now();
      this.#output.note(text);
    }
  }

  /** Makes room for what is printed next. */
  clear(): void {
    if (this.#shown) process.stderr.write('\r\x1b[K');
    this.#shown = false;
  }
}
