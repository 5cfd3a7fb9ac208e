/** A bare export and what is said of it, by flags or beside it, as a request for a bundle. */
import { basename, dirname, join, resolve } from 'node:path';
import type { Profile } from '../../config/profile.ts';
import { isProfilePath, listProfiles, loadProfile } from '../../config/profile-load.ts';
import type { Activation } from '../../models/onnx/edit-outputs.ts';
import type { Task } from '../../models/onnx/score.ts';
import { readTable } from '../../models/table.ts';
import { parseFacts, parseGoldenFile } from '../../models/wrap/facts.ts';
import type { WrapProfile } from '../../models/wrap/names.ts';
import type { WrapRequest } from '../../models/wrap/wrap.ts';
import { isFile, readModelFile, readSide } from './model-files.ts';

export interface AddOptions {
  readonly name?: string;
  readonly version?: string;
  readonly profile?: string;
  readonly describe?: string;
  readonly features?: readonly string[];
  readonly map?: Readonly<Record<string, string>>;
  readonly featureUnit?: Readonly<Record<string, string>>;
  readonly missing?: 'nan' | 'refuse' | number;
  readonly threshold?: number;
  readonly positive?: readonly string[];
  readonly output?: string;
  readonly task?: Task;
  readonly activation?: Activation | 'none';
  readonly direction?: 'high' | 'low';
  readonly low?: number;
  readonly high?: number;
  readonly unit?: string;
  readonly title?: string;
  /** A history as CSV, of which golden rows are made. */
  readonly data?: string;
  readonly golden?: string;
  readonly loops?: 'bounded' | 'any';
  readonly out?: string;
  readonly store?: string;
  readonly config?: string;
}

/** facts.json as asked for, else the one in the model's folder; null when there is none. */
export async function describedBy(
  file: string,
  isFolder: boolean,
  asked?: string,
): Promise<string | null> {
  const beside = join(dirname(resolve(file)), 'facts.json');
  return asked ?? (isFolder && (await isFile(beside)) ? beside : null);
}

/** All that is known of a bare model. Throws `model-invalid` for files that cannot be read. */
export async function requestOf(
  file: string,
  isFolder: boolean,
  options: AddOptions,
): Promise<WrapRequest> {
  const described = await describedBy(file, isFolder, options.describe);
  const { describe: _d, golden, data, profile, out: _o, store: _s, config: _c, ...given } = options;
  const base = basename(file, '.onnx');
  const profiles = wrapProfiles(profile);
  return {
    subject: file,
    model: await readModelFile(file),
    fallbackName: base === 'model' ? basename(dirname(resolve(file))) : base,
    facts: described === null ? {} : await readSide(described, parseFacts),
    profiles,
    ...(profile === undefined ? {} : { profile: askedId(profile, profiles) }),
    ...(golden === undefined ? {} : { golden: await readSide(golden, parseGoldenFile) }),
    ...(data === undefined ? {} : { data: await readTable(data) }),
    ...definedOnly(given),
  };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function definedOnly<T extends object>(values: T): Defined<T> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Defined<T>;
}

/** A path names a profile by its file; an id that no profile has is told as it was given. */
function askedId(asked: string, profiles: readonly WrapProfile[]): string {
  return isProfilePath(asked) ? (profiles[0]?.id ?? asked) : asked;
}

/** With `--profile` that one alone, which may be a path; else all shipped ones. */
function wrapProfiles(asked: string | undefined): WrapProfile[] {
  const ids = listProfiles();
  const known = asked !== undefined && (isProfilePath(asked) || ids.includes(asked));
  const profiles = (known ? [asked] : ids).map((id) => loadProfile(id));
  // Accessories have no cycle, so no model is fed from one.
  return profiles.filter(({ cycle }) => known || cycle !== undefined).map(wrapProfile);
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
