/**
 * Bundles that travel as one file: a plain ustar archive of one folder, or of its files alone. What
 * a bundle has no use for is refused, not skipped: links, devices, paths, extended headers.
 */
import { bundleInvalid, maxFileBytes, maxFiles, quoted } from './bundle-files.ts';

const block = 512;
/** A whole archive: twice the largest model, and what lies around it. */
export const maxArchiveBytes = 96 * 1024 * 1024;
const howTo = 'make it with: tar --format=ustar -cf NAME.tar FOLDER';

const refusedTypes: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a device',
  '4': 'a device',
  '6': 'a named pipe',
  '7': 'a contiguous file',
  S: 'a sparse file',
  L: 'a name longer than any of a bundle',
  K: 'a link longer than any of a bundle',
  x: 'an extended (pax) header',
  g: 'an extended (pax) header',
};

interface Header {
  readonly name: string;
  readonly size: number;
  readonly kind: 'file' | 'folder';
}

/** The files in it, by name without their folder. Throws `model-invalid`. */
export function readTar(bytes: Uint8Array, subject: string): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const folders = new Set<string>();
  let entries = 0;
  let at = 0;
  for (;;) {
    const header = readHeader(bytes, at, subject);
    at += block;
    if (header === null) break;
    entries += 1;
    if (entries > maxFiles + 2) throw refuse(subject, `it holds more than ${maxFiles} files`);
    const { folder, name } = split(header, subject);
    folders.add(folder);
    if (header.kind === 'folder') continue;
    if (files.has(name)) throw refuse(subject, `it holds ${quoted(name)} twice`);
    if (at + header.size > bytes.length) throw refuse(subject, `it is cut short in ${name}`);
    files.set(name, bytes.subarray(at, at + header.size));
    at += Math.ceil(header.size / block) * block;
  }
  if (folders.size > 1) throw refuse(subject, `it holds ${folders.size} folders, a bundle is one`);
  return files;
}

function refuse(subject: string, why: string) {
  return bundleInvalid(subject, `cannot read the archive: ${why}`, howTo);
}

/** Null at the end, which is a block of zeros. */
function readHeader(bytes: Uint8Array, at: number, subject: string): Header | null {
  const raw = bytes.subarray(at, at + block);
  if (raw.length < block) throw refuse(subject, 'it is cut short, or no tar file at all');
  if (raw.every((byte) => byte === 0)) return null;
  const sum = raw.reduce((all, byte, i) => all + (i >= 148 && i < 156 ? 32 : byte), 0);
  if (octal(raw, 148, 8) !== sum)
    throw refuse(subject, 'a header is damaged, or it is no tar file');
  const prefix = text(raw, 257, 5) === 'ustar' ? text(raw, 345, 155) : '';
  const name = prefix === '' ? text(raw, 0, 100) : `${prefix}/${text(raw, 0, 100)}`;
  const type = String.fromCharCode(raw[156] ?? 0);
  const why = refusedTypes[type];
  if (why !== undefined) throw refuse(subject, `${quoted(name)} is ${why}`);
  const size = octal(raw, 124, 12);
  if (size === null || size > maxFileBytes) throw refuse(subject, `${quoted(name)} is too large`);
  if (type === '5') return { name, size: 0, kind: 'folder' };
  if (type === '0' || type === '\0') return { name, size, kind: 'file' };
  throw refuse(subject, `${quoted(name)} is of the unknown type ${quoted(type)}`);
}

function text(raw: Uint8Array, from: number, length: number): string {
  const field = raw.subarray(from, from + length);
  const end = field.indexOf(0);
  return new TextDecoder('latin1').decode(end < 0 ? field : field.subarray(0, end));
}

/** Null for what is no octal number, base-256 sizes among them. */
function octal(raw: Uint8Array, from: number, length: number): number | null {
  const digits = text(raw, from, length).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : null;
}

/** At most one folder before the name, and none that leads elsewhere. */
function split({ name, kind }: Header, subject: string): { folder: string; name: string } {
  const parts = name.replace(/^\.\//, '').replace(/\/$/, '').split('/');
  const [first = '', second] = parts;
  const odd =
    parts.length > 2 || name.startsWith('/') || parts.includes('..') || name.includes('\\');
  if (odd) throw refuse(subject, `${quoted(name)} leads out of a bundle’s one folder`);
  if (kind === 'folder') {
    if (second !== undefined) throw refuse(subject, `${quoted(name)} is a folder in a bundle`);
    return { folder: first === '.' ? '' : first, name: '' };
  }
  return second === undefined ? { folder: '', name: first } : { folder: first, name: second };
}
