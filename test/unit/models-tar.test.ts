import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { addModelBundle } from '../../agent/cli/model-add.ts';
import { PpuriError } from '../../config/errors.ts';
import { writeBundle } from '../../models/bundle.ts';
import { readSource } from '../../models/bundle-source.ts';
import { readTar } from '../../models/tar.ts';
import { scoreManifest, scoreParts, scratchDir } from './models-support.ts';

async function refusal(work: Promise<unknown>): Promise<PpuriError> {
  const thrown = await work.then(
    () => new Error('it was not refused'),
    (error: unknown) => error,
  );
  if (!(thrown instanceof PpuriError)) throw thrown;
  return thrown;
}

const noProof = (): Promise<void> => Promise.resolve();

function tar(cwd: string, ...args: string[]): void {
  execFileSync('tar', args, { cwd });
}

/** One header and its data as ustar has them, or as a forger would. */
function entry(name: string, data: string | number, type = '0', damage = false): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0, 100, 'utf8');
  header.write('0000644\0', 100);
  const size = typeof data === 'number' ? data : data.length;
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write('        ', 148);
  header.write(type, 156);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((all, byte) => all + byte, 0) + (damage ? 1 : 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const body = typeof data === 'number' ? '' : data;
  return Buffer.concat([
    header,
    Buffer.from(body.padEnd(Math.ceil(body.length / 512) * 512, '\0')),
  ]);
}

const end = Buffer.alloc(1024);

describe('a bundle in an archive', () => {
  test.each([['--format=ustar'], ['--format=gnu'], ['--format=v7']])(
    'as tar %s makes it',
    async (format) => {
      await using scratch = await scratchDir();
      await writeBundle(join(scratch.path, 'two-sums'), scoreParts());
      tar(scratch.path, format, '-cf', 'whole.tar', 'two-sums');
      tar(join(scratch.path, 'two-sums'), format, '-cf', '../inside.tar', '.');
      const folder = await readSource(join(scratch.path, 'two-sums'));
      for (const name of ['whole.tar', 'inside.tar']) {
        const { files } = await readSource(join(scratch.path, name));
        expect([...files.keys()].sort()).toEqual([...folder.files.keys()].sort());
        for (const [file, bytes] of files)
          expect(Buffer.from(bytes).equals(folder.files.get(file) ?? Buffer.alloc(0))).toBe(true);
      }
    },
  );

  test.each([
    ['a path upwards', entry('../x', 'a'), /leads out/],
    ['a path upwards inside', entry('a/../../x', 'a'), /leads out/],
    ['an absolute path', entry('/etc/passwd', 'a'), /leads out/],
    ['a path by backslash', entry('a\\..\\x', 'a'), /leads out/],
    ['a folder in its folder', entry('a/b/', '', '5'), /folder in a bundle/],
    ['a symbolic link', entry('x', '', '2'), /symbolic link/],
    ['a hard link', entry('x', '', '1'), /hard link/],
    ['a device', entry('x', '', '3'), /a device/],
    ['a named pipe', entry('x', '', '6'), /named pipe/],
    ['a sparse file', entry('x', '', 'S'), /sparse/],
    ['an extended header', entry('x', 'a', 'x'), /pax/],
    ['a type nobody knows', entry('x', 'a', 'Z'), /unknown type/],
    ['a giant', entry('x', 8 ** 11 - 1), /too large/],
    ['a size beyond its end', entry('x', 100_000), /cut short/],
    ['a damaged header', entry('x', 'a', '0', true), /damaged/],
    ['a name twice', Buffer.concat([entry('a/x', '1'), entry('a/x', '2')]), /twice/],
    ['two folders', Buffer.concat([entry('a/x', '1'), entry('b/y', '2')]), /2 folders/],
    [
      'thousands of files',
      Buffer.concat(Array.from({ length: 3000 }, (_, i) => entry(`a/${i}`, ''))),
      /more than 64/,
    ],
    ['no tar at all', Buffer.from('PK\u0003\u0004'.padEnd(2048, 'x')), /no tar file/],
  ])('is refused with %s', (_, bytes, why) => {
    expect(() => readTar(Buffer.concat([bytes, end]), 'stick.tar')).toThrow(why);
  });

  test.each([
    ['names that differ in case only', ['model.onnx', 'Model.onnx'], /one name on many disks/],
    ['names that only look alike', ['mode\u006c.onnx', 'mode\u0131.onnx'], /no allowed file name/],
    ['a name that moves the cursor', ['\u001b[2J'], /"\\u001b\[2J" is no allowed/],
    ['a hidden file', ['.profile'], /no allowed file name/],
  ])('is refused with %s', async (_, names, why) => {
    await using scratch = await scratchDir();
    const file = join(scratch.path, 'x.tar');
    await writeFile(file, Buffer.concat([...names.map((name) => entry(name, 'a')), end]));
    expect((await refusal(readSource(file))).message).toMatch(why);
  });

  test('cut anywhere is refused or, past its last file, whole', async () => {
    await using scratch = await scratchDir();
    await writeBundle(join(scratch.path, 'two-sums'), scoreParts());
    tar(scratch.path, '--format=ustar', '-cf', 'whole.tar', 'two-sums');
    const { files } = await readSource(join(scratch.path, 'whole.tar'));
    const bytes = await readFile(join(scratch.path, 'whole.tar'));
    for (let length = 0; length < bytes.length; length += 97) {
      let read: ReadonlyMap<string, Uint8Array> | null = null;
      try {
        read = readTar(bytes.subarray(0, length), 'cut.tar');
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(PpuriError);
      }
      if (read !== null) expect([...read.keys()].sort()).toEqual([...files.keys()].sort());
    }
  });
});

describe('ppuri model add from a stick', () => {
  test('takes the one bundle that is on it, folder or archive', async () => {
    await using scratch = await scratchDir();
    const [stick, store] = [join(scratch.path, 'stick'), join(scratch.path, 'store')];
    await writeBundle(join(stick, 'for line 3', 'two-sums'), scoreParts());
    await mkdir(join(stick, 'System Volume Information'));
    await mkdir(join(stick, '.Trashes'));
    const { bundle } = await addModelBundle(stick, { store }, noProof);
    expect(bundle.dir).toBe(join(store, 'models', 'two-sums', '1.0.0'));
    await rm(bundle.dir, { recursive: true });
    tar(join(stick, 'for line 3'), '-cf', 'two-sums.tar', 'two-sums');
    await rm(join(stick, 'for line 3', 'two-sums'), { recursive: true });
    await addModelBundle(stick, { store }, noProof);
    expect(await readdir(bundle.dir)).toContain('model.onnx');
  });

  test('that was added before is there already; another of the same name and version is refused', async () => {
    await using scratch = await scratchDir();
    const [stick, store] = [join(scratch.path, 'stick'), join(scratch.path, 'store')];
    await writeBundle(join(stick, 'two-sums'), scoreParts());
    const first = await addModelBundle(stick, { store }, noProof);
    const again = await addModelBundle(stick, { store }, noProof);
    expect(again).toMatchObject({
      bundle: { dir: first.bundle.dir, hash: first.bundle.hash },
      notes: ['this very bundle was there already: nothing was changed'],
    });
    await rm(join(first.bundle.dir, 'SHA256SUMS'));
    const error = await refusal(addModelBundle(stick, { store }, noProof));
    expect(error.message).toContain('exists already');
  });

  test('asks which one when there are two', async () => {
    await using scratch = await scratchDir();
    for (const name of ['a', 'b']) await writeBundle(join(scratch.path, name), scoreParts());
    const error = await refusal(addModelBundle(scratch.path, { store: '/nowhere' }, noProof));
    expect(error.code).toBe('usage');
    for (const name of ['a', 'b']) expect(error.message).toContain(join(scratch.path, name));
  });

  test('does not follow a link out of it', async () => {
    await using scratch = await scratchDir();
    const [stick, elsewhere] = [join(scratch.path, 'stick'), join(scratch.path, 'elsewhere')];
    await writeBundle(elsewhere, scoreParts());
    await mkdir(stick);
    await symlink(elsewhere, join(stick, 'linked'));
    const error = await refusal(addModelBundle(stick, { store: scratch.path }, noProof));
    expect(error.message).toContain('no model.onnx');
  });

  test('installs what was verified, though the stick says something else by then', async () => {
    await using scratch = await scratchDir();
    const [stick, store] = [join(scratch.path, 'stick'), join(scratch.path, 'store')];
    await writeBundle(stick, scoreParts());
    const swap = async (): Promise<void> => {
      await rm(stick, { recursive: true });
      await writeBundle(stick, scoreParts({ threshold: 0.999 }));
    };
    const { bundle } = await addModelBundle(stick, { store }, swap);
    const { files } = await readSource(bundle.dir);
    expect(new TextDecoder().decode(files.get('model.yaml'))).toContain('threshold: 0.5');
  });

  test('clears away what a killed one before it left', async () => {
    await using scratch = await scratchDir();
    const [stick, store] = [join(scratch.path, 'stick'), join(scratch.path, 'store')];
    await writeBundle(stick, scoreParts());
    const [home, gone] = [join(store, 'models', 'two-sums'), 2 ** 22 - 3];
    await mkdir(join(home, `.1.0.0-${gone}-abcdef`), { recursive: true });
    await mkdir(join(home, `.1.0.0-${process.pid}-abcdef`));
    await addModelBundle(stick, { store }, noProof);
    expect((await readdir(home)).sort()).toEqual([`.1.0.0-${process.pid}-abcdef`, '1.0.0']);
  });

  test('refuses a bundle in another unit than the machine’s, naming both', async () => {
    await using scratch = await scratchDir();
    const from = join(scratch.path, 'finished');
    const features = scoreManifest.features.map((one) =>
      one.from === 'meltTemperature' ? { ...one, unit: 'K' } : one,
    );
    await writeBundle(from, scoreParts({ features }));
    const store = join(scratch.path, 'store');
    const { message, hint } = await refusal(addModelBundle(from, { store }, noProof));
    expect(message).toContain('meltTemperature in K, profile "die-casting-cold-chamber" gives °C');
    expect(hint).toContain('°C = K − 273.15');
    expect(existsSync(store)).toBe(false);
  });

  test('takes no bare model where only signed ones are taken', async () => {
    await using scratch = await scratchDir();
    const from = join(scratch.path, 'finished');
    await writeBundle(from, scoreParts());
    const config = join(scratch.path, 'ppuri.yaml');
    const store = join(scratch.path, 'store');
    await writeFile(
      config,
      `gateway: { id: gw-1 }
buses: { press: { type: modbus-tcp, host: 127.0.0.1 } }
machines: [{ id: dc-03, profile: die-casting-cold-chamber, devices: { plc: { bus: press } } }]
models: { trust: ${scratch.path}, unsigned: refuse }
store: { path: ${store} }
`,
    );
    expect((await refusal(addModelBundle(from, { config }, noProof))).code).toBe('model-untrusted');
    expect(existsSync(store)).toBe(false);
  });
});
