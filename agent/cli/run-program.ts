/** `ppuri run` alone: an agent runs for years, and holds nothing of the other commands. */
import type { Interruption } from './interrupt.ts';
import { carryOut, emptyProgram } from './program-base.ts';
import { addRun } from './run.ts';

/** `argv` as process.argv, its third word being `run`. */
export function runAgentProgram(
  argv: readonly string[],
  early: Interruption | null,
): Promise<void> {
  const program = emptyProgram();
  addRun(program, early);
  return carryOut(program, argv);
}
