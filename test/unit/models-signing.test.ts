import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeKeyFiles, readKeyFile } from '../../agent/cli/model-keys.ts';
import { PpuriError } from '../../config/errors.ts';
import { readBundle, writeBundle } from '../../models/bundle.ts';
import { findBundle } from '../../models/find-bundle.ts';
import { signedCopy, signInPlace } from '../../models/sign-bundle.ts';
import { generateKey } from '../../models/signing.ts';
import type { TrustRule } from '../../models/trust.ts';
import { scoreParts, scratchDir } from './models-support.ts';

async function refusal(work: Promise<unknown>): Promise<PpuriError> {
  const thrown = await work.then(
    () => new Error('it was not refused'),
    (error: unknown) => error,
  );
  if (!(thrown instanceof PpuriError)) throw thrown;
  return thrown;
}

/** A bundle signed by the key in the trust directory, and what is needed to do otherwise. */
async function signedSite(root: string) {
  const [bundle, trust] = [join(root, 'two-sums'), join(root, 'trust')];
  const [friend, stranger] = [generateKey(), generateKey()];
  await mkdir(trust);
  await writeFile(join(trust, 'consultant.pub'), friend.publicPem);
  await writeBundle(bundle, scoreParts());
  await signInPlace(bundle, createPrivateKey(friend.privatePem));
  const rule: TrustRule = { trust, unsigned: 'until-keyed' };
  return { bundle, trust, rule, friend, stranger };
}

describe('a signed bundle', () => {
  test('is taken where its key is trusted, and says whose it is', async () => {
    await using scratch = await scratchDir();
    const { bundle, rule, friend } = await signedSite(scratch.path);
    expect((await readBundle(bundle, { trust: rule })).signer).toEqual({
      key: friend.id,
      name: 'consultant',
    });
  });

  test('can be verified by openssl, without ppuri', async () => {
    await using scratch = await scratchDir();
    const { bundle, trust } = await signedSite(scratch.path);
    const { signature } = JSON.parse(await readFile(join(bundle, 'bundle.sig'), 'utf8'));
    const raw = join(scratch.path, 'raw.sig');
    await writeFile(raw, Buffer.from(signature, 'base64'));
    const key = join(trust, 'consultant.pub');
    const args = ['pkeyutl', '-verify', '-pubin', '-inkey', key, '-rawin', '-sigfile', raw];
    const said = execFileSync('openssl', [...args, '-in', join(bundle, 'SHA256SUMS')]);
    expect(said.toString()).toMatch(/Verified Successfully/);
  });

  test('by an unknown key is refused, whatever the site says of unsigned ones', async () => {
    await using scratch = await scratchDir();
    const { bundle, rule, stranger } = await signedSite(scratch.path);
    await signInPlace(bundle, createPrivateKey(stranger.privatePem));
    for (const unsigned of ['until-keyed', 'allow', 'refuse'] as const) {
      const error = await refusal(readBundle(bundle, { trust: { ...rule, unsigned } }));
      expect(error.code).toBe('model-untrusted');
      expect(error.message).toContain(stranger.id);
      expect(error.hint).toContain(rule.trust);
    }
  });

  test('that was changed and summed anew is refused, and so is a signature of another', async () => {
    await using scratch = await scratchDir();
    const { bundle, rule, friend } = await signedSite(scratch.path);
    const other = join(scratch.path, 'other');
    await writeBundle(other, scoreParts({ threshold: 0.01 }));
    await writeFile(join(other, 'bundle.sig'), await readFile(join(bundle, 'bundle.sig')));
    const error = await refusal(readBundle(other, { trust: rule }));
    expect(error.code).toBe('model-untrusted');
    expect(error.message).toContain('after "consultant" signed it');
    // The same key makes it right again.
    await signInPlace(other, createPrivateKey(friend.privatePem));
    expect((await readBundle(other, { trust: rule })).manifest.threshold).toBe(0.01);
  });

  test.each([
    ['no JSON', 'signature'],
    ['another form', '{"format":2}'],
    ['an extra field', (text: string) => text.replace('"format"', '"note": "hi", "format"')],
    [
      'base64 with loose bits',
      (text: string) => text.replace(/.==/, (end) => `${end === 'B==' ? 'C' : 'B'}==`),
    ],
    [
      'a flipped bit',
      (text: string) =>
        text.replace(/"signature": "(.)/, (_, c) => `"signature": "${c === 'A' ? 'B' : 'A'}`),
    ],
    ['megabytes', 'x'.repeat(2_000_000)],
  ])('with a signature that is damaged is refused: %s', async (_, harm) => {
    await using scratch = await scratchDir();
    const { bundle, rule } = await signedSite(scratch.path);
    const file = join(bundle, 'bundle.sig');
    const text = await readFile(file, 'utf8');
    const harmed = typeof harm === 'string' ? harm : harm(text);
    expect(harmed).not.toBe(text);
    await writeFile(file, harmed);
    expect((await refusal(readBundle(bundle, { trust: rule }))).code).toBe('model-untrusted');
  });

  test('is refused once its key is taken out of the trust directory', async () => {
    await using scratch = await scratchDir();
    const { bundle, rule } = await signedSite(scratch.path);
    const elsewhere = { ...rule, trust: join(scratch.path, 'none') };
    expect((await refusal(readBundle(bundle, { trust: elsewhere }))).code).toBe('model-untrusted');
  });
});

describe('an unsigned bundle', () => {
  test('is taken until there is a key, always, or never, as the site says', async () => {
    await using scratch = await scratchDir();
    const { trust } = await signedSite(scratch.path);
    const bundle = join(scratch.path, 'bare');
    await writeBundle(bundle, scoreParts());
    const none = join(scratch.path, 'none');
    const outcome = async (rule: TrustRule): Promise<string> =>
      readBundle(bundle, { trust: rule }).then(
        ({ signer }) => `${signer}`,
        (error) => error.code,
      );
    expect(await outcome({ trust: none, unsigned: 'until-keyed' })).toBe('null');
    expect(await outcome({ trust, unsigned: 'until-keyed' })).toBe('model-untrusted');
    expect(await outcome({ trust, unsigned: 'allow' })).toBe('null');
    expect(await outcome({ trust: none, unsigned: 'refuse' })).toBe('model-untrusted');
  });

  test('is refused where the only key is damaged, and the message says which file', async () => {
    await using scratch = await scratchDir();
    const { bundle, trust, rule } = await signedSite(scratch.path);
    await writeFile(join(trust, 'consultant.pub'), '-----BEGIN PUBLIC KEY-----\nnothing\n');
    const signed = await refusal(readBundle(bundle, { trust: rule }));
    expect(signed.message).toContain('consultant.pub');
    const bare = join(scratch.path, 'bare');
    await writeBundle(bare, scoreParts());
    expect((await refusal(readBundle(bare, { trust: rule }))).code).toBe('model-untrusted');
  });

  test('that came with the program is taken everywhere', async () => {
    const { dir } = await findBundle('diecast-defect');
    const trust = { trust: '/nonexistent', unsigned: 'refuse' } as const;
    expect((await readBundle(dir, { trust })).signer).toBeNull();
  });
});

describe('keys', () => {
  test('are for their owner only, and one that others may read is not used', async () => {
    await using scratch = await scratchDir();
    const file = join(scratch.path, 'models');
    const { id } = await makeKeyFiles(file);
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await refusal(makeKeyFiles(file))).message).toContain('exists already');
    await readKeyFile(file);
    await chmod(file, 0o644);
    expect((await refusal(readKeyFile(file))).hint).toBe(`chmod 600 ${file}`);
    await chmod(`${file}.pub`, 0o600);
    expect((await refusal(readKeyFile(`${file}.pub`))).code).toBe('model-untrusted');
  });

  test('of another kind, and private ones among the trusted, trust nobody', async () => {
    await using scratch = await scratchDir();
    const { bundle, trust, rule, friend } = await signedSite(scratch.path);
    await writeFile(join(trust, 'consultant.pub'), friend.privatePem);
    expect((await refusal(readBundle(bundle, { trust: rule }))).message).toContain(
      'consultant.pub',
    );
  });
});

test('a release is signed as a new bundle, with its serial and nothing else changed', async () => {
  await using scratch = await scratchDir();
  const { bundle, rule, friend } = await signedSite(scratch.path);
  const out = join(scratch.path, 'release');
  const key = createPrivateKey(friend.privatePem);
  await signedCopy(bundle, out, key, 4);
  const before = await readBundle(bundle, { trust: rule });
  const after = await readBundle(out, { trust: rule });
  expect(after.manifest).toEqual({ ...before.manifest, serial: 4 });
  expect(after.hash).toBe(before.hash);
});
