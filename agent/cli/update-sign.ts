/** `ppuri update sign`: whoever makes a release vouches for its files. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { PpuriError } from '../../config/errors.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { migrations } from '../store/migrations.ts';
import { realDisk } from '../update/disk.ts';
import { type Release, releaseFileOf, signRelease } from '../update/release.ts';
import { isVersion } from '../update/version.ts';
import type { Json } from './model-flags.ts';
import { readKeyFile } from './model-keys.ts';
import { action, type Output } from './output.ts';

const { version } = packageJson;

const help = `
For whoever makes releases, with the ppuri of the version that is signed. Writes FILE.release beside each
file, which is handed out with it. The key is made with \`ppuri model keygen\`; its .pub file goes into
/etc/ppuri/trust/releases of each gateway. A key for models vouches for no program unless it lies there too.

Examples:
  npm run build:deb && ppuri update sign dist/ppuri-* dist/ppuri_* --key ~/keys/ppuri-releases
  ppuri update sign dist/ppuri_0.2.0_arm64.deb --key ~/keys/ppuri-releases --oldest-from 0.1.0`;

function wrong(subject: string, message: string, hint: string): PpuriError {
  return new PpuriError('usage', message, { operation: 'sign a release', subject, hint });
}

/** Version, kind and architecture, as the build names its files. */
function named(file: string): Pick<Release, 'version' | 'kind' | 'arch'> {
  const name = basename(file);
  const program = /^ppuri-(.+)-linux-(x64|arm64)$/.exec(name);
  const deb = /^ppuri_(.+)_(amd64|arm64)\.deb$/.exec(name);
  const [, own = '', arch] = program ?? deb ?? [];
  if (own !== version)
    throw wrong(
      file,
      `this is no file of ppuri ${version}`,
      'give what `npm run build:deb` of this version made: ppuri-VERSION-linux-ARCH or ppuri_VERSION_ARCH.deb',
    );
  const kind = program === null ? 'deb' : 'program';
  return { version, kind, arch: arch === 'arm64' ? 'arm64' : 'x64' };
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}

interface SignFlags extends Json {
  readonly key: string;
  readonly oldestFrom: string;
}

/** What lies beside them in `dist` and is no program is passed over. */
const isOther = (file: string): boolean => /\.(?:tar\.gz|cdx\.json|json|release)$/.test(file);

async function sign(output: Output, files: readonly string[], flags: SignFlags): Promise<void> {
  const { oldestFrom } = flags;
  if (!isVersion(oldestFrom))
    throw wrong('--oldest-from', `${oldestFrom} is no version`, 'give one such as 0.1.0');
  const key = await readKeyFile(flags.key);
  const programs = files.filter((file) => !isOther(file));
  if (programs.length === 0)
    throw wrong(files.join(' '), 'nothing of it is a program', 'see --help');
  const releases = programs.map((file) => ({ file, ...named(file) }));
  for (const { file, ...known } of releases) {
    const { size } = await stat(file);
    const release: Release = {
      ...{ name: 'ppuri', ...known, bytes: size, sha256: await sha256Of(file) },
      ...{ storeLayout: migrations.length, oldestFrom },
    };
    realDisk.write(releaseFileOf(file), signRelease(release, key), 0o644);
    if (flags.json === true) output.json({ file, release: releaseFileOf(file), ...known });
    else output.line(`signed ${file}`);
  }
}

export function addUpdateSign(update: Command): void {
  update
    .command('sign')
    .argument('<file...>', 'files of `npm run build:deb`')
    .description('vouch for a release, so that gateways take it')
    .requiredOption('--key <file>', 'private key')
    .option('--oldest-from <version>', 'the oldest version that it can follow', version)
    .option('--json', 'one JSON object for each file: file, release, version, kind, arch')
    .addHelpText('after', help)
    .action(action('sign a release', sign));
}
