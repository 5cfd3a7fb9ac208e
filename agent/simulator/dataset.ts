/** Shots in virtual time as a CSV with ground truth: what models are trained and judged on. */
import { createWriteStream } from 'node:fs';
import { realpath, rename, rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { PpuriError } from '../../config/errors.ts';
import type { Profile } from '../../config/profile.ts';
import { Codec } from './codec.ts';
import { ModelledSource, modelledProfiles } from './modelled.ts';
import { type Scenario, type ScenarioName, scenarioOf } from './scenario.ts';
import type { SourceShot } from './source.ts';

export interface DatasetOptions {
  readonly profile: Profile;
  /** .csv or .csv.gz, replaced whole. */
  readonly path: string;
  /** Rows in all. */
  readonly shots: number;
  readonly seed: number;
  /** Machines of seeds `seed`, `seed + 1` …; absent: one. */
  readonly machines?: number;
  readonly scenario?: ScenarioName | Partial<Scenario>;
}

export interface DatasetSummary {
  readonly path: string;
  readonly rows: number;
  readonly suppressed: number;
  /** Among the rows that are not suppressed. */
  readonly defects: number;
  readonly causes: Readonly<Record<string, number>>;
}

interface Row {
  readonly machine: string;
  readonly index: number;
  readonly shot: SourceShot;
}

/** Monday 2026-01-05, 08:00 in Korea. */
const firstShift = Date.UTC(2026, 0, 4, 23);

/**
 * Columns: time (ISO), machine, mold, shot, every shot-polled signal in its unit (empty where it is
 * missing, invalid or frozen), suppressed, passorfail (1 = defect), cause.
 */
export async function writeDataset(options: DatasetOptions): Promise<DatasetSummary> {
  const { id } = options.profile;
  if (!modelledProfiles.includes(id)) throw noModel(id);
  const target = await targetOf(options.path);
  const names = new Codec(options.profile).ofPoll('shot').map(({ name }) => name);
  const rows = makeRows(options);
  const header = ['time', 'machine', 'mold', 'shot', ...names, 'suppressed', 'passorfail', 'cause'];
  const frozen = new Map<string, FrozenWatch>();
  const lines = function* (): Generator<string> {
    yield `${header.join(',')}\n`;
    for (const row of rows) {
      const watch = frozen.get(row.machine) ?? new FrozenWatch(options.profile);
      frozen.set(row.machine, watch);
      yield `${lineOf(row, names, watch)}\n`;
    }
  };
  await writeWhole(target, lines());
  return summaryOf(options.path, rows);
}

function noModel(profile: string): PpuriError {
  return new PpuriError('usage', `there is no model of a ${profile} machine`, {
    operation: 'make a data set',
    subject: profile,
    hint: `take one of: ${modelledProfiles.join(', ')}`,
  });
}

function makeRows({ profile, seed, shots, machines = 1, scenario }: DatasetOptions): Row[] {
  const each = Math.ceil(shots / machines);
  const rows = Array.from({ length: machines }, (_, m) => {
    const source = new ModelledSource(profile, seed + m, scenarioOf(scenario));
    return Array.from({ length: each }, (_, i) => ({
      machine: `m${m + 1}`,
      index: i + 1,
      shot: source.next(),
    }));
  });
  return rows
    .flat()
    .sort((a, b) => a.shot.simulatedS - b.shot.simulatedS)
    .slice(0, shots);
}

function lineOf({ machine, index, shot }: Row, names: readonly string[], watch: FrozenWatch) {
  const time = new Date(firstShift + Math.round(shot.simulatedS * 1000)).toISOString();
  const cells = names.map((name) => {
    const value = watch.check(name, shot.values[name] ?? null);
    return value === null ? '' : String(value);
  });
  const defect = shot.truth.defect === true ? 1 : 0;
  const truth = [shot.suppressed ?? '', defect, shot.truth.cause ?? ''];
  return [time, machine, shot.mold ?? '', index, ...cells, ...truth].join(',');
}

/** The profile's frozenAfterCycles, as a reader applies it. */
class FrozenWatch {
  readonly #limits: ReadonlyMap<string, number>;
  readonly #seen = new Map<string, { value: number; cycles: number }>();

  constructor(profile: Profile) {
    this.#limits = new Map(
      Object.entries(profile.signals).flatMap(([name, { frozenAfterCycles }]) =>
        frozenAfterCycles === undefined ? [] : [[name, frozenAfterCycles] as const],
      ),
    );
  }

  check(name: string, value: number | null): number | null {
    const limit = this.#limits.get(name);
    if (limit === undefined || value === null) return value;
    const before = this.#seen.get(name);
    const cycles = before?.value === value ? before.cycles + 1 : 1;
    this.#seen.set(name, { value, cycles });
    return cycles < limit ? value : null;
  }
}

/** Throws `usage`. */
function unwritable(path: string, cause: unknown): never {
  const why = cause instanceof Error ? cause.message : String(cause);
  throw new PpuriError('usage', `cannot write ${path}: ${why}`, {
    operation: 'write a data set',
    subject: path,
    hint: 'check the directory and the space on the disk',
    cause,
  });
}

/** The file that `path` leads to. To rename onto a device or a pipe would put a file in its place. */
async function targetOf(path: string): Promise<string> {
  const target = await realpath(path).catch((thrown: unknown) => {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return null;
    return unwritable(path, thrown);
  });
  if (target === null) return path;
  if ((await stat(target)).isFile()) return target;
  throw new PpuriError('usage', `${path} exists and is not a regular file`, {
    operation: 'write a data set',
    subject: path,
    hint: 'name a file, e.g. --dataset shots.csv',
  });
}

/** The old file stays until the new one is complete. */
async function writeWhole(path: string, lines: Iterable<string>): Promise<void> {
  const part = `${path}.part`;
  try {
    const steps = path.endsWith('.gz') ? [createGzip()] : [];
    await pipeline([Readable.from(lines), ...steps, createWriteStream(part)]);
    await rename(part, path);
  } catch (cause) {
    await rm(part, { force: true });
    unwritable(path, cause);
  }
}

function summaryOf(path: string, rows: readonly Row[]): DatasetSummary {
  const scored = rows.filter(({ shot }) => shot.suppressed === null);
  const bad = scored.filter(({ shot }) => shot.truth.defect === true);
  const causes: Record<string, number> = {};
  for (const { shot } of bad) {
    const cause = shot.truth.cause ?? 'unknown';
    causes[cause] = (causes[cause] ?? 0) + 1;
  }
  return {
    path,
    rows: rows.length,
    suppressed: rows.length - scored.length,
    defects: bad.length,
    causes,
  };
}
