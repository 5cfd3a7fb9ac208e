/** How much of the memory that a process once needed it keeps. */
import { setFlagsFromString } from 'node:v8';

/**
 * How far the heap of a role may grow beyond what is alive before it is cleaned, in percent; V8 would
 * let it double and more. The loop makes little that lives on: its memory shrinks by a fifth, its CPU
 * use stays. The store's process makes a lot while a backlog drains, and pays with CPU.
 */
const growthPercent: Readonly<Record<string, number>> = { loop: 30, keep: 100 };

export function growSlowly(role: string): void {
  const percent = growthPercent[role];
  if (percent !== undefined) setFlagsFromString(`--heap-growing-percent=${percent}`);
}
