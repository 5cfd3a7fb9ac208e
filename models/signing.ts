/** `bundle.sig`: an Ed25519 signature over the bytes of SHA256SUMS, and the keys that make it. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { z } from 'zod';
import { PpuriError } from '../config/errors.ts';

export const signatureName = 'bundle.sig';
/** A key is a few hundred bytes of PEM, a signature a few hundred of JSON. */
export const maxKeyBytes = 8192;

const keyIdPattern = /^[0-9a-f]{32}$/;

const signatureSchema = z.strictObject({
  format: z.literal(1),
  algorithm: z.literal('ed25519'),
  /** Id of the key: the first 16 bytes of sha256 over its 32 public bytes, hex. */
  key: z.string().regex(keyIdPattern, '32 hex digits'),
  /** 64 bytes, base64. */
  signature: z.string().regex(/^[A-Za-z0-9+/]{86}==$/, '64 bytes as base64'),
});

export interface BundleSignature {
  readonly key: string;
  readonly signature: Buffer;
}

export function untrusted(
  subject: string,
  message: string,
  hint: string,
  cause?: unknown,
): PpuriError {
  const details = { operation: 'verify a model bundle', subject, hint, cause };
  return new PpuriError('model-untrusted', message, details);
}

/** Throws `model-untrusted` for what is no signature file. */
export function parseSignature(bytes: Uint8Array, subject: string): BundleSignature {
  const damaged = (why: string): PpuriError =>
    untrusted(subject, `${signatureName} is damaged: ${why}`, 'copy the bundle again, or sign it');
  if (bytes.length > maxKeyBytes) throw damaged('it is too long');
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (thrown) {
    throw damaged(thrown instanceof Error ? thrown.message : String(thrown));
  }
  const read = signatureSchema.safeParse(value);
  if (!read.success) throw damaged(read.error.issues.map(({ message }) => message).join(', '));
  const signature = Buffer.from(read.data.signature, 'base64');
  if (signature.toString('base64') !== read.data.signature)
    throw damaged('its base64 is not exact');
  return { key: read.data.key, signature };
}

/** The text of `bundle.sig` for these sums. */
export function signSums(sums: Uint8Array, privateKey: KeyObject): string {
  const signature = sign(null, sums, privateKey).toString('base64');
  const key = keyId(createPublicKey(privateKey));
  return `${JSON.stringify({ format: 1, algorithm: 'ed25519', key, signature }, null, 1)}\n`;
}

export function signatureHolds(
  sums: Uint8Array,
  { signature }: BundleSignature,
  publicKey: KeyObject,
): boolean {
  return verify(null, sums, publicKey, signature);
}

export function keyId(publicKey: KeyObject): string {
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return createHash('sha256').update(Buffer.from(x, 'base64url')).digest('hex').slice(0, 32);
}

export interface NewKey {
  readonly id: string;
  /** PKCS#8 PEM. */
  readonly privatePem: string;
  /** SPKI PEM, what goes into a trust directory. */
  readonly publicPem: string;
}

export function generateKey(): NewKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    id: keyId(publicKey),
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/** Throws `model-untrusted` for anything but an Ed25519 private key that needs no passphrase. */
export function readPrivateKey(pem: Uint8Array, subject: string): KeyObject {
  return ed25519(() => createPrivateKey({ key: Buffer.from(pem), format: 'pem' }), {
    subject,
    what: 'private key',
    hint: '`ppuri model keygen FILE` makes one; `openssl genpkey -algorithm ed25519` does too',
  });
}

/** Throws `model-untrusted` for anything but an Ed25519 public key; a private one is none. */
export function readPublicKey(pem: Uint8Array, subject: string): KeyObject {
  const hint = 'the .pub file of `ppuri model keygen`, or `openssl pkey -pubout`';
  if (Buffer.from(pem).includes('PRIVATE KEY'))
    throw untrusted(subject, 'a private key lies where a public one belongs', hint);
  return ed25519(() => createPublicKey({ key: Buffer.from(pem), format: 'pem' }), {
    subject,
    what: 'public key',
    hint,
  });
}

function ed25519(
  read: () => KeyObject,
  { subject, what, hint }: { subject: string; what: string; hint: string },
): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch (cause) {
    throw untrusted(subject, `not a readable ${what} in PEM`, hint, cause);
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw untrusted(subject, `the ${what} is ${key.asymmetricKeyType}, not ed25519`, hint);
}
