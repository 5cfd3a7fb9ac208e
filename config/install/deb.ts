/**
 * A Debian package from entries and control files: an `ar` archive of three members. Written here, not
 * by dpkg-deb, so that every computer makes the same bytes; compressed with zstd, which dpkg reads
 * on every system that has the glibc ppuri needs.
 */
import { createHash } from 'node:crypto';
import { constants, zstdCompressSync } from 'node:zlib';
import type { Arch } from './loaders.ts';
import { type Entry, writeTar } from './tar-writer.ts';

export interface DebParts {
  readonly arch: Arch;
  readonly version: string;
  readonly entries: readonly Entry[];
  /** Maintainer scripts by name. */
  readonly scripts: ReadonlyMap<string, Uint8Array>;
  /** Files below /etc that stay as the user has them, absolute. */
  readonly conffiles: readonly string[];
  /** Since 1970, of all files. */
  readonly seconds: number;
}

export const debianArch: Readonly<Record<Arch, string>> = { x64: 'amd64', arm64: 'arm64' };

function controlText({ arch, version, entries }: DebParts): string {
  const bytes = entries.reduce((all, entry) => all + (entry.bytes?.length ?? 0), 0);
  return `Package: ppuri
Version: ${version}
Architecture: ${debianArch[arch]}
Maintainer: ppuri maintainers <maintainers@ppuri.invalid>
Installed-Size: ${Math.ceil(bytes / 1024)}
Depends: libc6 (>= 2.34), libstdc++6 (>= 11), libatomic1, passwd
Recommends: udev, systemd
Section: misc
Priority: optional
Description: edge agent that predicts defects on casting and molding machines
 Reads the machines beside the gateway over Modbus and serial lines, judges every
 shot with an ONNX model and rule limits, tells the operator in Korean or English
 what is wrong, and keeps every record. Holds its own Node and native parts.
`;
}

function member(name: string, bytes: Uint8Array, seconds: number): Buffer[] {
  const head = [
    name.padEnd(16),
    String(seconds).padEnd(12),
    '0'.padEnd(6),
    '0'.padEnd(6),
    '100644'.padEnd(8),
    String(bytes.length).padEnd(10),
    '`\n',
  ].join('');
  const odd = bytes.length % 2 === 0 ? '' : '\n';
  return [Buffer.from(head, 'latin1'), Buffer.from(bytes), Buffer.from(odd, 'latin1')];
}

/** Level 12 takes seconds where 19 takes minutes for a tenth less. */
function compressed(bytes: Uint8Array): Buffer {
  return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 12 } });
}

export function writeDeb(parts: DebParts): Buffer {
  const { entries, scripts, conffiles, seconds } = parts;
  const sums = entries
    .filter(({ path, bytes }) => bytes !== undefined && !conffiles.includes(`/${path}`))
    .map(
      ({ path, bytes }) =>
        `${createHash('md5')
          .update(bytes ?? '')
          .digest('hex')}  ${path}\n`,
    );
  const text = (content: string): Uint8Array => Buffer.from(content);
  const control: Entry[] = [
    { path: 'control', mode: 0o644, bytes: text(controlText(parts)) },
    { path: 'conffiles', mode: 0o644, bytes: text(conffiles.map((path) => `${path}\n`).join('')) },
    { path: 'md5sums', mode: 0o644, bytes: text(sums.sort().join('')) },
    ...[...scripts].map(([path, bytes]) => ({ path, mode: 0o755, bytes })),
  ];
  return Buffer.concat([
    Buffer.from('!<arch>\n', 'latin1'),
    ...member('debian-binary', text('2.0\n'), seconds),
    ...member('control.tar.zst', compressed(writeTar(control, seconds)), seconds),
    ...member('data.tar.zst', compressed(writeTar(entries, seconds)), seconds),
  ]);
}
