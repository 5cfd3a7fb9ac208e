/** What is refused as an update, and that nothing is changed by it. */
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Release, readRelease, signRelease } from '../../agent/update/release.ts';
import { requireFit, tryProgram, withCopy } from '../../agent/update/stage.ts';
import { compareVersions, isVersion } from '../../agent/update/version.ts';
import { generateKey, readPrivateKey, signSums } from '../../models/signing.ts';
import { writeScript } from '../fixtures/program-versions.ts';

let dir = '';
let file = '';
let trust = '';
const maker = generateKey();
const stranger = generateKey();
const keyOf = ({ privatePem }: typeof maker) => readPrivateKey(Buffer.from(privatePem), 'key');
const here = { version: '0.1.0', arch: 'x64', storeLayout: 9 };

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ppuri-release-'));
  trust = join(dir, 'trust/releases');
  mkdirSync(trust, { recursive: true });
  mkdirSync(join(dir, 'versions'));
  writeFileSync(join(trust, 'maker.pub'), maker.publicPem);
  file = writeScript(join(dir, 'ppuri-0.2.0-linux-x64'), 'echo 0.2.0');
  sign();
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function releaseOf(change: Partial<Release> = {}): Release {
  const bytes = readFileSync(file);
  return {
    ...{ name: 'ppuri', version: '0.2.0', kind: 'program', arch: 'x64', bytes: bytes.length },
    ...{ sha256: createHash('sha256').update(bytes).digest('hex'), storeLayout: 9 },
    ...{ oldestFrom: '0.1.0', ...change },
  };
}

function sign(change: Partial<Release> = {}, key = maker): void {
  writeFileSync(`${file}.release`, signRelease(releaseOf(change), keyOf(key)));
}

const places = () => ({ versions: join(dir, 'versions'), health: join(dir, 'health') });
const copy = async (): Promise<string> => {
  const { release } = await readRelease(file, trust);
  return withCopy(file, release, places(), async (path) => readFileSync(path, 'utf8'));
};

test('a signed release is copied as it was signed, and who signed it is told', async () => {
  expect(await readRelease(file, trust)).toMatchObject({ signer: 'maker' });
  expect(await copy()).toBe(readFileSync(file, 'utf8'));
  expect(readdirSync(places().versions)).toEqual([]);
});

test.each<[string, () => void, string, RegExp]>([
  ['unsigned', () => rmSync(`${file}.release`), 'release-untrusted', /nobody vouches/],
  ['signed by a stranger', () => sign({}, stranger), 'release-untrusted', /not in .*releases/],
  [
    'signed by a key that is trusted for models only',
    () => {
      writeFileSync(join(dir, 'trust/models.pub'), stranger.publicPem);
      sign({}, stranger);
    },
    'release-untrusted',
    /not in .*releases/,
  ],
  [
    'changed after it was signed',
    () => {
      const text = readFileSync(`${file}.release`, 'utf8');
      writeFileSync(`${file}.release`, text.replace('0.2.0', '0.3.0'));
    },
    'release-untrusted',
    /does not fit/,
  ],
  [
    'signed as a model would be, by the same key',
    () => {
      const release = JSON.stringify(releaseOf());
      const signature = JSON.parse(signSums(Buffer.from(release), keyOf(maker)));
      writeFileSync(`${file}.release`, JSON.stringify({ release, signature }));
    },
    'release-untrusted',
    /of something else/,
  ],
  ['no release file', () => writeFileSync(`${file}.release`, '{'), 'release-damaged', /no JSON/],
  ['cut short', () => truncateSync(file, 5), 'release-damaged', /5 bytes/],
  [
    'another file of the same size',
    () => writeFileSync(file, readFileSync(file, 'utf8').replace('echo', 'exit')),
    'release-damaged',
    /not the file that was signed/,
  ],
  [
    'a folder',
    () => {
      rmSync(file);
      mkdirSync(file);
    },
    'release-damaged',
    /not a regular file/,
  ],
  ['gone', () => rmSync(file), 'release-damaged', /cannot be read/],
])('%s: refused, and nothing is left of it', async (_, spoil, code, message) => {
  spoil();
  await expect(copy()).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
    hint: expect.stringMatching(/./),
  });
  expect(readdirSync(places().versions)).toEqual([]);
});

test.each<[string, Partial<Release>, RegExp]>([
  ['another architecture', { arch: 'arm64' }, /is for arm64/],
  ['the version that runs', { version: '0.1.0' }, /runs here already/],
  ['an old one signed once', { version: '0.0.9' }, /older than 0.1.0/],
  ['one that needs a version between', { oldestFrom: '0.1.5' }, /follows 0.1.5/],
  ['an older layout of the store', { storeLayout: 8 }, /layout 8/],
])('%s does not fit', (_, change, message) => {
  expect(() => requireFit(file, releaseOf(change), here)).toThrow(message);
  expect(() => requireFit(file, releaseOf(), here)).not.toThrow();
});

test('a program that cannot begin here, is another, or refuses the configuration', async () => {
  const tried = (line: string) =>
    tryProgram(writeScript(join(dir, 'program'), line), '0.2.0', '/etc/ppuri/ppuri.yaml');
  await expect(tried('exit 127')).rejects.toMatchObject({ code: 'release-unfit' });
  await expect(tried('echo 0.1.9')).rejects.toMatchObject({ code: 'release-unfit' });
  const picky = '[ "$1" = --version ] && echo 0.2.0 && exit; echo "ppuri.yaml:3:1 too old"; exit 3';
  await expect(tried(picky)).rejects.toMatchObject({
    code: 'config-invalid',
    message: expect.stringContaining('ppuri.yaml:3:1 too old'),
  });
  await tried('[ "$1" = --version ] && echo 0.2.0; exit 0');
});

test('versions are ordered as Semantic Versioning says', () => {
  const sorted = [
    '0.1.0-alpha',
    '0.1.0-alpha.1',
    '0.1.0-beta.2',
    '0.1.0-beta.11',
    '0.1.0',
    '0.1.2',
    '0.1.10',
    '0.10.0',
    '1.0.0',
  ];
  expect([...sorted].reverse().sort(compareVersions)).toEqual(sorted);
  for (const wrong of ['1.0', '../1.0.0', '1.0.0/x', '1.0.0-', 'v1.0.0', ''])
    expect(isVersion(wrong)).toBe(false);
});
