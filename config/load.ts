/** Reads ppuri.yaml: the configuration, or every problem in it at once with its place. */
import { problemsOf } from './issues.ts';
import { noParts, type Parts, soundParts, wholeParts } from './parts.ts';
import { type Problem, ProblemsError } from './problem.ts';
import { readYaml } from './read-yaml.ts';
import { type Config, configSchema } from './schema.ts';
import type { Source } from './source.ts';

export interface LoadedConfig {
  readonly config: Config;
  readonly source: Source;
}

export interface ParsedConfig {
  readonly source: Source;
  /** Null when there are problems. */
  readonly config: Config | null;
  readonly parts: Parts;
  readonly problems: readonly Problem[];
}

/** Throws `config-unreadable` when the file cannot be read; all else is in `problems`. */
export function parseConfig(path: string): ParsedConfig {
  const file = readYaml(path, 'config-unreadable');
  const { source } = file;
  if (file.broken) return { source, config: null, parts: noParts, problems: file.problems };
  const parsed = configSchema.safeParse(file.data);
  const schemaProblems = parsed.success
    ? []
    : problemsOf(parsed.error.issues, configSchema, file.data, source);
  // a value that YAML already could not give is not told again
  const told = file.problems.map((problem) => problem.path);
  const fresh = schemaProblems.filter((problem) => !told.includes(problem.path));
  const problems = [...file.problems, ...fresh];
  const config = parsed.success && problems.length === 0 ? parsed.data : null;
  const parts = config === null ? soundParts(file.data, source) : wholeParts(config);
  return { source, config, parts, problems };
}

/**
 * The configuration in `path` with all defaults filled in. Throws `config-unreadable`, or a
 * ProblemsError `config-invalid` with every problem of the file. What needs profiles or models to
 * be judged is `checkConfig`'s.
 */
export function loadConfig(path: string): LoadedConfig {
  const { config, source, problems } = parseConfig(path);
  if (config === null) throw new ProblemsError('config-invalid', path, problems);
  return { config, source };
}
