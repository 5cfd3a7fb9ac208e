/** Secrets are read when they are used, and are nowhere else: in no log, record or error. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PpuriError } from './errors.ts';
import type { SecretConfig } from './sync-schema.ts';

function missing(where: string, cause?: unknown): PpuriError {
  return new PpuriError('secret-missing', `there is no secret in ${where}`, {
    operation: 'read a secret',
    subject: where,
    hint: 'set it for the user that runs ppuri; it is read again at the next connection',
    cause,
  });
}

/**
 * What keeps `text` from being sent as a secret; null: nothing. `header`: it goes into an HTTP header,
 * which carries ASCII only.
 */
export function secretFlaw(text: string, use: 'header' | 'text'): string | null {
  if (text.trim() === '') return 'is empty';
  if (text.startsWith('\uFEFF')) return 'begins with a byte order mark';
  if (use === 'header' && /[^\t\x20-\x7e]/.test(text))
    return 'has characters that an HTTP header cannot carry';
  return null;
}

/** Text of a file that a target names, without its last line feed. Throws `secret-missing`. */
export function readFileOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (thrown) {
    throw missing(path, thrown);
  }
}

/** An empty file is no secret: it may be about to be written. */
function filled(path: string): string {
  const text = readFileOf(path);
  if (text === '') throw missing(path);
  return text;
}

/** Throws `secret-missing`. */
export function readSecret(secret: SecretConfig): string {
  if ('env' in secret) {
    const value = process.env[secret.env];
    if (value === undefined || value === '') throw missing(`environment variable ${secret.env}`);
    return value;
  }
  if ('file' in secret) return filled(secret.file);
  const directory = process.env.CREDENTIALS_DIRECTORY;
  if (directory === undefined) throw missing(`systemd credential ${secret.credential}`);
  return filled(join(directory, secret.credential));
}
