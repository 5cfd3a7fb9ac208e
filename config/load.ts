/** Reads ppuri.yaml: the configuration, or every problem in it at once with its place. */
import { problemsOf, valueAt } from './issues.ts';
import { nearest } from './nearest.ts';
import { type Problem, ProblemsError } from './problem.ts';
import { readYaml, type YamlFile } from './read-yaml.ts';
import {
  type BusConfig,
  busSchema,
  type Config,
  configSchema,
  type MachineConfig,
  machineSchema,
  storeSchema,
} from './schema.ts';
import { SchemaKeys } from './schema-keys.ts';
import type { Source } from './source.ts';

export interface LoadedConfig {
  readonly config: Config;
  readonly source: Source;
}

/** What of a configuration is sound by itself, so that the rest can be checked together. */
export interface Parts {
  /** By name; null: there is such a bus, but its settings are wrong. */
  readonly buses: ReadonlyMap<string, BusConfig | null>;
  /** Sound machines with their place in the list. */
  readonly machines: readonly { readonly index: number; readonly machine: MachineConfig }[];
  readonly storePath: string;
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
  return { source, config, parts: partsOf(config, file), problems };
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

const noParts: Parts = { buses: new Map(), machines: [], storePath: '' };

function partsOf(config: Config | null, file: YamlFile): Parts {
  if (config === null) return soundParts(file);
  const machines = config.machines.map((machine, index) => ({ index, machine }));
  return { buses: new Map(Object.entries(config.buses)), machines, storePath: config.store.path };
}

function soundParts({ data, source }: YamlFile): Parts {
  const meant = asMeant(data, [], new SchemaKeys(configSchema), source);
  const buses = Object.entries(valueAt(meant, ['buses']) ?? {}).map(
    ([name, bus]) => [name, busSchema.safeParse(bus).data ?? null] as const,
  );
  const list = valueAt(meant, ['machines']);
  const machines = (Array.isArray(list) ? list : []).flatMap((entry: unknown, index) => {
    const machine = machineSchema.safeParse(entry).data;
    return machine === undefined ? [] : [{ index, machine }];
  });
  const store = storeSchema.safeParse(valueAt(meant, ['store'])).data ?? storeSchema.parse({});
  return { buses: new Map(buses), machines, storePath: store.path };
}

/** The data with misspelt keys put right and other unknown ones left out. */
function asMeant(
  data: unknown,
  path: readonly (string | number)[],
  schema: SchemaKeys,
  source: Source,
): unknown {
  if (Array.isArray(data))
    return data.map((item, i) => asMeant(item, [...path, i], schema, source));
  if (typeof data !== 'object' || data === null) return data;
  const known = schema.keys(path);
  const entries = Object.entries(data).flatMap(([key, value]) => {
    const free = known.filter((name) => !Object.hasOwn(data, name));
    const meant = known.length === 0 || known.includes(key) ? key : nearest(key, free);
    if (meant === null) return [];
    if (meant !== key) source.stands([...path, key], [...path, meant]);
    return [[meant, asMeant(value, [...path, meant], schema, source)]];
  });
  return Object.fromEntries(entries);
}
