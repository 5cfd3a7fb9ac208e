/** Which output the verdict hangs on and what it holds, edited to be a plain float where it is not. */
import type { GraphEdit } from './edit.ts';
import type { RowInput } from './edit-inputs.ts';
import {
  type Activation,
  activate,
  labelScore,
  outputType,
  reconstructionError,
  sameShape,
} from './edit-outputs.ts';
import {
  chooseOutput,
  columnsOf,
  isFloat,
  type Nature,
  natureOf,
  type ScoreOutput,
  type TensorOutput,
  tensorOutputs,
} from './ports.ts';
import type { ClassLabel } from './unwrap-zip-map.ts';

export type Task = 'binary' | 'multiclass' | 'regression' | 'outlier';

/** What a person or a facts.json says of a model. */
export interface Told {
  readonly output?: string;
  readonly task?: Task;
  /** What the export left off the end of the network; `none`: its output is meant as it is. */
  readonly activation?: Activation | 'none';
  /** Of a model that gives labels only: those that are defects. */
  readonly defectLabels?: readonly ClassLabel[];
}

export interface Scored {
  /** Null when the file leaves several, or needs to be told what it gives. */
  readonly scores: ScoreOutput | null;
  /** Why it is null. */
  readonly unsettled: 'output' | 'meaning' | 'labels' | null;
  /** What the file cannot say, each with the flag that does. */
  readonly questions: readonly string[];
}

export function findScore(
  edit: GraphEdit,
  input: RowInput,
  labels: readonly ClassLabel[],
  exposed: readonly string[],
  told: Told,
): Scored {
  const { outputs } = tensorOutputs(edit);
  const chosen = chooseOutput(outputs, exposed, edit.subject, told.output);
  if (chosen === null) {
    const names = outputs.map(({ name }) => name).join(', ');
    return ask('output', `the output to score by, one of ${names}: --output NAME`);
  }
  if (!isFloat(chosen)) return scoreLabel(edit, chosen, labels, told);
  const hasLabel = outputs.some((one) => one !== chosen && !isFloat(one));
  const { task, activation } = told;
  const isCopy = columnsOf(chosen) !== 1 && isReconstruction(edit, input, chosen);
  if (task === 'outlier' && isCopy) {
    return made(reconstructionError(edit, chosen.name, input), 'reconstruction');
  }
  if (activation === 'sigmoid' || activation === 'softmax') {
    return found(activate(edit, chosen.name, activation), 'probabilities', columnsOf(chosen));
  }
  const nature = natureOf(edit, chosen, hasLabel);
  if (nature === 'logits' && activation === undefined && (task ?? 'binary') !== 'regression') {
    if (task !== 'outlier') return ask('meaning', whatIsIt(chosen, isCopy));
  }
  return meant(chosen, nature, labels.length, task);
}

const ask = (unsettled: Scored['unsettled'], question: string): Scored => ({
  scores: null,
  unsettled,
  questions: [question],
});

function found(name: string, kind: ScoreOutput['kind'], classes: number | null): Scored {
  return { scores: { name, kind, classes }, unsettled: null, questions: [] };
}

/** A score of ours: high is bad. */
function made(name: string, from: 'label' | 'reconstruction'): Scored {
  return {
    scores: { name, kind: 'score', classes: 1, side: 'high', from },
    unsettled: null,
    questions: [],
  };
}

function isReconstruction(edit: GraphEdit, { inner }: RowInput, { name }: TensorOutput): boolean {
  const type = outputType(edit, name);
  return inner !== null && type !== null && sameShape(inner.type, type);
}

function whatIsIt(output: TensorOutput, isCopy: boolean): string {
  const columns = columnsOf(output);
  const curve = columns === 1 ? 'sigmoid' : 'softmax';
  const copy = isCopy ? ', a reconstruction of its input: --task outlier' : '';
  const value = columns === 1 ? ', a predicted value: --task regression --low A --high B' : '';
  return `what "${output.name}" is, the bare end of a network. Logits: --activation ${curve}${copy}${value}, probabilities all the same: --activation none`;
}

function meant(
  output: TensorOutput,
  nature: Nature,
  labels: number,
  task: Task | undefined,
): Scored {
  const columns = columnsOf(output);
  const { name } = output;
  if (task === 'regression') return found(name, 'value', 1);
  if (task === 'outlier') return found(name, 'score', 1);
  if (task === undefined && columns === 1) {
    if (nature === 'value') return found(name, 'value', 1);
    if (nature === 'score' || nature === 'unclear') return found(name, 'score', 1);
  }
  return found(name, 'probabilities', columns ?? (labels > 0 ? labels : null));
}

function scoreLabel(
  edit: GraphEdit,
  { name, dtype }: TensorOutput,
  labels: readonly ClassLabel[],
  { defectLabels }: Told,
): Scored {
  const isYesNo = dtype !== 'string' && [...labels].sort().join() === '0,1';
  const defects = defectLabels ?? (isYesNo ? [1] : undefined);
  if (defects === undefined || defects.length === 0) {
    const known = labels.length === 0 ? '' : `, of ${labels.join(', ')}`;
    return ask(
      'labels',
      `the labels in "${name}" that are defects${known}: --positive LABEL,LABEL`,
    );
  }
  return made(labelScore(edit, name, defects), 'label');
}
