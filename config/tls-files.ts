/** PEM files that a configuration names: certificates and keys that are there and can be used. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** What is wrong at `key`, a path within the mapping that names the file. */
export interface Trouble {
  readonly key: readonly string[];
  readonly message: string;
  readonly hint: string;
}

/** The text, or what keeps it from being read; null: it may be there for another user. */
export function readNamed(
  path: string,
): { readonly text: string } | { readonly why: string } | null {
  try {
    return { text: readFileSync(path, 'utf8') };
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'EACCES') return null;
    return { why: code === 'ENOENT' ? 'is not there' : `cannot be read: ${code}` };
  }
}

export interface TlsPaths {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function certificatesOf(text: string): X509Certificate[] | null {
  try {
    const all = (text.match(pem) ?? []).map((part) => new X509Certificate(part));
    return all.length === 0 ? null : all;
  } catch {
    return null;
  }
}

function keyOf(text: string): KeyObject | null {
  try {
    return createPrivateKey(text);
  } catch {
    return null;
  }
}

export const readHint = 'name a file that the user who runs ppuri can read';

/** `key`: `key` for a private key, anything else is a certificate, valid at `nowMs`. */
export function fileTrouble(key: string, path: string | undefined, nowMs: number): Trouble | null {
  const found = path === undefined ? null : readNamed(path);
  if (found === null) return null;
  if ('why' in found) return { key: [key], message: `${path} ${found.why}`, hint: readHint };
  if (key === 'key')
    return keyOf(found.text) === null
      ? { key: [key], message: `${path} is no private key`, hint: 'a PEM file without passphrase' }
      : null;
  const certificates = certificatesOf(found.text);
  if (certificates === null)
    return { key: [key], message: `${path} is no certificate`, hint: 'a PEM file' };
  const old = certificates.find(({ validToDate }) => validToDate.getTime() < nowMs);
  return old === undefined
    ? null
    : { key: [key], message: `${path} expired on ${old.validTo}`, hint: 'renew it' };
}

/** A certificate and a key that do not go together; what is wrong with one alone is not told here. */
export function pairTrouble({ cert, key }: TlsPaths): Trouble | null {
  const [certText, keyText] = [cert, key].map((path) =>
    path === undefined ? null : readNamed(path),
  );
  if (!certText || !keyText || 'why' in certText || 'why' in keyText) return null;
  const [certificate] = certificatesOf(certText.text) ?? [];
  const secret = keyOf(keyText.text);
  if (certificate === undefined || secret === null || certificate.checkPrivateKey(secret))
    return null;
  return { key: ['key'], message: `${key} is not the key of ${cert}`, hint: 'they go together' };
}
