/** Whose bundles this gateway takes: keys in the trust directory, and what of unsigned ones. */
import type { KeyObject } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PpuriError } from '../config/errors.ts';
import { sumsName } from './bundle-files.ts';
import type { Signer } from './manifest.ts';
import { readRegularFile } from './regular-file.ts';
import {
  keyId,
  maxKeyBytes,
  parseSignature,
  readPublicKey,
  signatureHolds,
  signatureName,
  untrusted,
} from './signing.ts';

/** As `models:` of the configuration says. */
export interface TrustRule {
  /** Directory of public keys, `*.pub` or `*.pem`; it need not exist. */
  readonly trust: string;
  /**
   * `until-keyed`: unsigned bundles are taken only while the directory holds no key. `never`: by
   * whoever asks who signed one, whatever the site takes.
   */
  readonly unsigned: 'until-keyed' | 'allow' | 'refuse' | 'never';
}

export interface Anchors {
  readonly keys: ReadonlyMap<string, { readonly name: string; readonly key: KeyObject }>;
  /** Files that should be keys and are none. They trust nobody, and yet count as keys. */
  readonly damaged: readonly string[];
}

/**
 * Who signed these files of a bundle; null for an unsigned one that the site takes. Throws
 * `model-untrusted` for a wrong signature, an unknown key, or an unsigned bundle elsewhere.
 */
export async function requireTrust(
  subject: string,
  files: ReadonlyMap<string, Uint8Array>,
  rule: TrustRule,
): Promise<Signer | null> {
  const anchors = await readAnchors(rule.trust);
  const signature = files.get(signatureName);
  if (signature === undefined) return acceptUnsigned(subject, anchors, rule);
  const parsed = parseSignature(signature, subject);
  const anchor = anchors.keys.get(parsed.key);
  if (anchor === undefined) throw unknownKey(subject, parsed.key, anchors, rule);
  if (!signatureHolds(files.get(sumsName) ?? new Uint8Array(), parsed, anchor.key))
    throw untrusted(
      subject,
      `the signature does not fit ${sumsName}: it was changed after "${anchor.name}" signed it`,
      'get the bundle anew from where it was signed',
    );
  return { key: parsed.key, name: anchor.name };
}

const signIt = 'have it signed: `ppuri model sign BUNDLE --key FILE`';

function acceptUnsigned(subject: string, { keys, damaged }: Anchors, rule: TrustRule): null {
  const keyed = keys.size + damaged.length > 0;
  if (rule.unsigned === 'allow' || (rule.unsigned === 'until-keyed' && !keyed)) return null;
  if (rule.unsigned === 'never')
    throw untrusted(subject, 'the bundle is not signed: nobody vouches for it', signIt);
  const why =
    rule.unsigned === 'refuse' ? '`models.unsigned: refuse`' : `there are keys in ${rule.trust}`;
  throw untrusted(
    subject,
    `the bundle is not signed, and this site takes signed ones only (${why})`,
    signIt,
  );
}

function unknownKey(subject: string, key: string, { damaged }: Anchors, rule: TrustRule) {
  const broken = damaged.length === 0 ? '' : `; no keys at all: ${damaged.join(', ')}`;
  return untrusted(
    subject,
    `the bundle is signed by key ${key}, which is not in ${rule.trust}${broken}`,
    `if you know who that is, put their .pub file into ${rule.trust}`,
  );
}

/** Throws `model-untrusted` for a directory that is there and cannot be read. */
export async function readAnchors(dir: string): Promise<Anchors> {
  const keys = new Map<string, { name: string; key: KeyObject }>();
  const damaged: string[] = [];
  for (const name of await keyFiles(dir)) {
    const path = join(dir, name);
    try {
      const bytes = await readRegularFile(path, {
        maxBytes: maxKeyBytes,
        tooLargeHint: 'a key is a few lines of PEM',
        refuse: (why, hint, cause) => untrusted(path, why, hint, cause),
      });
      const key = readPublicKey(bytes, path);
      keys.set(keyId(key), { name: name.replace(/\.(pub|pem)$/, ''), key });
    } catch (thrown) {
      if (!(thrown instanceof PpuriError)) throw thrown;
      damaged.push(name);
    }
  }
  return { keys, damaged };
}

async function keyFiles(dir: string): Promise<string[]> {
  try {
    const names = await readdir(dir);
    return names.filter((name) => /^[^.].*\.(pub|pem)$/.test(name)).sort();
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
    if (code === 'ENOENT') return [];
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw untrusted(dir, `trusted keys cannot be read: ${why}`, 'see `models.trust`', thrown);
  }
}
