/** What is wrong in a file, where, and what to do about it. */
import { PpuriError } from './errors.ts';

export interface Problem {
  /** As the user named it. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in characters. */
  readonly col: number;
  /** `machines[0].devices.plc.unit`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  /** What to do; empty when there is nothing to add. */
  readonly hint: string;
}

/** `file:line:col path message (hint)`. */
export function formatProblem(problem: Problem): string {
  const path = problem.path === '' ? '' : `${problem.path} `;
  const hint = problem.hint === '' ? '' : ` (${problem.hint})`;
  return `${problem.file}:${problem.line}:${problem.col} ${path}${problem.message}${hint}`;
}

/** Files in order of first appearance, then by line and column; exact repetitions are dropped. */
export function inFileOrder(problems: readonly Problem[]): Problem[] {
  const files = [...new Set(problems.map((problem) => problem.file))];
  const seen = new Map(problems.map((problem) => [formatProblem(problem), problem]));
  return [...seen.values()].sort(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.col - b.col,
  );
}

/** A file with problems, all of them at once. */
export class ProblemsError extends PpuriError {
  readonly problems: readonly Problem[];

  constructor(
    code: 'config-invalid' | 'profile-invalid',
    file: string,
    problems: readonly Problem[],
  ) {
    const sorted = inFileOrder(problems);
    const count = sorted.length === 1 ? '1 error' : `${sorted.length} errors`;
    const lines = sorted.map((problem) => `  ${formatProblem(problem)}`);
    super(code, `${count} in ${file}\n${lines.join('\n')}`, {
      operation: code === 'config-invalid' ? 'load configuration' : 'load profile',
      subject: file,
      hint: 'correct the file; `ppuri check -c FILE` shows every error',
    });
    this.problems = sorted;
  }
}
