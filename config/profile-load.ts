/** Finds and reads machine profiles: shipped ones by id, others by path. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, isAbsolute, join, relative } from 'node:path';
import { expandCurves } from './curve.ts';
import { PpuriError } from './errors.ts';
import { problemsOf } from './issues.ts';
import { suggest } from './nearest.ts';
import { type Problem, ProblemsError } from './problem.ts';
import { type Profile, profileSchema } from './profile.ts';
import { profileProblems } from './profile-rules.ts';
import { readYaml } from './read-yaml.ts';
import { shippedPath } from './shipped.ts';
import type { Source } from './source.ts';

/** Ids of the shipped profiles, sorted. */
export function listProfiles(): string[] {
  const files = readdirSync(shippedPath('config/profiles')).filter((file) =>
    file.endsWith('.yaml'),
  );
  return files.map((file) => basename(file, '.yaml')).sort();
}

export const isProfilePath = (idOrPath: string): boolean => /[/\\]|\.ya?ml$/.test(idOrPath);

/** Shorter of the absolute path and the one from here, for people to read. */
function shown(path: string): string {
  const near = relative('', path);
  return near.startsWith('..') ? path : near;
}

/**
 * The file of a profile. A path is taken from `base`, the directory of the configuration.
 * Throws `profile-invalid` when there is no such profile.
 */
export function findProfile(idOrPath: string, base = '.'): string {
  const isPath = isProfilePath(idOrPath);
  const outside = isAbsolute(idOrPath) ? idOrPath : join(base, idOrPath);
  const file = isPath ? outside : shown(join(shippedPath('config/profiles'), `${idOrPath}.yaml`));
  if (isPath ? existsSync(file) : listProfiles().includes(idOrPath)) return file;
  const message = isPath ? `there is no file ${file}` : `there is no profile "${idOrPath}"`;
  throw new PpuriError('profile-invalid', message, {
    operation: 'find profile',
    subject: idOrPath,
    hint: isPath
      ? 'a path is taken from the directory of the configuration'
      : suggest(idOrPath, listProfiles(), 'shipped profiles:', 'all in config/profiles'),
  });
}

export interface ParsedProfile {
  /** Null when its schema is not kept. */
  readonly profile: Profile | null;
  readonly problems: readonly Problem[];
}

type Expected = Profile['testVectors'][number]['expect'][string];

/** What a test vector expects of one signal, and what the signal's words give. */
export interface FailedVector {
  /** Place in `testVectors`, from 0. */
  readonly index: number;
  readonly signal: string;
  readonly expected: Expected;
  readonly got: Expected;
}

/** Reads a profile's test vectors as the agent would read the device, and gives those that fail. */
export type ReadVectors = (profile: Profile) => readonly FailedVector[];

function vectorProblems(failed: readonly FailedVector[], source: Source): Problem[] {
  const shown = (value: Expected): string =>
    typeof value === 'object' ? JSON.stringify(value.text) : String(value);
  return failed.map(({ index, signal, expected, got }) =>
    source.atValue(
      ['testVectors', index, 'expect', signal],
      `these words give ${shown(got)}, not ${shown(expected)}`,
      'check address, type, word order, scale and sentinels',
    ),
  );
}

/**
 * Reads one profile file with every problem in it; throws only when it cannot be read. Test vectors
 * of an otherwise sound profile are tried where `readVectors` is given.
 */
export function parseProfile(file: string, readVectors?: ReadVectors): ParsedProfile {
  const { data, source, problems, broken } = readYaml(file, 'profile-invalid');
  if (broken) return { profile: null, problems };
  const parsed = profileSchema.safeParse(data);
  if (!parsed.success) {
    const found = problemsOf(parsed.error.issues, profileSchema, data, source);
    return { profile: null, problems: [...problems, ...found] };
  }
  const { features, signals } = parsed.data;
  const profile: Profile = { ...parsed.data, features: expandCurves(features, signals) };
  const found = [...problems, ...profileProblems(profile, source)];
  if (found.length === 0 && readVectors !== undefined)
    found.push(...vectorProblems(readVectors(profile), source));
  return { profile, problems: found };
}

/**
 * A shipped profile by id, or one by path. Throws `profile-invalid`; for errors inside the file it
 * is a ProblemsError with all of them.
 */
export function loadProfile(idOrPath: string, base = '.'): Profile {
  const file = findProfile(idOrPath, base);
  const { profile, problems } = parseProfile(file);
  if (profile === null || problems.length > 0)
    throw new ProblemsError('profile-invalid', file, problems);
  return profile;
}
