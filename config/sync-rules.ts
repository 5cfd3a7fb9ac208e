/** Files that sync targets and webhooks name: certificates, keys and secrets that are there and can be used. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { OutputConfig } from './outputs-schema.ts';
import type { Problem } from './problem.ts';
import type { Config } from './schema.ts';
import type { Path, Source } from './source.ts';
import type { SecretConfig, SyncTargetConfig } from './sync-schema.ts';

/** Whether a problem of this path is about such a file: the agent runs all the same. */
export const concernsSyncFile = ({ path }: Problem): boolean =>
  /^sync\[\d+\]\.(?:ca|cert|key|password\.file|token\.file)$/.test(path) ||
  /^outputs\.[\w-]+\.(?:ca|headers\.[\w-]+\.file)$/.test(path);

interface Trouble {
  readonly key: readonly string[];
  readonly message: string;
  readonly hint: string;
}

/** The text, or what keeps it from being read; null: it may be there for another user. */
function read(path: string): { readonly text: string } | { readonly why: string } | null {
  try {
    return { text: readFileSync(path, 'utf8') };
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'EACCES') return null;
    return { why: code === 'ENOENT' ? 'is not there' : `cannot be read: ${code}` };
  }
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

const readHint = 'name a file that the user who runs ppuri can read';

function fileTrouble(key: string, path: string | undefined, nowMs: number): Trouble | null {
  const found = path === undefined ? null : read(path);
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

function pairTrouble({ cert, key }: SyncTargetConfig): Trouble | null {
  const [certText, keyText] = [cert, key].map((path) => (path === undefined ? null : read(path)));
  if (!certText || !keyText || 'why' in certText || 'why' in keyText) return null;
  const [certificate] = certificatesOf(certText.text) ?? [];
  const secret = keyOf(keyText.text);
  if (certificate === undefined || secret === null || certificate.checkPrivateKey(secret))
    return null;
  return { key: ['key'], message: `${key} is not the key of ${cert}`, hint: 'they go together' };
}

function secretTrouble(key: readonly string[], secret: SecretConfig | undefined): Trouble | null {
  if (secret === undefined || !('file' in secret)) return null;
  const found = read(secret.file);
  if (found === null) return null;
  const why = 'why' in found ? found.why : found.text.trim() === '' ? 'is empty' : null;
  if (why === null) return null;
  return { key: [...key, 'file'], message: `${secret.file} ${why}`, hint: readHint };
}

function targetTroubles(target: SyncTargetConfig, nowMs: number): (Trouble | null)[] {
  const secret =
    target.type === 'mqtt'
      ? secretTrouble(['password'], target.password)
      : secretTrouble(['token'], target.token);
  return [
    ...(['ca', 'cert', 'key'] as const).map((key) => fileTrouble(key, target[key], nowMs)),
    pairTrouble(target),
    secret,
  ];
}

function outputTroubles(output: OutputConfig, nowMs: number): (Trouble | null)[] {
  if (output.type !== 'webhook') return [];
  return [
    fileTrouble('ca', output.ca, nowMs),
    ...Object.entries(output.headers).map(([name, secret]) =>
      secretTrouble(['headers', name], secret),
    ),
  ];
}

/** What is wrong with the files of targets and webhooks, as far as this user may look. */
export function syncFileProblems(
  source: Source,
  { sync, outputs }: Pick<Config, 'sync' | 'outputs'>,
  nowMs: number,
): Problem[] {
  const at = (path: Path, troubles: readonly (Trouble | null)[]): Problem[] =>
    troubles.flatMap((trouble) =>
      trouble === null
        ? []
        : [source.atValue([...path, ...trouble.key], trouble.message, trouble.hint)],
    );
  return [
    ...sync.flatMap((target, index) => at(['sync', index], targetTroubles(target, nowMs))),
    ...Object.entries(outputs).flatMap(([name, output]) =>
      at(['outputs', name], outputTroubles(output, nowMs)),
    ),
  ];
}
