/**
 * `npm run build:deb [-- x64 arm64]`: what is handed out, in `dist/`. For each architecture the
 * single file, a Debian package, a plain archive and a list of components; then SHA256SUMS and a
 * note of what they were made from. The same source gives the same bytes.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { baseNode } from './base-node.ts';
import { type Built, buildBinary } from './build-binary.ts';
import { debianArch, writeDeb } from './deb.ts';
import type { Arch } from './loaders.ts';
import { licences, packagesOf, sbom } from './sbom.ts';
import { git, printed, root, sourceSeconds, sourceVersion } from './source.ts';
import { type Entry, writeTar } from './tar-writer.ts';

const dist = join(root, 'dist');
const version = sourceVersion();

function from(path: string, source: string, mode = 0o644): Entry {
  return { path, mode, bytes: readFileSync(join(root, source)) };
}

interface Documents {
  readonly copyright: Uint8Array;
  readonly bom: Uint8Array;
}

function documentEntries(folder: string, { copyright, bom }: Documents): Entry[] {
  return [
    { path: `${folder}/copyright`, mode: 0o644, bytes: copyright },
    { path: `${folder}/sbom.cdx.json`, mode: 0o644, bytes: bom },
    ...['README.md', 'CHANGELOG.md', 'SECURITY.md'].map((name) => from(`${folder}/${name}`, name)),
    from(`${folder}/example.yaml`, 'config/example.yaml'),
  ];
}

/** The manual, and completion where each shell of Debian looks for it. */
function shellEntries(): Entry[] {
  const completions = [
    ['bash', 'usr/share/bash-completion/completions/ppuri'],
    ['zsh', 'usr/share/zsh/vendor-completions/_ppuri'],
    ['fish', 'usr/share/fish/vendor_completions.d/ppuri.fish'],
  ] as const;
  const manual = gzipSync(readFileSync(join(root, 'config/install/ppuri.1')));
  return [
    { path: 'usr/share/man/man1/ppuri.1.gz', mode: 0o644, bytes: manual },
    ...completions.map(([shell, path]) => ({
      path,
      mode: 0o644,
      bytes: printed('completion', shell),
    })),
  ];
}

/** Paths in a Debian system. */
function systemEntries(program: Uint8Array, documents: Documents): Entry[] {
  return [
    { path: 'usr/bin/ppuri', mode: 0o755, bytes: program },
    from('usr/lib/ppuri/start', 'config/install/start.sh', 0o755),
    from('usr/lib/systemd/system/ppuri.service', 'config/install/ppuri.service'),
    from('usr/lib/udev/rules.d/60-ppuri-serial.rules', 'config/install/60-ppuri-serial.rules'),
    from('usr/lib/systemd/journald.conf.d/60-ppuri.conf', 'config/install/60-ppuri-journald.conf'),
    from('etc/ppuri/ppuri.yaml', 'config/example.yaml'),
    { path: 'etc/ppuri/trust/releases/', mode: 0o755 },
    ...shellEntries(),
    ...documentEntries('usr/share/doc/ppuri', documents),
  ];
}

/** One folder to unpack anywhere, on systems without dpkg. */
function archive(name: string, program: Uint8Array, documents: Documents): readonly Entry[] {
  const system = ['ppuri.service', '60-ppuri-serial.rules', '60-ppuri-journald.conf'];
  return [
    { path: `${name}/ppuri`, mode: 0o755, bytes: program },
    from(`${name}/ppuri.1`, 'config/install/ppuri.1'),
    from(`${name}/install/start`, 'config/install/start.sh', 0o755),
    ...system.map((file) => from(`${name}/install/${file}`, `config/install/${file}`)),
    ...documentEntries(name, documents),
  ];
}

/** Files written, by name. */
function packageOne(arch: Arch, { file, inputs }: Built, seconds: number): string[] {
  const packages = packagesOf(root, inputs, arch);
  const bom = Buffer.from(sbom(version, arch, packages));
  const copyright = Buffer.from(licences(root, packages, baseNode(root, arch)));
  const documents = { copyright, bom };
  const program = readFileSync(file);
  const scripts = new Map(
    ['postinst', 'prerm', 'postrm'].map((name) => [
      name,
      readFileSync(join(root, 'config/install/debian', name)),
    ]),
  );
  const entries = systemEntries(program, documents);
  const conffiles = ['/etc/ppuri/ppuri.yaml'];
  const name = `ppuri-${version}-linux-${arch}`;
  const outputs: [string, Uint8Array][] = [
    [
      `ppuri_${version}_${debianArch[arch]}.deb`,
      writeDeb({ arch, version, entries, scripts, conffiles, seconds }),
    ],
    [`${name}.tar.gz`, gzipSync(writeTar(archive(name, program, documents), seconds))],
    [`${name}.cdx.json`, bom],
  ];
  for (const [output, bytes] of outputs) writeFileSync(join(dist, output), bytes);
  return [basename(file), ...outputs.map(([output]) => output)];
}

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** What was built from what, as an in-toto statement with SLSA's predicate; to be signed outside. */
function provenance(files: readonly string[]): string {
  const commit = git('rev-parse', 'HEAD');
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: files.map((name) => ({ name, digest: { sha256: sha256(join(dist, name)) } })),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'npm ci && npm run build:deb',
        externalParameters: { version, node: process.version },
        resolvedDependencies: [
          { name: 'source', digest: { gitCommit: commit } },
          {
            name: 'package-lock.json',
            digest: { sha256: sha256(join(root, 'package-lock.json')) },
          },
        ],
      },
      runDetails: { builder: { id: 'by hand; build it again and compare SHA256SUMS' } },
    },
  };
  return `${JSON.stringify(statement, null, 2)}\n`;
}

async function main(named: readonly string[]): Promise<void> {
  const archs = (['x64', 'arm64'] as const).filter(
    (arch) => named.length === 0 || named.includes(arch),
  );
  const seconds = sourceSeconds();
  const files: string[] = [];
  for (const arch of archs) {
    const built = await buildBinary(arch, dist);
    files.push(...packageOne(arch, built, seconds));
  }
  const note = `ppuri-${version}-provenance.json`;
  writeFileSync(join(dist, note), provenance(files));
  const lines = [...files, note].map((name) => `${sha256(join(dist, name))}  ${name}\n`);
  writeFileSync(join(dist, 'SHA256SUMS'), lines.join(''));
  process.stdout.write(lines.join(''));
}

if (import.meta.main) await main(process.argv.slice(2));
