/** `ppuri model add`: a bare export or a bundle, proven in a child, into the store. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { PpuriError } from '../../config/errors.ts';
import { loadConfig } from '../../config/load.ts';
import type { Profile } from '../../config/profile.ts';
import { isProfilePath, listProfiles, loadProfile } from '../../config/profile-load.ts';
import { storeSchema } from '../../config/schema.ts';
import { copyBundle, readBundle, writeBundle } from '../../models/bundle.ts';
import type { Bundle } from '../../models/manifest.ts';
import {
  type GoldenEntry,
  parseFacts,
  parseGoldenFile,
  type Read,
} from '../../models/wrap/facts.ts';
import type { WrapProfile } from '../../models/wrap/names.ts';
import { type WrapRequest, wrapModel } from '../../models/wrap/wrap.ts';
import { isFile, locateModel, readModelFile } from './model-inspect.ts';

export interface AddOptions {
  readonly name?: string;
  readonly version?: string;
  readonly profile?: string;
  readonly describe?: string;
  readonly features?: readonly string[];
  readonly map?: Readonly<Record<string, string>>;
  readonly missing?: 'nan' | 'refuse' | number;
  readonly threshold?: number;
  readonly positive?: readonly string[];
  readonly output?: string;
  readonly golden?: string;
  readonly loops?: 'bounded' | 'any';
  readonly out?: string;
  readonly store?: string;
  readonly config?: string;
}

export interface Added {
  readonly bundle: Bundle;
  readonly notes: readonly string[];
}

/** Rejects with `model-invalid` (everything missing at once) or `model-golden-mismatch`. */
export async function addModelBundle(
  path: string,
  options: AddOptions,
  prove: (bundle: Bundle) => Promise<void>,
): Promise<Added> {
  const { file, isFolder } = await locateModel(path);
  if (isFolder && (await isFile(join(path, 'model.yaml')))) return addWhole(path, options, prove);
  const { parts, notes } = wrapModel(await requestOf(file, isFolder, options));
  const { name, version } = parts.manifest;
  const target = targetOf(name, version, options);
  const loops = options.loops ?? 'bounded';
  return { bundle: await writeBundle(target, parts, { prove, loops }), notes };
}

/** A bundle says all there is to say; flags that would change it are refused. */
async function addWhole(
  path: string,
  options: AddOptions,
  prove: (bundle: Bundle) => Promise<void>,
): Promise<Added> {
  const { out: _out, store: _store, config: _config, loops: _loops, ...changes } = options;
  const [flag] = Object.keys(changes);
  if (flag !== undefined)
    throw new PpuriError('usage', `--${flag} cannot change a finished bundle`, {
      operation: 'add a model',
      subject: path,
      hint: 'leave the flag out, or add the .onnx file itself',
    });
  const { manifest } = await readBundle(path);
  const target = targetOf(manifest.name, manifest.version, options);
  return { bundle: await copyBundle(path, target, { prove }), notes: [] };
}

function targetOf(name: string, version: string, options: AddOptions): string {
  if (options.out !== undefined) return resolve(options.out);
  return join(storeOf(options), 'models', name, version);
}

/** `--store`, or the configuration's, or the default. */
export function storeOf({ store, config }: Pick<AddOptions, 'store' | 'config'>): string {
  if (store !== undefined) return resolve(store);
  if (config !== undefined) return loadConfig(config).config.store.path;
  return storeSchema.parse({}).path;
}

async function requestOf(
  file: string,
  isFolder: boolean,
  options: AddOptions,
): Promise<WrapRequest> {
  const beside = join(dirname(resolve(file)), 'facts.json');
  const described = options.describe ?? (isFolder && (await isFile(beside)) ? beside : null);
  const { name, version, features, map, missing, threshold, positive, output, loops } = options;
  const given = { name, version, features, map, missing, threshold, positive, output, loops };
  const base = basename(file, '.onnx');
  const profiles = wrapProfiles(options.profile);
  return {
    subject: file,
    model: await readModelFile(file),
    fallbackName: base === 'model' ? basename(dirname(resolve(file))) : base,
    facts: described === null ? {} : await readSide(described, parseFacts),
    profiles,
    ...(options.profile === undefined ? {} : { profile: profiles[0]?.id ?? options.profile }),
    ...(options.golden === undefined ? {} : { golden: await readGolden(options.golden) }),
    ...definedOnly(given),
  };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function definedOnly<T extends object>(values: T): Defined<T> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Defined<T>;
}

function readGolden(path: string): Promise<GoldenEntry[]> {
  return readSide(path, parseGoldenFile);
}

async function readSide<T>(path: string, parse: (text: string) => Read<T>): Promise<T> {
  const details = { operation: 'read what describes the model', subject: path };
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    const hint = 'check the path';
    throw new PpuriError('model-invalid', `cannot read ${path}: ${why}`, {
      ...details,
      hint,
      cause,
    });
  });
  const read = parse(text);
  if ('value' in read) return read.value;
  const list = read.faults.map((fault) => `\n  ${fault}`).join('');
  const hint = 'see `ppuri model add --help` for its form';
  throw new PpuriError('model-invalid', `${path} has faults:${list}`, { ...details, hint });
}

/** With `--profile` that one alone, which may be a path; else all shipped ones. */
function wrapProfiles(asked: string | undefined): WrapProfile[] {
  const ids = listProfiles();
  const known = asked !== undefined && (isProfilePath(asked) || ids.includes(asked));
  return (known ? [asked] : ids).map((id) => wrapProfile(loadProfile(id)));
}

/** A column of a log is known for the features that are its signal's last value. */
function wrapProfile(profile: Profile): WrapProfile {
  const columns = profile.replay?.columns ?? {};
  const features = Object.entries(profile.features).map(([name, feature]) => {
    const unit = feature.unit ?? profile.signals[feature.from]?.unit ?? '';
    const plain = feature.take === 'last' && feature.over === 'cycle';
    return [name, { unit, aliases: plain ? (columns[feature.from] ?? []) : [] }] as const;
  });
  return { id: profile.id, features: Object.fromEntries(features) };
}
