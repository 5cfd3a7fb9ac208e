/** What is known of a bare export: by flags, by a facts.json, and by the file itself. */
import { type Admission, type AdmitOptions, admitModel } from '../admit.ts';
import type { ModelFeature } from '../manifest.ts';
import type { Activation } from '../onnx/edit-outputs.ts';
import type { Task } from '../onnx/score.ts';
import type { Table } from '../table.ts';
import type { Facts, GoldenEntry } from './facts.ts';
import type { WrapProfile } from './names.ts';

export interface WrapRequest {
  /** Path of the model, for messages. */
  readonly subject: string;
  readonly model: Uint8Array;
  /** Stands in for a name that nobody gave. */
  readonly fallbackName: string;
  readonly facts: Facts;
  /** Profiles to choose from, with what `--profile` named first or alone. */
  readonly profiles: readonly WrapProfile[];
  readonly name?: string;
  readonly version?: string;
  readonly profile?: string;
  readonly features?: readonly string[];
  /** Model feature → profile feature. */
  readonly map?: Readonly<Record<string, string>>;
  /** Model feature → the unit in which the model takes it. */
  readonly featureUnit?: Readonly<Record<string, string>>;
  readonly missing?: ModelFeature['missing'];
  readonly threshold?: number;
  /** Labels or names of the classes that are defects. */
  readonly positive?: readonly string[];
  readonly output?: string;
  readonly task?: Task;
  readonly activation?: Activation | 'none';
  /** Which end of a score is bad. */
  readonly direction?: 'high' | 'low';
  /** Limits, unit and name of a predicted value. */
  readonly low?: number;
  readonly high?: number;
  readonly unit?: string;
  readonly title?: string;
  readonly golden?: readonly GoldenEntry[];
  /** Rows to make golden vectors of, where the toolkit's own outputs are not at hand. */
  readonly data?: DataRows;
  readonly loops?: 'bounded' | 'any';
}

/** A history: what a model may be tried on, not what its toolkit said of it. */
export type DataRows = Pick<Table, 'columns' | 'rows' | 'find' | 'number'>;

/** Throws `model-invalid` as admission does. */
export function admitRequest(request: WrapRequest): Admission {
  const { facts } = request;
  const said = {
    output: request.output ?? facts.output,
    loops: request.loops,
    task: request.task ?? facts.task,
    activation: request.activation ?? facts.activation,
    scaler: facts.scaler,
    defectLabels: positives(request),
  };
  const given = Object.entries(said).filter(([, value]) => value !== undefined);
  return admitModel(request.model, request.subject, Object.fromEntries(given) as AdmitOptions);
}

/** Labels of the classes that are defects, as asked for or described; undefined: not said. */
export function positives({ positive, facts }: WrapRequest): readonly string[] | undefined {
  if (positive !== undefined) return positive;
  if (facts.positive !== undefined) return facts.positive.map(String);
  return facts.positive_class === undefined ? undefined : [String(facts.positive_class)];
}

/**
 * Given names, else those of the file's own inputs, else the columns of a history or the points of
 * the profile's curve, if just as many.
 */
export function featureNames(request: WrapRequest, { input }: Admission): readonly string[] {
  const given = request.features ?? request.facts.features ?? input.names;
  if (given !== null) return given;
  const columns = request.data?.columns ?? [];
  return columns.length === input.features ? columns : curveNames(request, input.features);
}

/** The points of the asked profile's only curve that has just as many. */
function curveNames({ profiles, profile, facts }: WrapRequest, count: number | null): string[] {
  const asked = profiles.find(({ id }) => id === (profile ?? facts.profile));
  const names = Object.keys(asked?.features ?? {}).filter((name) => name.includes('.'));
  const curves = [...Map.groupBy(names, (name) => name.slice(0, name.lastIndexOf('.'))).values()];
  const fitting = curves.filter(({ length }) => length === count);
  return fitting.length === 1 ? (fitting[0] ?? []) : [];
}
