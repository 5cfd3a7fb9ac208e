/** What of a configuration is sound although other things in it are wrong. */
import type { z } from 'zod';
import { valueAt } from './issues.ts';
import { nearest } from './nearest.ts';
import { coilsOf, type NamedCoil } from './outputs-schema.ts';
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
import type { Path, Source } from './source.ts';

/** A machine, with something harmless where its own value is wrong. */
export interface MachinePart {
  /** Its place in the list. */
  readonly index: number;
  readonly machine: MachineConfig;
  /** Paths within the machine whose values are not those of the file, and must not be judged. */
  readonly wrong: readonly Path[];
}

/** Of an output, what its file says that can be judged; null: that is not said, or wrong. */
export interface OutputPart {
  readonly name: string;
  readonly bus: string | null;
  readonly unit: number | null;
  readonly coils: readonly NamedCoil[];
}

/** What of a configuration is sound by itself, so that the rest can be checked together. */
export interface Parts {
  /** By name; null: there is such a bus, but its settings are wrong. */
  readonly buses: ReadonlyMap<string, BusConfig | null>;
  readonly machines: readonly MachinePart[];
  readonly outputs: readonly OutputPart[];
  readonly storePath: string;
}

const isWithin = (path: Path, outer: Path): boolean =>
  outer.every((step, i) => String(path[i]) === String(step));

/** Nothing is wrong at `path`, nor with what holds it. */
export function isSound({ wrong }: MachinePart, ...path: readonly string[]): boolean {
  return !wrong.some((other) => isWithin(path, other));
}

/** Nor within it. */
export function isWhole(part: MachinePart, ...path: readonly string[]): boolean {
  return isSound(part, ...path) && !part.wrong.some((other) => isWithin(other, path));
}

/** Every device of the file is there, so that a name not among them is no device. */
export function hasAllDevices(part: MachinePart): boolean {
  const isGone = ([top, name, ...rest]: Path): boolean =>
    top === 'devices' && rest.length === 0 && !Object.hasOwn(part.machine.devices, name ?? '');
  return !part.wrong.some(isGone);
}

export const noParts: Parts = { buses: new Map(), machines: [], outputs: [], storePath: '' };

export function wholeParts(config: Config): Parts {
  const machines = config.machines.map((machine, index) => ({ index, machine, wrong: [] }));
  return {
    buses: new Map(Object.entries(config.buses)),
    machines,
    outputs: outputParts(config.outputs),
    storePath: config.store.path,
  };
}

/** The sound parts of `data`, which does not keep the schema. */
export function soundParts(data: unknown, source: Source): Parts {
  const meant = asMeant(data, [], new SchemaKeys(configSchema), source);
  const buses = Object.entries(valueAt(meant, ['buses']) ?? {}).map(
    ([name, bus]) => [name, busSchema.safeParse(bus).data ?? null] as const,
  );
  const list = valueAt(meant, ['machines']);
  const machines = (Array.isArray(list) ? list : []).flatMap((entry: unknown, index) => {
    const part = machinePart(entry, index);
    return part === null ? [] : [part];
  });
  const store = storeSchema.safeParse(valueAt(meant, ['store'])).data ?? storeSchema.parse({});
  const outputs = outputParts(valueAt(meant, ['outputs']));
  return { buses: new Map(buses), machines, outputs, storePath: store.path };
}

function outputParts(outputs: unknown): OutputPart[] {
  return Object.entries(isTree(outputs) ? outputs : {}).flatMap(([name, output]) => {
    if (!isTree(output)) return [];
    const { bus, unit = 1 } = output;
    const isUnit = typeof unit === 'number' && Number.isInteger(unit) && unit >= 0 && unit <= 255;
    return [
      {
        name,
        bus: typeof bus === 'string' ? bus : null,
        unit: isUnit ? unit : null,
        coils: coilsOf(output),
      },
    ];
  });
}

/** The data with misspelt keys put right and other unknown ones left out. */
function asMeant(data: unknown, path: Path, schema: SchemaKeys, source: Source): unknown {
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

type Tree = { [key: string]: unknown };

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What stands for a value that must be there; no rule takes it for the file's own. */
const standIns: Readonly<Record<string, unknown>> = { id: 'x', profile: '', devices: {} };

function machinePart(entry: unknown, index: number): MachinePart | null {
  const parsed = machineSchema.safeParse(entry);
  if (parsed.success) return { index, machine: parsed.data, wrong: [] };
  if (!isTree(entry)) return null;
  const tree: Tree = structuredClone(entry);
  const wrong = placesOf(parsed.error.issues).map((path) => standIn(tree, path));
  const machine = machineSchema.safeParse(tree).data;
  return machine === undefined ? null : { index, machine, wrong };
}

/** The places of issues; of alternatives, those inside the one that is meant. */
function placesOf(issues: readonly z.core.$ZodIssue[]): Path[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'invalid_union') return [issue.path];
    const inside = issue.errors.flat().filter(({ path }) => path.length > 0);
    if (inside.length === 0) return [issue.path];
    return inside.map(({ path }) => [...issue.path, ...path]);
  });
}

/** Puts something harmless at `path`, or at what holds it where that is one thing; returns where. */
function standIn(tree: Tree, path: Path): Path {
  const [top = '', name, key] = path.map(String);
  const held = tree[top];
  if (name === undefined || !isTree(held) || !['devices', 'reject', 'limits'].includes(top)) {
    if (top in standIns) tree[top] = standIns[top];
    else delete tree[top];
    return [top];
  }
  if (top !== 'devices') {
    delete held[name];
    return [top, name];
  }
  const device = held[name];
  if (key !== undefined && isTree(device)) {
    if (key === 'bus') device.bus = '';
    else delete device[key];
    return [top, name, key];
  }
  if (/^[a-z][a-z0-9-]*$/.test(name)) held[name] = { bus: '' };
  else delete held[name];
  return [top, name];
}
