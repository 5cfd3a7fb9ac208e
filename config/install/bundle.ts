/** The program as one CommonJS script for the single file, loaders of addons patched. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { type Arch, loaders, patched } from './loaders.ts';

export interface Bundle {
  readonly script: Uint8Array;
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

/** Throws where something in it would look for files beside itself, or a loader was not met. */
export async function bundleProgram(root: string, arch: Arch): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['agent/main.ts'],
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
    plugins: [addonsPlugin(root, arch)],
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error('esbuild gave no output');
  const inputs = Object.keys(metafile.inputs).sort();
  const missing = loaders(arch).filter(({ file }) => !inputs.includes(`node_modules/${file}`));
  if (missing.length > 0)
    throw new Error(`not in the bundle: ${missing.map(({ file }) => file).join(', ')}`);
  const lost = lostFiles(root, inputs);
  if (lost.length > 0)
    throw new Error(
      `these look for files beside their source; use config/shipped.ts: ${lost.join(', ')}`,
    );
  return { script: output.contents, inputs };
}
