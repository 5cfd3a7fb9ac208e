/**
 * `<file>.release`, which comes beside each file that is handed out: what the file is, signed by who
 * made it. The signed bytes begin with what they are for: no signature of a model passes for one.
 */
import type { KeyObject } from 'node:crypto';
import { basename } from 'node:path';
import { z } from 'zod';
import { PpuriError } from '../../config/errors.ts';
import { readRegularFile } from '../../models/regular-file.ts';
import { parseSignature, signatureHolds, signSums } from '../../models/signing.ts';
import { readAnchors } from '../../models/trust.ts';
import { isVersion } from './version.ts';

const maxReleaseBytes = 65_536;
const purpose = Buffer.from('ppuri program release, format 1\n');
const version = z.string().refine(isVersion, 'a version such as 0.2.0');

const releaseSchema = z.strictObject({
  name: z.literal('ppuri'),
  version,
  /** `program`: the single file. `deb`: a Debian package of it. */
  kind: z.enum(['program', 'deb']),
  arch: z.enum(['x64', 'arm64']),
  bytes: z.int().positive(),
  /** Of the file, hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, '64 hex digits'),
  /** Of the store: steps in agent/store/migrations.ts. */
  storeLayout: z.int().positive(),
  /** The oldest version that this one can take over from, and be gone back to. */
  oldestFrom: version,
});

export type Release = z.infer<typeof releaseSchema>;

const fileSchema = z.strictObject({
  /** The release as JSON: these bytes are what is signed. */
  release: z.string(),
  signature: z.unknown(),
});

export interface SignedRelease {
  readonly release: Release;
  /** Of the trusted key's file. */
  readonly signer: string;
}

function details(subject: string, hint: string, cause?: unknown) {
  return { operation: 'check a release of ppuri', subject, hint, cause };
}

export function untrusted(subject: string, message: string, hint: string, cause?: unknown) {
  return new PpuriError('release-untrusted', message, details(subject, hint, cause));
}

export function damaged(subject: string, message: string, hint: string, cause?: unknown) {
  return new PpuriError('release-damaged', message, details(subject, hint, cause));
}

export function unfit(subject: string, message: string, hint: string): PpuriError {
  return new PpuriError('release-unfit', message, details(subject, hint));
}

const again = 'copy both files again from where they came';

/** What `<file>.release` holds for this release. */
export function signRelease(release: Release, key: KeyObject): string {
  const text = JSON.stringify(releaseSchema.parse(release));
  const signature: unknown = JSON.parse(signSums(signedBytes(text), key));
  return `${JSON.stringify({ release: text, signature }, null, 1)}\n`;
}

function signedBytes(text: string): Buffer {
  return Buffer.concat([purpose, Buffer.from(text)]);
}

export const releaseFileOf = (file: string): string => `${file}.release`;
/** Keys for models lie one folder above, and vouch for no program. */
export const trustDirectory = '/etc/ppuri/trust/releases';

/** Throws `release-untrusted` for an unsigned or wrongly signed file, `release-damaged` for none. */
export async function readRelease(file: string, trust: string): Promise<SignedRelease> {
  const path = releaseFileOf(file);
  const bytes = await readRegularFile(path, {
    maxBytes: maxReleaseBytes,
    tooLargeHint: 'is it a release file at all?',
    refuse: (why, hint, cause) =>
      untrusted(
        path,
        `nobody vouches for ${basename(file)}: its release file cannot be read: ${why}`,
        `${hint}; ${basename(path)} comes with the file and belongs beside it`,
        cause,
      ),
  });
  const { release: text, signature } = parse(path, fileSchema, bytes.toString('utf8'));
  const signer = await signerOf(path, text, signature, trust);
  return { release: parse(path, releaseSchema, text), signer };
}

/** Nothing of a release is believed before. */
async function signerOf(
  path: string,
  text: string,
  signature: unknown,
  trust: string,
): Promise<string> {
  const parsed = asRelease(path, () =>
    parseSignature(Buffer.from(JSON.stringify(signature ?? null)), path),
  );
  const { keys } = await readAnchors(trust).catch((thrown: unknown) => {
    throw asUntrusted(trust, thrown);
  });
  const anchor = keys.get(parsed.key);
  if (anchor === undefined)
    throw untrusted(
      path,
      `it is signed by key ${parsed.key}, which is not in ${trust}`,
      `if you know who that is, put their .pub file into ${trust}; keys for models vouch for no program`,
    );
  if (!signatureHolds(signedBytes(text), parsed, anchor.key))
    throw untrusted(
      path,
      `the signature does not fit: the file was changed after "${anchor.name}" signed it, or the signature is of something else`,
      'get both files anew from where they were signed',
    );
  return anchor.name;
}

function asUntrusted(subject: string, thrown: unknown): unknown {
  if (!(thrown instanceof PpuriError)) return thrown;
  return untrusted(subject, thrown.message, thrown.hint, thrown);
}

function asRelease<T>(subject: string, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    throw asUntrusted(subject, thrown);
  }
}

function parse<T>(path: string, schema: z.ZodType<T>, text: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged(path, 'the release file is no JSON', again, cause);
  }
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const faults = read.error.issues.map(({ path: at, message }) => `${at.join('.')}: ${message}`);
  throw damaged(path, `the release file is not one: ${faults.join('; ')}`, again, read.error);
}
