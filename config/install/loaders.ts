/**
 * The files of packages that find their native addon beside themselves, which in a single file is
 * nowhere. Each is replaced, and each replacement holds for one exact content: another version of the
 * package stops the build, until somebody has read what became of its loader.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Arch = 'x64' | 'arm64';

interface Loader {
  /** From node_modules. */
  readonly file: string;
  readonly sha256: string;
  /** The statement that loads, to be found exactly once. */
  readonly loads: string;
  /** What comes in its place. */
  readonly instead: string;
}

/** `shipped` is the module of the source that unpacks and loads. */
function load(group: string, file: string): string {
  return `require('ppuri:shipped').loadAddon('${group}', '${file}')`;
}

const sqliteSha256: Readonly<Record<Arch, string>> = {
  x64: '96f9bbd76ab65da4f98a4833eb512746db6a99a2728db20feae2d70db0c2e273',
  arm64: 'e2ff6a1e844f0f95794ebe50cea071f235bd57182ac04985819b86498541797c',
};

/** What serialport's addon has on Linux. Whoever imports the package would load it at once. */
const serialNames = [
  'close',
  'drain',
  'flush',
  'get',
  'getBaudRate',
  'open',
  'set',
  'update',
  'Poller',
];

export function loaders(arch: Arch): readonly Loader[] {
  return [
    {
      file: 'onnxruntime-node/dist/binding.js',
      sha256: '2a85ac5de943c7222aae5ca2897f52d73891f528d4295b701fab077470c668c0',
      loads: [
        'require(`../bin/napi-v6/',
        '{process.platform}/',
        '{process.arch}/onnxruntime_binding.node`)',
      ].join('$'),
      instead: load('onnxruntime-node', 'onnxruntime_binding.node'),
    },
    {
      file: '@serialport/bindings-cpp/dist/serialport-bindings.js',
      sha256: 'b733341fc16f8c1b0391050010060a7a0e0e2a1908803ef34afcbce432936b5f',
      loads: "(0, node_gyp_build_1.default)((0, path_1.join)(__dirname, '../'))",
      instead: `require('ppuri:shipped').lazyAddon('serialport', 'serialport.node', ${JSON.stringify(serialNames)})`,
    },
    {
      file: `better-sqlite3/lib/linux-${arch}.js`,
      sha256: sqliteSha256[arch],
      loads: `require('../prebuilds/linux-${arch}.node')`,
      instead: load('better-sqlite3', 'better-sqlite3.node'),
    },
  ];
}

/** The loader as the single file has it. Throws where it is not the one that was read. */
export function patched(modules: string, { file, sha256, loads, instead }: Loader): string {
  const source = readFileSync(join(modules, file), 'utf8');
  const found = createHash('sha256').update(source).digest('hex');
  if (found !== sha256)
    throw new Error(
      `${file} is not the loader that the build knows (sha256 ${found}): read how it now finds its addon, then correct config/install/loaders.ts`,
    );
  const parts = source.split(loads);
  if (parts.length !== 2) throw new Error(`${file} does not load its addon once: ${loads}`);
  return parts.join(instead);
}
