/**
 * `node agent/panel/build-pages.ts [--check]`: bundles the panel's pages into `web/dist`, which is
 * committed, so that neither a gateway nor a fresh checkout needs a bundler. `--check` writes
 * nothing and exits 1 when a file is not what the sources give.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const sources = join(import.meta.dirname, 'web');
const target = join(sources, 'dist');

/** File name → content. The page names its script by content, so that an old one is noticed. */
export async function bundled(): Promise<Map<string, string>> {
  const { outputFiles } = await build({
    absWorkingDir: sources,
    entryPoints: ['main.ts', 'app.css'],
    outdir: 'dist',
    entryNames: 'app',
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    write: false,
    logLevel: 'silent',
  });
  const files = outputFiles.map(({ path, text }) => [path.slice(target.length + 1), text] as const);
  const marks = files.map(
    ([name, text]) => [name, createHash('sha256').update(text).digest('hex').slice(0, 12)] as const,
  );
  const page = marks.reduce(
    (text, [name, mark]) => text.replace(`"/${name}"`, `"/${name}?v=${mark}"`),
    readFileSync(join(sources, 'index.html'), 'utf8'),
  );
  return new Map([...files, ['index.html', page]]);
}

function isStale([name, content]: readonly [string, string]): boolean {
  const path = join(target, name);
  return !existsSync(path) || readFileSync(path, 'utf8') !== content;
}

async function main(checkOnly: boolean): Promise<void> {
  const stale = [...(await bundled())].filter(isStale);
  mkdirSync(target, { recursive: true });
  for (const [name, content] of stale) {
    if (checkOnly)
      process.stderr.write(`stale: agent/panel/web/dist/${name} (run: npm run generate)\n`);
    else {
      writeFileSync(join(target, name), content);
      process.stdout.write(`written: agent/panel/web/dist/${name}\n`);
    }
  }
  process.exitCode = checkOnly && stale.length > 0 ? 1 : 0;
}

if (import.meta.main) await main(process.argv.includes('--check'));
