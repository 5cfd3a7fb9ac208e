/**
 * Rows that say the same again. A log holds some twice, and where one shot makes several parts it
 * holds the shot's sensor row once for each: figures then count one shot as if it were several.
 */
import type { Table } from '../../models/table.ts';

export interface Repeats {
  /** Rows equal to an earlier one in every column. */
  readonly identical: number;
  /** Rows with the inputs (and time, where known) of the row before: parts of one shot, or repeats. */
  readonly sharedInputs: number;
  /** Of these, such with another label than the row before. */
  readonly otherLabel: number;
}

export class RepeatCount {
  readonly #table: Table;
  readonly #inputs: readonly number[];
  readonly #wallMs: (row: number) => number | null;
  readonly #seen = new Set<string>();
  #identical = 0;
  #shared = 0;
  #otherLabel = 0;
  #before: { readonly row: number; readonly label: 0 | 1 | null } | null = null;

  /** `columns`: names of those that feed the model. */
  constructor(table: Table, columns: readonly string[], wallMs: (row: number) => number | null) {
    this.#table = table;
    this.#inputs = columns.map((name) => table.column(name));
    this.#wallMs = wallMs;
  }

  /** A data row (0-based), in order; true when it shares its inputs with the row before. */
  take(row: number, label: 0 | 1 | null): boolean {
    const whole = (this.#table.rows[row] ?? []).join('\u001f');
    if (this.#seen.has(whole)) this.#identical += 1;
    else this.#seen.add(whole);
    const before = this.#before;
    this.#before = { row, label };
    if (before === null || !this.#sameInputs(before.row, row)) return false;
    this.#shared += 1;
    if (before.label !== label) this.#otherLabel += 1;
    return true;
  }

  count(): Repeats {
    return {
      identical: this.#identical,
      sharedInputs: this.#shared,
      otherLabel: this.#otherLabel,
    };
  }

  #sameInputs(a: number, b: number): boolean {
    const { rows } = this.#table;
    // Where times are known, equal values a cycle later are a steady machine.
    return (
      this.#wallMs(a) === this.#wallMs(b) &&
      this.#inputs.every((column) => rows[a]?.[column] === rows[b]?.[column])
    );
  }
}
