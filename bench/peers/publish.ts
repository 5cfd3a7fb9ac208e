/**
 * `node bench/peers/publish.ts RESULTS.json…`: keeps what was measured of the peers in
 * `bench/peers/results.json`, and from that alone makes the tables of README and the picture.
 * Without a file: from what is kept. `--check` writes nothing, and exits 1 when one is stale.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fillMarkers } from '../../config/reference.ts';
import type { Results } from '../report.ts';
import { pictureOf } from './picture.ts';
import { distill, type Published } from './rows.ts';
import { tablesOf } from './table.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Path from the root → what it should hold, by what is kept under `directory`. */
export function published(directory: string): Map<string, string> {
  const kept: Published = JSON.parse(
    readFileSync(join(directory, 'bench/peers/results.json'), 'utf8'),
  );
  const readme = readFileSync(join(directory, 'README.md'), 'utf8');
  return new Map([
    ['bench/peers/peers.svg', pictureOf(kept)],
    ['README.md', fillMarkers(readme, 'peers', tablesOf(kept))],
  ]);
}

export function stale(directory: string): string[] {
  return [...published(directory)]
    .filter(([path, content]) => {
      const file = join(directory, path);
      return !existsSync(file) || readFileSync(file, 'utf8') !== content;
    })
    .map(([path]) => path);
}

/** The benchmarks of several files as one; the later counts for what both have. */
function together(files: readonly string[]): Results {
  const all = files.map((file): Results => JSON.parse(readFileSync(file, 'utf8')));
  const last = all.at(-1);
  if (last === undefined) throw new Error('no results');
  const byName = new Map(all.flatMap(({ benchmarks }) => benchmarks).map((b) => [b.name, b]));
  return { ...last, benchmarks: [...byName.values()] };
}

function main(args: readonly string[]): void {
  if (args.includes('--check')) {
    const files = stale(root);
    for (const file of files)
      process.stderr.write(`stale: ${file} (run: node bench/peers/publish.ts)\n`);
    process.exitCode = files.length === 0 ? 0 : 1;
    return;
  }
  if (args.length > 0) {
    const kept = `${JSON.stringify(distill(together(args)), null, 1)}\n`;
    writeFileSync(join(root, 'bench/peers/results.json'), kept);
  }
  for (const [path, content] of published(root)) writeFileSync(join(root, path), content);
}

if (import.meta.main) main(process.argv.slice(2));
