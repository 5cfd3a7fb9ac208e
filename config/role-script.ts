/**
 * The scripts of the single file: one for each role and for the command line, so that a process holds
 * and compiles its own alone. Used by the build's stand-ins for the imports of `agent/main.ts`.
 */
import { dirname } from 'node:path';
import { getRawAsset } from 'node:sea';
import { compileFunction } from 'node:vm';
import { zstdDecompressSync } from 'node:zlib';

/** What a script inside an executable may require: what Node has itself. */
function builtin(name: string): unknown {
  const found = process.getBuiltinModule(name);
  if (found === undefined) throw new Error(`${name} is not part of Node, nor of this program`);
  return found;
}

/** Runs the part, which is ASCII, and gives what it exports. */
export function loadRoleScript(name: string): unknown {
  const packed = new Uint8Array(getRawAsset(`parts/${name}`));
  const source = zstdDecompressSync(packed).toString('latin1');
  const names = ['module', 'exports', 'require', '__filename', '__dirname'];
  const run = compileFunction(source, names, { filename: `ppuri/${name}.cjs` });
  const module = { exports: {} };
  run(module, module.exports, builtin, process.execPath, dirname(process.execPath));
  return module.exports;
}
