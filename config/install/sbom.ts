/** What the single file is made of: a CycloneDX list, and the licences of all of it as one text. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Arch } from './loaders.ts';

export interface Package {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** SHA-512 of the registry's archive, hex. */
  readonly sha512: string;
  readonly folder: string;
}

/** In the panel's pages, which the source has bundled already. */
const inPages = ['preact', 'htm', 'uplot'];

/** `node_modules/@scope/name` of an input, the innermost where they nest. */
function folderOf(input: string): string | null {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? null;
}

/** The packages that `inputs` come from, Node's own and those in the panel, sorted. */
export function packagesOf(root: string, inputs: readonly string[], arch: Arch): Package[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const folders = new Set([
    ...inputs.map(folderOf).filter((folder) => folder !== null),
    ...[...inPages, `node-linux-${arch}`].map((name) => `node_modules/${name}`),
  ]);
  return [...folders].sort().map((folder) => {
    const entry = lock.packages[folder];
    if (entry === undefined) throw new Error(`the lock file says nothing of ${folder}`);
    const { version, integrity = '', license = 'NOASSERTION' } = entry;
    const sha512 = Buffer.from(String(integrity).replace(/^sha512-/, ''), 'base64').toString('hex');
    const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
    return { name, version, license, sha512, folder };
  });
}

function component({ name, version, license, sha512 }: Package): object {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    licenses: [
      / (?:OR|AND) /.test(license) ? { expression: license } : { license: { id: license } },
    ],
    hashes: [{ alg: 'SHA-512', content: sha512 }],
    ...(name.startsWith('node-linux-')
      ? { cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*` }
      : {}),
  };
}

/** CycloneDX 1.6, the same bytes for the same packages. */
export function sbom(version: string, arch: Arch, packages: readonly Package[]): string {
  const components = packages.map(component);
  const digest = createHash('sha256').update(JSON.stringify(components)).digest('hex');
  const uuid = `${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-a${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
  const bom = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuid}`,
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': 'ppuri',
        name: `ppuri-linux-${arch}`,
        version,
        licenses: [{ license: { id: 'Apache-2.0' } }],
      },
    },
    components,
    dependencies: [
      {
        ref: 'ppuri',
        dependsOn: packages.map((_, i) => Reflect.get(components[i] ?? {}, 'bom-ref')),
      },
    ],
  };
  return `${JSON.stringify(bom, null, 2)}\n`;
}

const licenceFile = /^(?:licen[cs]e|copying|notice|thirdpartynotices)/i;

/** `nodeFolder`: where the package of Node lies, which may be another computer's. */
export function licences(root: string, packages: readonly Package[], nodeFolder: string): string {
  const texts = packages.map(({ name, version, license, folder }) => {
    const place = name.startsWith('node-linux-') ? nodeFolder : join(root, folder);
    const files = existsSync(place)
      ? readdirSync(place).filter((file) => licenceFile.test(file))
      : [];
    const found = files.sort().map((file) => readFileSync(join(place, file), 'utf8').trim());
    const line = '='.repeat(78);
    return `${line}\n${name} ${version} (${license})\n${line}\n\n${found.join('\n\n')}\n`;
  });
  const own = readFileSync(join(root, 'LICENSE'), 'utf8').trim();
  return `ppuri is under the Apache License 2.0:\n\n${own}\n\nIt contains:\n\n${texts.join('\n')}`;
}
