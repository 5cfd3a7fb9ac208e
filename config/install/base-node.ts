/**
 * The Node executables that the single files are made of, from the npm packages that also run ppuri
 * from source: this computer's own from node_modules, the other by `npm pack`, compared with the
 * lock file.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Arch } from './loaders.ts';

interface Locked {
  readonly version: string;
  readonly integrity: string;
}

/** What the lock file says of a package. */
function locked(root: string, name: string): Locked {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const entry = lock.packages[`node_modules/${name}`];
  if (entry?.integrity === undefined) throw new Error(`the lock file says nothing of ${name}`);
  return entry;
}

function digest(bytes: Uint8Array): string {
  return `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
}

/** Path of the unpacked package; fetched once and kept in node_modules/.cache. */
function fetched(root: string, name: string): string {
  const { version, integrity } = locked(root, name);
  const cache = join(root, 'node_modules/.cache/ppuri', `${name}-${version}`);
  if (existsSync(cache)) return cache;
  const work = `${cache}.new`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const pack = ['pack', `${name}@${version}`, '--silent', '--pack-destination', work];
  const file = execFileSync('npm', pack, { cwd: root, encoding: 'utf8' }).trim();
  const archive = join(work, file);
  const found = digest(readFileSync(archive));
  if (found !== integrity)
    throw new Error(`${name}@${version} is not what the lock file names: ${found}`);
  execFileSync('tar', ['-xzf', archive, '-C', work, 'package/bin/node', 'package/LICENSE']);
  rmSync(archive);
  renameSync(work, cache);
  return cache;
}

/** The folder of the package, with `bin/node` and Node's own licence. Throws on any other Node. */
export function baseNode(root: string, arch: Arch): string {
  const name = `node-linux-${arch}`;
  const { version } = locked(root, name);
  if (`v${version}` !== process.version)
    throw new Error(`this is Node ${process.version}; the single file is made by v${version}`);
  const own = join(root, 'node_modules', name);
  return existsSync(join(own, 'bin/node')) ? own : join(fetched(root, name), 'package');
}
