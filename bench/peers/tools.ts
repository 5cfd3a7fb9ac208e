/**
 * Where the peers' own programs are, which no part of the product needs: `node bench/peers/tools.ts`
 * installs them, by exact version, outside of the checkout.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** The same release for all: the model must not run faster for one of them. */
const onnxruntime: string = require('onnxruntime-node/package.json').version;

const nodeRedPackages = {
  'node-red': '5.0.7',
  'node-red-contrib-modbus': '5.60.2',
  'onnxruntime-node': onnxruntime,
};
/**
 * node-red-contrib-modbus takes its fork of modbus-serial from a host of its maker. This is what it
 * was forked from; the functions that are called here are the same.
 */
const modbusSerial = '8.0.25';
const pythonPackages = { pymodbus: '3.16.1', onnxruntime, numpy: '2.4.6' };

export const versions = {
  'Node-RED': nodeRedPackages['node-red'],
  'node-red-contrib-modbus': nodeRedPackages['node-red-contrib-modbus'],
  'modbus-serial': modbusSerial,
  pymodbus: pythonPackages.pymodbus,
  'ONNX Runtime': onnxruntime,
} as const;

const place =
  process.env.PPURI_PEERS ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ppuri-peers');

const pythonHome = join(place, 'python');
const nodeRedHome = join(place, 'node-red');

export const peerTools = {
  nodeRed: join(nodeRedHome, 'node_modules', 'node-red', 'red.js'),
  nodeRedModules: join(nodeRedHome, 'node_modules'),
  python: join(pythonHome, 'bin', 'python'),
  /** Directory of libonnxruntime.so.1, which comes with the product’s own package. */
  onnxruntimeLibrary: join(
    dirname(require.resolve('onnxruntime-node/package.json')),
    'bin/napi-v6/linux',
    process.arch,
  ),
};

/** What is missing for a contestant that needs this program; null: nothing. */
export function whyMissing(program: string): string | null {
  return existsSync(program) ? null : 'not installed: node bench/peers/tools.ts';
}

function installNodeRed(): void {
  mkdirSync(nodeRedHome, { recursive: true });
  const manifest = {
    name: 'ppuri-peers',
    private: true,
    dependencies: nodeRedPackages,
    overrides: { '@openp4nr/modbus-serial': `npm:modbus-serial@${modbusSerial}` },
  };
  writeFileSync(join(nodeRedHome, 'package.json'), JSON.stringify(manifest, null, 2));
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund'];
  execFileSync('npm', args, { cwd: nodeRedHome, stdio: 'inherit' });
}

function installPython(): void {
  mkdirSync(place, { recursive: true });
  execFileSync('python3', ['-m', 'venv', pythonHome], { stdio: 'inherit' });
  const wanted = Object.entries(pythonPackages).map(([name, version]) => `${name}==${version}`);
  execFileSync(peerTools.python, ['-m', 'pip', 'install', '--quiet', ...wanted], {
    stdio: 'inherit',
  });
}

function main(): void {
  if (!existsSync(peerTools.nodeRed)) installNodeRed();
  if (!existsSync(peerTools.python)) installPython();
  console.log(`peers are in ${place}`);
}

if (import.meta.main) main();
