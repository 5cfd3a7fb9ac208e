/**
 * `npm test [-- filter… vitest options]`: every suite once. Ends with what was left out and why, and
 * on the last line `N passed, N failed, N skipped`. Exit code 1 unless at least one test ran and
 * none failed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCLI, startVitest } from 'vitest/node';
import { Summary, summaryLines } from './summary.ts';

const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)]);
const summary = new Summary();
// Many suites start the program again and again: what was compiled once costs half of that.
const compiled = mkdtempSync(join(tmpdir(), 'ppuri-compiled-'));
process.env.NODE_COMPILE_CACHE = compiled;
await startVitest(filter, { ...options, watch: false, reporters: ['default', summary] });

rmSync(compiled, { recursive: true, force: true });
const { passed, failed } = summary.counts;
const good = summary.reason === 'passed' && failed === 0 && passed > 0;
process.stdout.write(`${summaryLines(summary).join('\n')}\n`, () => {
  // A test that left a handle open must not keep the run from ending.
  process.exit(good ? 0 : 1);
});
