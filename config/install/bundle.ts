/** The program as CommonJS scripts for the single file, one a role, loaders of addons patched. */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { type Arch, loaders, patched } from './loaders.ts';

export interface Bundle {
  /** Begins every process, and loads the part that it needs. */
  readonly script: Uint8Array;
  readonly parts: ReadonlyMap<string, Uint8Array>;
  /** Files it was made of, from the root of the source, sorted. */
  readonly inputs: readonly string[];
}

/** These ask where their source lies only where it runs from source. */
const knowTheirPlace = ['config/shipped.ts', 'agent/role.ts'];

/** Files that would look beside themselves, which in the single file is nowhere. */
function lostFiles(root: string, inputs: readonly string[]): string[] {
  return inputs
    .filter((file) => !file.startsWith('node_modules/') && !knowTheirPlace.includes(file))
    .filter((file) => /\bimport\.meta\./.test(readFileSync(join(root, file), 'utf8')));
}

function addonsPlugin(root: string, arch: Arch): Plugin {
  const modules = join(root, 'node_modules');
  return {
    name: 'addons',
    setup(bundling) {
      bundling.onResolve({ filter: /^ppuri:shipped$/ }, () => ({
        path: join(root, 'config/shipped.ts'),
      }));
      bundling.onResolve({ filter: /^ppuri:role-script$/ }, () => ({
        path: join(root, 'config/role-script.ts'),
      }));
      bundling.onResolve({ filter: /^better-sqlite3$/ }, () => ({
        path: join(modules, `better-sqlite3/lib/linux-${arch}.js`),
      }));
      for (const loader of loaders(arch)) {
        const filter = new RegExp(`/${loader.file.replace(/[.+]/g, '\\$&')}$`);
        bundling.onLoad({ filter }, () => ({ contents: patched(modules, loader), loader: 'js' }));
      }
    },
  };
}

/**
 * One letter beyond ASCII and every process holds the whole script with two bytes a character. What
 * esbuild leaves as it is stands in regular expressions.
 */
export function asciiOnly(script: string): string {
  const escaped = script.match(/\\[^\0-\x7f]/)?.[0];
  if (escaped !== undefined)
    throw new Error(`a backslash before a letter beyond ASCII: ${escaped}`);
  return script.replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** These are so small, or so early, that they stay in the first script. */
const inMain = /\/(?:cli\/interrupt|config\/unpack)\.ts$/;
const mainFile = 'agent/main.ts';

/** Of what `agent/main.ts` loads for a role, `agent/infer/child.ts`, the part's name: `infer-child`. */
function partName(root: string, path: string): string {
  return relative(join(root, 'agent'), path).replace(/\.ts$/, '').replaceAll('/', '-');
}

/** Takes what main loads by role out of its script; `parts` learns their files, by name. */
function partsPlugin(root: string, parts: Map<string, string>): Plugin {
  return {
    name: 'parts',
    setup(bundling) {
      bundling.onResolve({ filter: /^\./ }, ({ kind, importer, resolveDir, path }) => {
        const target = join(resolveDir, path);
        if (kind !== 'dynamic-import' || importer !== join(root, mainFile)) return null;
        if (inMain.test(target)) return null;
        parts.set(partName(root, target), target);
        return { path: partName(root, target), namespace: 'part' };
      });
      bundling.onLoad({ filter: /^/, namespace: 'part' }, ({ path }) => ({
        contents: `module.exports = require('ppuri:role-script').loadRoleScript('${path}')`,
        resolveDir: root,
      }));
    },
  };
}

async function bundleOne(root: string, arch: Arch, entry: string, parts: Map<string, string>) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    target: 'node26',
    format: 'cjs',
    // A script inside an executable can import nothing at run time but what Node has itself.
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'undefined' },
    minifyWhitespace: true,
    legalComments: 'none',
    metafile: true,
    write: false,
    logLevel: 'warning',
    plugins: [addonsPlugin(root, arch), partsPlugin(root, parts)],
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error('esbuild gave no output');
  const inputs = Object.keys(metafile.inputs).filter((file) => !file.startsWith('part:'));
  return { script: Buffer.from(asciiOnly(output.text)), inputs };
}

/** Throws where something in it would look for files beside itself, or a loader was not met. */
export async function bundleProgram(root: string, arch: Arch): Promise<Bundle> {
  const files = new Map<string, string>();
  const main = await bundleOne(root, arch, mainFile, files);
  const parts = new Map<string, Uint8Array>();
  const all = new Set(main.inputs);
  for (const [name, file] of [...files].sort()) {
    const part = await bundleOne(root, arch, relative(root, file), new Map());
    parts.set(name, part.script);
    for (const input of part.inputs) all.add(input);
  }
  const inputs = [...all].sort();
  const missing = loaders(arch).filter(({ file }) => !inputs.includes(`node_modules/${file}`));
  if (missing.length > 0)
    throw new Error(`not in the bundle: ${missing.map(({ file }) => file).join(', ')}`);
  const lost = lostFiles(root, inputs);
  if (lost.length > 0)
    throw new Error(
      `these look for files beside their source; use config/shipped.ts: ${lost.join(', ')}`,
    );
  return { script: main.script, parts, inputs };
}
