/** The whole check of a configuration, offline: its file, its profiles, its models, its clashes. */
import { dirname } from 'node:path';
import { busProblems } from './bus-rules.ts';
import { clashes } from './clashes.ts';
import { PpuriError } from './errors.ts';
import { parseConfig } from './load.ts';
import { type FindModel, machineProblems } from './machine-rules.ts';
import { outputProblems } from './output-rules.ts';
import { panelFileProblems, panelWarnings } from './panel-rules.ts';
import { isSound, type MachinePart } from './parts.ts';
import { inFileOrder, type Problem, ProblemsError } from './problem.ts';
import type { Profile } from './profile.ts';
import { findProfile, parseProfile, type ReadVectors } from './profile-load.ts';
import type { Config } from './schema.ts';
import type { Path, Source } from './source.ts';
import { syncFileProblems, syncWarnings } from './sync-rules.ts';

export interface CheckResult {
  /** Null when the file itself has problems. */
  readonly config: Config | null;
  /** By the reference as the configuration writes it, an id or a path. */
  readonly profiles: ReadonlyMap<string, Profile>;
  /** Empty when all is well; in file order. */
  readonly problems: readonly Problem[];
  /** What is right and still worth knowing; they keep nothing from running. */
  readonly warnings: readonly Problem[];
}

/** What a check needs of the rest of the product. */
export interface CheckTools {
  readonly findModel: FindModel;
  /** Absent: the test vectors of profiles are not tried. */
  readonly readVectors?: ReadVectors;
  /** What keeps this user from the store; absent: not looked at. */
  readonly storeTrouble?: (dir: string) => Promise<StoreTrouble | null>;
  /** Files and secrets of sync targets, webhooks and the panel are looked at as of this time, ms since
   * 1970; absent: not at all. */
  readonly syncFilesAtMs?: number;
}

export interface StoreTrouble {
  readonly message: string;
  readonly hint: string;
}

/** Where `storeTrouble` is told in `problems`. */
export const storeProblemPath = 'store.path';

/** Profiles that a configuration names, each file read once, with what is wrong with them. */
class ProfileShelf {
  readonly found = new Map<string, Profile>();
  readonly problems: Problem[] = [];
  readonly #source: Source;
  readonly #base: string;
  readonly #readVectors: ReadVectors | undefined;
  readonly #tried = new Set<string>();
  readonly #files = new Map<string, Profile | null>();

  constructor(source: Source, base: string, readVectors: ReadVectors | undefined) {
    this.#source = source;
    this.#base = base;
    this.#readVectors = readVectors;
  }

  /** Reads the profile `reference` names; what is wrong is told at `path` or inside its file. */
  read(reference: string, path: Path): void {
    if (this.#tried.has(reference)) return;
    this.#tried.add(reference);
    try {
      const profile = this.#parse(findProfile(reference, this.#base));
      if (profile !== null) this.#keep(reference, profile, path);
    } catch (thrown) {
      if (!(thrown instanceof PpuriError)) throw thrown;
      this.problems.push(this.#source.atValue(path, thrown.message, thrown.hint));
    }
  }

  #parse(file: string): Profile | null {
    const before = this.#files.get(file);
    if (before !== undefined) return before;
    const { profile, problems } = parseProfile(file, this.#readVectors);
    this.problems.push(...problems);
    this.#files.set(file, profile);
    return profile;
  }

  #keep(reference: string, profile: Profile, path: Path): void {
    const same = [...this.found].find(([, other]) => other.id === profile.id && other !== profile);
    if (same !== undefined) {
      const message = `its id is "${profile.id}", as that of "${same[0]}"`;
      this.problems.push(this.#source.atValue(path, message, 'give each profile its own id'));
    }
    this.found.set(reference, profile);
  }
}

function readProfiles(shelf: ProfileShelf, part: MachinePart): void {
  const { index, machine } = part;
  if (isSound(part, 'profile')) shelf.read(machine.profile, ['machines', index, 'profile']);
  for (const [name, { profile }] of Object.entries(machine.devices))
    if (profile !== undefined) shelf.read(profile, ['machines', index, 'devices', name, 'profile']);
}

async function storeProblems(
  source: Source,
  dir: string,
  storeTrouble: CheckTools['storeTrouble'],
): Promise<Problem[]> {
  const trouble = dir === '' ? null : ((await storeTrouble?.(dir)) ?? null);
  if (trouble === null) return [];
  const message = `${dir} ${trouble.message}`;
  return [source.atValue(storeProblemPath.split('.'), message, trouble.hint)];
}

/**
 * Reads and judges the configuration at `path` without touching hardware. Throws
 * `config-unreadable` when there is nothing to judge; every other fault is in `problems`.
 */
export async function checkConfig(
  path: string,
  { findModel, readVectors, storeTrouble, syncFilesAtMs }: CheckTools,
): Promise<CheckResult> {
  const { config, source, parts, problems } = parseConfig(path);
  const configDir = dirname(path);
  const shelf = new ProfileShelf(source, configDir, readVectors);
  for (const part of parts.machines) readProfiles(shelf, part);
  const checked = { source, parts, profileOf: (name: string) => shelf.found.get(name) ?? null };
  const models = config?.models;
  const place = { configDir, storePath: parts.storePath, ...(models && { models }) };
  const machines = await machineProblems(checked, findModel, place);
  const across = [
    ...clashes(checked),
    ...busProblems(checked),
    ...outputProblems(checked),
    ...machines.problems,
    ...(await storeProblems(source, parts.storePath, storeTrouble)),
    ...(syncFilesAtMs === undefined || config === null
      ? []
      : syncFileProblems(source, config, syncFilesAtMs)),
    ...(syncFilesAtMs === undefined || config?.panel === undefined
      ? []
      : panelFileProblems(source, config.panel, syncFilesAtMs)),
  ];
  const warnings = inFileOrder([
    ...machines.warnings,
    ...(config?.panel === undefined ? [] : panelWarnings(source, config.panel)),
    ...(syncFilesAtMs === undefined || config === null ? [] : syncWarnings(source, config)),
  ]);
  const inConfig = shelf.problems.filter((problem) => problem.file === path);
  const inProfiles = shelf.problems.filter((problem) => problem.file !== path);
  const all = inFileOrder([...problems, ...across, ...inConfig, ...inProfiles]);
  return { config, profiles: shelf.found, problems: all, warnings };
}

export interface SoundConfig {
  readonly config: Config;
  /** By the reference as the configuration writes it, an id or a path. */
  readonly profiles: ReadonlyMap<string, Profile>;
}

/** For who needs a configuration to run: throws `config-invalid` with every problem of the check. */
export async function soundConfig(path: string, options: CheckTools): Promise<SoundConfig> {
  const { config, profiles, problems } = await checkConfig(path, options);
  if (config === null || problems.length > 0)
    throw new ProblemsError('config-invalid', path, problems);
  return { config, profiles };
}
