/** Mutants of a signed bundle, each by the road it takes: who damaged what, and who signed it then. */
import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { parseDocument } from 'yaml';
import type { Random } from '../../agent/simulator/random.ts';
import {
  damageBytes,
  damageGolden,
  damageManifest,
  damageModel,
  type Files,
} from './model-damage.ts';

export const roads = [
  /** A file of the signed bundle is damaged: sums or signature, whatever it is. */
  'damaged',
  /** Someone changed a file and made its sum anew. */
  'summed',
  /** And signed it with a key of their own. */
  'stranger',
  /** And left the signature out. */
  'stripped',
  /** Whoever is trusted signed a model that is broken. */
  'model',
  /** … or a manifest, golden rows or reference that are. */
  'around',
  /** The true signature of an older release. */
  'replay',
] as const;
export type Road = (typeof roads)[number];

export interface Mutant {
  readonly road: Road;
  readonly files: Files;
  /** What was done, for the report of a violation. */
  readonly what: string;
}

export interface Keys {
  readonly id: string;
  readonly friend: KeyObject;
  readonly stranger: KeyObject;
}

export function keysOf(friend: { id: string; privatePem: string }): Keys {
  const stranger = generateKeyPairSync('ed25519').privateKey;
  return { id: friend.id, friend: createPrivateKey(friend.privatePem), stranger };
}

/** Sums and signature as anyone can make them. */
export function sealed(content: Files, key: KeyObject | null, keyId: string): Files {
  const sums = [...content]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, bytes]) => `${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`)
    .join('');
  const files = new Map([...content, ['SHA256SUMS', Buffer.from(sums)]]);
  if (key === null) return files;
  const signature = sign(null, Buffer.from(sums), key).toString('base64');
  const text = JSON.stringify({ format: 1, algorithm: 'ed25519', key: keyId, signature });
  return files.set('bundle.sig', Buffer.from(text));
}

function contentOf(files: Files): Files {
  const content = new Map(files);
  content.delete('SHA256SUMS');
  content.delete('bundle.sig');
  return content;
}

const around = ['model.yaml', 'golden.json', 'reference.json'];

function damageFile(name: string, bytes: Buffer, random: Random): Buffer {
  if (name === 'model.onnx')
    return random.chance(0.4) ? damageBytes(bytes, random) : damageModel(bytes, random);
  if (name === 'model.yaml') return damageManifest(bytes, random);
  return name === 'golden.json' ? damageGolden(bytes, random) : damageBytes(bytes, random);
}

function withDamage(files: Files, name: string, random: Random): Files {
  const content = contentOf(files);
  const bytes = content.get(name);
  if (bytes !== undefined) content.set(name, damageFile(name, bytes, random));
  return content;
}

/** `base`: a bundle signed by the friend, with serial. */
export function mutantOf(base: Files, road: Road, keys: Keys, random: Random): Mutant {
  const inside = random.pick(['model.onnx', 'model.yaml', 'golden.json', 'reference.json']);
  switch (road) {
    case 'damaged': {
      const name = random.pick([inside, 'SHA256SUMS', 'bundle.sig']);
      const bytes = base.get(name) ?? Buffer.alloc(0);
      const files = new Map(base).set(name, damageBytes(bytes, random));
      return { road, files, what: `${name} damaged` };
    }
    case 'summed': {
      const files = sealed(withDamage(base, inside, random), null, '');
      const old = base.get('bundle.sig');
      if (old !== undefined) files.set('bundle.sig', old);
      return { road, files, what: `${inside} changed and summed` };
    }
    case 'stranger': {
      const content = random.chance(0.3) ? contentOf(base) : withDamage(base, inside, random);
      // Under their own id, or under that of the key they would like to have.
      const id = random.chance(0.5) ? keys.id : '0'.repeat(32);
      return { road, files: sealed(content, keys.stranger, id), what: `signed as ${id}` };
    }
    case 'stripped':
      return { road, files: sealed(contentOf(base), null, ''), what: 'unsigned' };
    case 'replay': {
      const content = contentOf(base);
      const manifest = parseDocument(`${content.get('model.yaml')}`);
      const serial = random.whole(0, 4);
      if (serial === 0) manifest.delete('serial');
      else manifest.set('serial', serial);
      content.set('model.yaml', Buffer.from(String(manifest)));
      return { road, files: sealed(content, keys.friend, keys.id), what: `serial ${serial}` };
    }
    case 'model':
    case 'around': {
      const name = road === 'model' ? 'model.onnx' : (around[random.whole(0, 2)] ?? '');
      const files = sealed(withDamage(base, name, random), keys.friend, keys.id);
      return { road, files, what: `${name} damaged, then signed` };
    }
  }
}
