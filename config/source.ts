/** Where every key and value of a YAML file stands. */
import type { LineCounter } from 'yaml';
import type { Problem } from './problem.ts';

export type Path = readonly PropertyKey[];

/** `machines[0].devices.plc`; keys with odd characters are quoted. */
export function formatPath(path: Path): string {
  const steps = path.map((step) => {
    if (typeof step === 'number') return `[${step}]`;
    const text = String(step);
    return /^[\w-]+$/.test(text) ? `.${text}` : `.${JSON.stringify(text)}`;
  });
  return steps.join('').replace(/^\./, '');
}

const pathKey = (path: Path): string => JSON.stringify(path.map(String));

/** Where things are in one file. */
export class Source {
  readonly file: string;
  readonly #lines: LineCounter;
  readonly #keys = new Map<string, number>();
  readonly #values = new Map<string, number>();

  constructor(file: string, lines: LineCounter) {
    this.file = file;
    this.#lines = lines;
  }

  place(path: Path, key: number | null, value: number | null): void {
    if (key !== null) this.#keys.set(pathKey(path), key);
    const at = value ?? key;
    if (at !== null) this.#values.set(pathKey(path), at);
  }

  has(path: Path): boolean {
    return this.#values.has(pathKey(path));
  }

  /** From here on `path` means the place of `written`, the misspelt key that stands for it. */
  stands(written: Path, path: Path): void {
    for (const places of [this.#keys, this.#values]) {
      const offset = places.get(pathKey(written));
      if (offset !== undefined) places.set(pathKey(path), offset);
    }
  }

  at(offset: number): { line: number; col: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), col: Math.max(col, 1) };
  }

  /** A problem with the value at `path`, or with what should hold it when it is not there. */
  atValue(path: Path, message: string, hint = ''): Problem {
    return this.#problem(path, this.#values.get(pathKey(path)), message, hint);
  }

  /** A problem with the key at `path` (for a list entry: with the entry). */
  atKey(path: Path, message: string, hint = ''): Problem {
    const key = this.#keys.get(pathKey(path)) ?? this.#values.get(pathKey(path));
    return this.#problem(path, key, message, hint);
  }

  #problem(path: Path, offset: number | undefined, message: string, hint: string): Problem {
    const { line, col } = this.at(offset ?? this.#nearestKey(path));
    return { file: this.file, line, col, path: formatPath(path), message, hint };
  }

  #nearestKey(path: Path): number {
    for (let length = path.length - 1; length >= 0; length--) {
      const key = pathKey(path.slice(0, length));
      const offset = this.#keys.get(key) ?? this.#values.get(key);
      if (offset !== undefined) return offset;
    }
    return 0;
  }
}
