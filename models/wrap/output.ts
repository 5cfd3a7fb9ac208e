/** What a model's output means: task, classes, direction, limits, and what it is compared with. */
import type { Admission } from '../admit.ts';
import type { Manifest } from '../manifest.ts';
import type { ScoreOutput } from '../onnx/ports.ts';
import { chooseClasses, chooseDefects } from './classes.ts';
import { factsThreshold } from './facts.ts';
import { positives, type WrapRequest } from './request.ts';

export type DescribedOutput = Pick<Manifest, 'task' | 'output' | 'classes' | 'threshold'> & {
  readonly columns: number | null;
};

/** Null when something is missing, which is added to `faults`. */
export function describeOutput(
  request: WrapRequest,
  admission: Admission,
  faults: string[],
): DescribedOutput | null {
  const before = faults.length;
  faults.push(...admission.questions);
  const { scores } = admission;
  // What hangs on the answer is asked in the same breath where it can be.
  if (scores === null) {
    if (request.task === undefined && admission.unsettled !== 'labels')
      thresholdOf(request, null, faults);
    return null;
  }
  const described = describeKind(request, admission, scores, faults);
  return faults.length > before ? null : described;
}

function describeKind(
  request: WrapRequest,
  admission: Admission,
  scores: ScoreOutput,
  faults: string[],
): DescribedOutput {
  const { name, kind } = scores;
  if (kind === 'value') return describeValue(request, name, faults);
  if (kind === 'score') return describeScore(request, scores, faults);
  const classes = chooseClasses(admission, scores, request.facts);
  const wanted = positives(request);
  const defectColumns = chooseDefects(classes, scores, wanted, faults);
  const threshold = thresholdOf(request, scores, faults);
  const task = (scores.classes ?? 2) > 2 ? 'multiclass' : 'binary';
  const columns = scores.classes;
  return { task, output: { name, kind, defectColumns }, classes, threshold, columns };
}

function thresholdOf(request: WrapRequest, scores: ScoreOutput | null, faults: string[]): number {
  const threshold = request.threshold ?? factsThreshold(request.facts);
  if (threshold !== null) return threshold;
  const of = scores?.kind === 'score' ? 'score' : 'defect probability';
  faults.push(`the threshold of the ${of}: --threshold ${scores?.kind === 'score' ? 'X' : '0.5'}`);
  return Number.NaN;
}

function describeScore(
  request: WrapRequest,
  { name, side, from }: ScoreOutput,
  faults: string[],
): DescribedOutput {
  const direction = request.direction ?? request.facts.direction ?? side;
  if (direction === undefined)
    faults.push(
      `which scores are bad: --direction high, or low (scikit-learn's decision_function, threshold 0)`,
    );
  const scores: ScoreOutput = { name, kind: 'score', classes: 1, side, from };
  const threshold = from === 'label' ? 0.5 : thresholdOf(request, scores, faults);
  const output = {
    name,
    kind: 'score' as const,
    defectColumns: [0],
    ...(direction === 'low' && { defectSide: 'low' as const }),
  };
  const task = from === 'label' ? 'binary' : 'outlier';
  return { task, output, classes: [], threshold, columns: 1 };
}

function describeValue(request: WrapRequest, name: string, faults: string[]): DescribedOutput {
  const { facts } = request;
  const low = request.low ?? facts.limits?.low;
  const high = request.high ?? facts.limits?.high;
  if (low === undefined && high === undefined)
    faults.push('the limits of the predicted value, outside is a defect: --low A --high B');
  const unit = request.unit ?? facts.target?.unit;
  if (unit === undefined) faults.push('the unit of the predicted value: --unit g');
  const given = request.title;
  const title = given === undefined ? facts.target?.title : { ko: given, en: given };
  const { decimals } = facts.target ?? {};
  const limits = { ...(low !== undefined && { low }), ...(high !== undefined && { high }) };
  const output = {
    name,
    kind: 'value' as const,
    defectColumns: [0],
    limits,
    ...(unit !== undefined && { unit }),
    ...(title !== undefined && { title }),
    ...(decimals !== undefined && { decimals }),
  };
  // How far outside counts is 0 unless said: the limits are the limits.
  const threshold = request.threshold ?? factsThreshold(facts) ?? 0;
  return { task: 'regression', output, classes: [], threshold, columns: 1 };
}
