/** The program as gateways have it: the single file, built once for all benchmarks that ask for it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AgentProgram } from '../agent/bench/agent-process.ts';
import { buildBinary } from '../config/install/build-binary.ts';

export interface Binary {
  readonly file: string;
  readonly megabytes: number;
  /** What it carries is unpacked there, as the installation of a package does. */
  readonly runtimeDir: string;
  /** To be started with what was unpacked. */
  readonly installed: AgentProgram;
  /** To be started as on its first day: `runtimeDir` is to be empty. */
  fresh(runtimeDir: string): AgentProgram;
}

const parent = fileURLToPath(new URL('./results/', import.meta.url));

/** The same file for every benchmark of a run; removed when the process ends. */
export function sharedBinary(): () => Promise<Binary> {
  let built: Promise<Binary> | null = null;
  return () => {
    built ??= build();
    return built;
  };
}

async function build(): Promise<Binary> {
  mkdirSync(parent, { recursive: true });
  const dir = mkdtempSync(join(parent, 'binary-'));
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
  // A signal alone would end the process without that.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => process.exit(130));
  const { file, bytes } = await buildBinary(process.arch === 'arm64' ? 'arm64' : 'x64', dir);
  const runtimeDir = join(dir, 'runtime');
  const fresh = (where: string): AgentProgram => ({
    program: file,
    environment: { PPURI_RUNTIME_DIR: where },
  });
  const env = { ...process.env, PPURI_RUNTIME_DIR: runtimeDir, PPURI_ROLE: 'unpack' };
  execFileSync(file, [], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  forgetPages(dir);
  return { file, megabytes: bytes / 1e6, runtimeDir, installed: fresh(runtimeDir), fresh };
}

/**
 * As after a boot. Of a file that was just written the kernel holds large pieces and maps them whole:
 * that counts as memory of whoever touches a byte of it.
 */
function forgetPages(dir: string): void {
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    execFileSync('sync', [path]);
    const args = [`if=${path}`, 'of=/dev/null', 'iflag=nocache', 'count=0', 'status=none'];
    execFileSync('dd', args);
  }
}
