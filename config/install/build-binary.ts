/**
 * `npm run build:binary [-- x64 arm64]`: the program as one executable file for each architecture, in
 * `dist/`. Both are made on either; the same source gives the same bytes.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { leanNode } from '../lean-node.ts';
import { packAssets } from './assets.ts';
import { baseNode } from './base-node.ts';
import { bundleProgram } from './bundle.ts';
import type { Arch } from './loaders.ts';
import { root, sourceVersion } from './source.ts';
import { stripElf } from './strip-elf.ts';

export interface Built {
  readonly file: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  /** Files of the source and of packages that its script was made of. */
  readonly inputs: readonly string[];
}

/** What `node --build-sea` reads. Paths from `work`: the one of the script is in the result. */
function seaConfig(work: string, output: string, assets: ReadonlyMap<string, Uint8Array>): object {
  const entries = [...assets].map(([key, bytes], index) => {
    const name = `asset-${index}`;
    writeFileSync(join(work, name), bytes);
    return [key, name];
  });
  return {
    main: 'ppuri.cjs',
    mainFormat: 'commonjs',
    executable: 'node',
    output,
    disableExperimentalSEAWarning: true,
    execArgv: leanNode,
    execArgvExtension: 'env',
    assets: Object.fromEntries(entries),
  };
}

/** Builds one executable into `directory`, as `ppuri-<version>-linux-<arch>`. */
export async function buildBinary(arch: Arch, directory: string): Promise<Built> {
  const file = join(directory, `ppuri-${sourceVersion()}-linux-${arch}`);
  const { script, parts, inputs } = await bundleProgram(root, arch);
  const { files } = packAssets(root, arch, parts);
  const work = mkdtempSync(join(tmpdir(), 'ppuri-build-'));
  try {
    writeFileSync(join(work, 'ppuri.cjs'), script);
    writeFileSync(
      join(work, 'node'),
      stripElf(readFileSync(join(baseNode(root, arch), 'bin/node'))),
    );
    chmodSync(join(work, 'node'), 0o755);
    const config = join(work, 'sea.json');
    writeFileSync(config, JSON.stringify(seaConfig(work, file, files)));
    mkdirSync(directory, { recursive: true });
    execFileSync(process.execPath, ['--build-sea', config], { cwd: work, stdio: 'pipe' });
    chmodSync(file, 0o755);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  const bytes = readFileSync(file);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { file, bytes: bytes.length, sha256, inputs };
}

async function main(named: readonly string[]): Promise<void> {
  const archs: Arch[] = (['x64', 'arm64'] as const).filter(
    (arch) => named.length === 0 || named.includes(arch),
  );
  for (const arch of archs) {
    const { file, bytes, sha256 } = await buildBinary(arch, join(root, 'dist'));
    process.stdout.write(`${sha256}  ${basename(file)}  ${(bytes / 1e6).toFixed(1)} MB\n`);
  }
}

if (import.meta.main) await main(process.argv.slice(2));
