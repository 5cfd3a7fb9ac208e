/**
 * Writes the manual that the packages install, `config/install/ppuri.1`, from the command line as it
 * is. `--check` writes nothing and exits 1 when it is stale.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import packageJson from '../package.json' with { type: 'json' };
import { commandTree } from './cli/command-tree.ts';
import { manPage } from './cli/man-page.ts';
import { createProgram } from './cli/program.ts';

const file = fileURLToPath(new URL('../config/install/ppuri.1', import.meta.url));

function main(checkOnly: boolean): void {
  const page = manPage(commandTree(createProgram()), packageJson.version);
  if (existsSync(file) && readFileSync(file, 'utf8') === page) return;
  if (checkOnly) {
    process.stderr.write('stale: config/install/ppuri.1 (run: npm run generate)\n');
    process.exitCode = 1;
  } else {
    writeFileSync(file, page);
    process.stdout.write('written: config/install/ppuri.1\n');
  }
}

if (import.meta.main) main(process.argv.includes('--check'));
