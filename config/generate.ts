/**
 * Writes what follows from the schema and the error table: config/schema.json and the tables in
 * README.md. `--check` writes nothing and exits 1 when one of them is stale.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { budgetTable } from './budget-table.ts';
import { configTable, errorsTable, fillMarkers, schemaJson } from './reference.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const emptyReadme = `# ppuri

<!-- config:begin -->
<!-- config:end -->

<!-- errors:begin -->
<!-- errors:end -->
`;

function contentOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** Where figures were measured; a checkout without benchmarks has none. */
function withBudgets(text: string, directory: string): string {
  if (!existsSync(join(directory, 'bench', 'baseline.json'))) return text;
  return fillMarkers(text, 'budgets', `\n${budgetTable(directory)}\n`);
}

/** Path → content, for every generated file of the checkout at `directory`. */
export function generated(directory: string): Map<string, string> {
  const readme = join(directory, 'README.md');
  const text = contentOf(readme) || emptyReadme;
  const filled = fillMarkers(text, 'config', `\n${configTable()}\n`);
  return new Map([
    [join(directory, 'config', 'schema.json'), schemaJson()],
    [readme, withBudgets(fillMarkers(filled, 'errors', `\n${errorsTable()}\n`), directory)],
  ]);
}

/** Paths whose content is not what it should be. */
export function stale(directory: string): string[] {
  const files = [...generated(directory)];
  return files.filter(([path, content]) => contentOf(path) !== content).map(([path]) => path);
}

function main(checkOnly: boolean): void {
  const changed = stale(root);
  if (checkOnly) {
    for (const path of changed) process.stderr.write(`stale: ${path} (run: npm run generate)\n`);
    process.exitCode = changed.length === 0 ? 0 : 1;
    return;
  }
  for (const [path, content] of generated(root)) writeFileSync(path, content);
  for (const path of changed) process.stdout.write(`written: ${path}\n`);
}

if (import.meta.main) main(process.argv.includes('--check'));
