/** What the single file carries beside its first script: see config/unpack.ts and config/role-script.ts, which read it. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';
import type { Manifest, PackedGroup, Unpacked } from '../unpack.ts';
import type { Arch } from './loaders.ts';

export interface Assets {
  readonly manifest: Manifest;
  /** Key of the asset → its bytes. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

type Sources = ReadonlyMap<string, string>;

function addonSources(modules: string, arch: Arch): Record<Exclude<Unpacked, 'files'>, Sources> {
  const runtime = join(modules, 'onnxruntime-node/bin/napi-v6/linux', arch);
  const serial = join(modules, '@serialport/bindings-cpp/prebuilds', `linux-${arch}`);
  const serialFile = `@serialport+bindings-cpp.${arch === 'arm64' ? 'armv8.' : ''}glibc.node`;
  return {
    // The library is found beside the addon that needs it.
    'onnxruntime-node': new Map(
      ['libonnxruntime.so.1', 'onnxruntime_binding.node'].map((name) => [
        name,
        join(runtime, name),
      ]),
    ),
    'better-sqlite3': new Map([
      ['better-sqlite3.node', join(modules, `better-sqlite3/prebuilds/linux-${arch}.node`)],
    ]),
    serialport: new Map([['serialport.node', join(serial, serialFile)]]),
  };
}

/** Files of a folder with one of these ends, by path from the root. */
function folder(root: string, path: string, ends: RegExp): [string, string][] {
  return readdirSync(join(root, path))
    .filter((name) => ends.test(name))
    .map((name) => [`${path}/${name}`, join(root, path, name)]);
}

/** Profiles, shipped bundles, the panel's pages, and what an installation needs. */
function fileSources(root: string): Sources {
  const bundles = readdirSync(join(root, 'models'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) =>
      folder(root, `models/${name}`, /^(?:[^.]+\.(?:onnx|yaml|json|sig)|SHA256SUMS)$/),
    )
    .filter((files) => files.some(([path]) => path.endsWith('/model.yaml')));
  return new Map([
    ...folder(root, 'config/profiles', /\.yaml$/),
    ...bundles.flat(),
    ...folder(root, 'agent/panel/web/dist', /\.(?:html|js|css)$/),
    ...folder(root, 'config/install', /\.(?:service|rules|conf|1|sh)$/),
    ...folder(root, 'config/install/debian', /^(?:postinst|prerm|postrm)$/),
    ['config/example.yaml', join(root, 'config/example.yaml')],
    ['config/schema.json', join(root, 'config/schema.json')],
  ]);
}

function compressed(bytes: Uint8Array): Uint8Array {
  return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 12 } });
}

/** One group, named by what is in it. */
function pack(group: string, sources: Sources, files: Map<string, Uint8Array>): PackedGroup {
  const name = createHash('sha256');
  const packed = [...sources].sort().map(([path, source]) => {
    const bytes = readFileSync(source);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    files.set(`${group}/${path}`, compressed(bytes));
    name.update(`${sha256} ${path}\n`);
    return { path, bytes: bytes.length, sha256 };
  });
  return { folder: `${group}-${name.digest('hex').slice(0, 16)}`, files: packed };
}

/** `parts`: scripts by name, which are not unpacked but read by config/role-script.ts. */
export function packAssets(
  root: string,
  arch: Arch,
  parts: ReadonlyMap<string, Uint8Array>,
): Assets {
  const files = new Map([...parts].map(([name, script]) => [`parts/${name}`, compressed(script)]));
  const addons = addonSources(join(root, 'node_modules'), arch);
  const manifest: Manifest = {
    files: pack('files', fileSources(root), files),
    'onnxruntime-node': pack('onnxruntime-node', addons['onnxruntime-node'], files),
    'better-sqlite3': pack('better-sqlite3', addons['better-sqlite3'], files),
    serialport: pack('serialport', addons.serialport, files),
  };
  return { manifest, files: files.set('manifest.json', Buffer.from(JSON.stringify(manifest))) };
}
