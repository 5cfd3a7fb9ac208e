/** `ppuri model keygen|sign|verify`: who made a bundle, and whether this site believes them. */
import { createPublicKey } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import { PpuriError } from '../../config/errors.ts';
import { loadConfig } from '../../config/load.ts';
import { modelsSchema } from '../../config/schema.ts';
import { judgeBundle } from '../../models/bundle.ts';
import { readSource } from '../../models/bundle-source.ts';
import { signedCopy, signInPlace } from '../../models/sign-bundle.ts';
import { keyId } from '../../models/signing.ts';
import { type Json, number } from './model-flags.ts';
import { makeKeyFiles, readKeyFile } from './model-keys.ts';
import { action } from './output.ts';

export function addSigning(model: Command): void {
  addKeygen(model);
  addSign(model);
  addVerify(model);
}

const keygenHelp = `
FILE stays with whoever makes the models, and off the gateways. FILE.pub goes into the trust
directory of each gateway (/etc/ppuri/trust, or \`models.trust\` of its configuration).

Example:
  ppuri model keygen ~/keys/casting-models
`;

function addKeygen(model: Command): void {
  model
    .command('keygen')
    .argument('<file>', 'the private key; the public one is written beside it as <file>.pub')
    .description('make a key that signs bundles')
    .option('--json', 'one JSON object: id, privateFile, publicFile')
    .addHelpText('after', keygenHelp)
    .action(
      action('make a key', async (output, file: string, { json }: Json) => {
        const made = await makeKeyFiles(file);
        if (json === true) output.json(made);
        else {
          output.line(`key ${made.id}`);
          output.line(`  ${made.privateFile}  signs; keep it to yourself`);
          output.line(`  ${made.publicFile}  goes into the trust directory of gateways`);
        }
      }),
    );
}

const signHelp = `
Signs SHA256SUMS, which lists every other file. With --serial the release is counted: once a
gateway has used serial 4 of a model by this key, it refuses 3. The manifest changes with that, so
the signed bundle is written anew, as --out.

Examples:
  ppuri model sign hgb-1.0.0 --key ~/keys/casting-models
  ppuri model sign hgb-1.0.0 --key ~/keys/casting-models --serial 4 --out /media/usb/hgb-1.0.0
`;

interface SignFlags extends Json {
  readonly key: string;
  readonly serial?: number;
  readonly out?: string;
}

function addSign(model: Command): void {
  model
    .command('sign')
    .argument('<bundle>', 'the folder of a bundle, or its .tar')
    .description('sign a bundle, so that gateways know whose it is')
    .requiredOption('--key <file>', 'private key')
    .option('--serial <n>', 'number of this release: higher than that of the one before', serial)
    .option('--out <dir>', 'write the signed bundle here; absent: sign it where it lies')
    .option('--json', 'one JSON object: name, version, serial, key, dir')
    .addHelpText('after', signHelp)
    .action(
      action('sign a model', async (output, path: string, flags: SignFlags) => {
        const { bundle, key } = await signBundle(path, flags);
        const { name, version, serial } = bundle.manifest;
        const dir = flags.out ?? path;
        if (flags.json === true) output.json({ name, version, serial: serial ?? null, key, dir });
        else output.line(`signed ${name} ${version} with key ${key}\n  ${dir}`);
      }),
    );
}

function serial(text: string): number {
  const value = number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('a whole number above 0');
}

async function signBundle(path: string, { key: file, serial, out }: SignFlags) {
  const anew = serial !== undefined || path.endsWith('.tar');
  if (anew && out === undefined)
    throw new PpuriError('usage', 'this changes the bundle, so it is written anew', {
      operation: 'sign a model',
      subject: path,
      hint: 'say where with --out DIR',
    });
  const key = await readKeyFile(file);
  const bundle =
    out === undefined
      ? await signInPlace(path, key)
      : await signedCopy(path, out, key, serial ?? null);
  return { bundle, key: keyId(createPublicKey(key)) };
}

const verifyHelp = `
Checks every sum, the signature and the manifest, and that the model may be admitted. Nothing is
run and nothing is copied. Ends with 6 for a bundle that is not signed by a trusted key.

Examples:
  ppuri model verify /media/usb/hgb-1.0.0.tar
  ppuri model verify hgb-1.0.0 --trust ./keys --json
`;

interface VerifyFlags extends Json {
  readonly trust?: string;
  readonly config?: string;
}

function addVerify(model: Command): void {
  model
    .command('verify')
    .argument('<bundle>', 'the folder of a bundle, or its .tar')
    .description('who signed a bundle, and whether this site trusts them')
    .option('--trust <dir>', 'directory of trusted public keys; absent: the configuration’s')
    .option('-c, --config <file>', 'take the directory from this configuration')
    .option('--json', 'one JSON object: name, version, serial, signer, hash')
    .addHelpText('after', verifyHelp)
    .action(
      action('verify a model', async (output, path: string, flags: VerifyFlags) => {
        const trust = { trust: trustDir(flags), unsigned: 'never' } as const;
        const { manifest, signer, hash } = await judgeBundle(await readSource(path), { trust });
        const { name, version, serial } = manifest;
        if (flags.json === true)
          output.json({ name, version, serial: serial ?? null, signer, hash });
        else
          output.line(
            signer === null
              ? `${name} ${version} came with ppuri`
              : `${name} ${version} is signed by "${signer.name}" (key ${signer.key})`,
          );
      }),
    );
}

function trustDir({ trust, config }: VerifyFlags): string {
  if (trust !== undefined) return trust;
  if (config !== undefined) return loadConfig(config).config.models.trust;
  return modelsSchema.parse({}).trust;
}
