/** Reads a text file a person wrote, and says clearly why it cannot be read. */
import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { type ErrorCode, PpuriError } from './errors.ts';
import type { Problem } from './problem.ts';

/** Far above any real configuration; keeps a wrong path from filling the memory. */
const maxBytes = 256 * 1024;

const reasons: Record<string, [message: string, hint: string]> = {
  ENOENT: ['there is no such file', 'check the path'],
  EACCES: ['permission denied', 'make the file readable for this user'],
  EISDIR: ['it is a directory', 'name the file in it'],
  ENOTDIR: ['there is no such file', 'check the path'],
};

function unreadable(code: ErrorCode, file: string, reason: string, hint: string, cause?: unknown) {
  return new PpuriError(code, `cannot read ${file}: ${reason}`, {
    operation: 'read file',
    subject: file,
    hint,
    cause,
  });
}

function kindOf(stat: Stats): string {
  if (stat.isFIFO()) return 'a named pipe';
  return stat.isSocket() ? 'a socket' : 'a device';
}

function assertPlain(code: ErrorCode, file: string, stat: Stats): void {
  if (stat.isDirectory()) throw unreadable(code, file, 'it is a directory', 'name the file in it');
  if (!stat.isFile())
    throw unreadable(code, file, `it is ${kindOf(stat)}, not a regular file`, 'name a file');
  if (stat.size <= maxBytes) return;
  const hint = 'at most 256 KiB; is it the right file?';
  throw unreadable(code, file, `it has ${stat.size} bytes`, hint);
}

/** What it holds now; another program may go on writing to it. */
function readOpened(handle: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let length = 0;
  while (length < size) {
    const count = readSync(handle, bytes, length, size - length, length);
    if (count === 0) break;
    length += count;
  }
  return bytes.subarray(0, length);
}

/** Raw bytes of a regular file of at most 256 KiB; throws `code` otherwise. */
function readBytes(file: string, code: ErrorCode): Buffer {
  try {
    // Before it is opened: to open a device may do something to it.
    assertPlain(code, file, statSync(file));
    const handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(handle);
      assertPlain(code, file, stat);
      return readOpened(handle, stat.size);
    } finally {
      closeSync(handle);
    }
  } catch (thrown) {
    if (thrown instanceof PpuriError) throw thrown;
    const name = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
    const [reason, hint] = reasons[name] ?? [String(thrown), 'check the path and the disk'];
    throw unreadable(code, file, reason, hint, thrown);
  }
}

function badEncoding(file: string, bytes: Buffer): Problem | null {
  const whole = { file, path: '', line: 1, col: 1 };
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    return { ...whole, message: 'the file is UTF-16', hint: 'save it as UTF-8' };
  if (isUtf8(bytes)) return null;
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, start);
    const row = bytes.subarray(start, end === -1 ? bytes.length : end);
    if (!isUtf8(row)) {
      const col = row.toString('utf8').indexOf('\ufffd') + 1;
      const hint = 'save it as UTF-8; Korean saved as CP949 or "ANSI" looks like this';
      return { ...whole, line, col, message: 'the text is not UTF-8', hint };
    }
    start += row.length + 1;
  }
  return { ...whole, message: 'the text is not UTF-8', hint: 'save it as UTF-8' };
}

function controlCharacter(file: string, text: string): Problem | null {
  let line = 1;
  let lineStart = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 0x0a) {
      line++;
      lineStart = i + 1;
    } else if ((unit < 0x20 && unit !== 0x09 && unit !== 0x0d) || unit === 0x7f) {
      const name = `U+${unit.toString(16).toUpperCase().padStart(4, '0')}`;
      const message = `the text has a control character, ${name}`;
      const hint = 'remove it; is this a text file?';
      return { file, path: '', line, col: i - lineStart + 1, message, hint };
    }
  }
  return null;
}

/**
 * Text of a UTF-8 file without its byte order mark, or the one problem with its encoding.
 * Throws `code` when the file cannot be read at all.
 */
export function readText(file: string, code: ErrorCode): { text: string } | { problem: Problem } {
  const bytes = readBytes(file, code);
  const encoding = badEncoding(file, bytes);
  if (encoding !== null) return { problem: encoding };
  const decoded = bytes.toString('utf8');
  const text = decoded.startsWith('\ufeff') ? decoded.slice(1) : decoded;
  const control = controlCharacter(file, text);
  return control === null ? { text } : { problem: control };
}
