/** Logistic regression on bounded, standardised inputs. */
import { type ClassRows, classShares, outputCount, toProbabilities } from './class-rows.ts';
import { fitInputs, type InputRecipe, type InputShape, inputsOf } from './inputs.ts';
import { minimise } from './minimise.ts';

export interface LinearRecipe extends InputRecipe {
  /** Penalty on the squared coefficients of the standardised pieces, per row. */
  readonly l2: number;
}

export interface LinearModel {
  readonly kind: 'linear';
  readonly inputs: InputShape;
  /** Per output: one coefficient for each piece and indicator, then the constant. */
  readonly coefficients: readonly Float64Array[];
}

const maxSteps = 200;

export function fitLinear(data: ClassRows, recipe: LinearRecipe): LinearModel {
  const inputs = fitInputs(data.columns, recipe);
  return {
    kind: 'linear',
    inputs,
    coefficients: solve(data, inputsOf(inputs, data.columns), recipe),
  };
}

/** Log-odds of a defect, or one number per class before the softmax. */
export function linearRaw(model: LinearModel, columns: readonly Float32Array[]): Float64Array[] {
  const inputs = inputsOf(model.inputs, columns);
  const rows = columns[0]?.length ?? 0;
  return model.coefficients.map((coefficients) => {
    const raw = new Float64Array(rows).fill(coefficients[inputs.length] ?? 0);
    for (const [at, input] of inputs.entries()) addScaled(raw, input, coefficients[at] ?? 0);
    return raw;
  });
}

function addScaled(into: Float64Array, values: ArrayLike<number>, factor: number): void {
  for (let row = 0; row < into.length; row += 1)
    into[row] = (into[row] ?? 0) + factor * (values[row] ?? 0);
}

function solve(
  data: ClassRows,
  inputs: readonly Float64Array[],
  { l2 }: LinearRecipe,
): Float64Array[] {
  const outputs = outputCount(data.classCount);
  const width = inputs.length + 1;
  const start = new Float64Array(outputs * width);
  const shares = classShares(data);
  for (let output = 0; output < outputs; output += 1) {
    const [good = 0, defect = 0] = shares;
    const share = shares[output] ?? 0;
    start[output * width + width - 1] = outputs === 1 ? Math.log(defect / good) : Math.log(share);
  }
  const best = minimise(start, (at, gradient) => loss(data, inputs, at, gradient, l2), maxSteps);
  return Array.from({ length: outputs }, (_, output) =>
    best.slice(output * width, (output + 1) * width),
  );
}

/** Mean log loss with the penalty; writes its gradient. */
function loss(
  { labels, weights }: ClassRows,
  inputs: readonly Float64Array[],
  at: Float64Array,
  gradient: Float64Array,
  l2: number,
): number {
  const width = inputs.length + 1;
  const outputs = at.length / width;
  const whole = weights?.reduce((sum, one) => sum + one, 0) ?? labels.length;
  const raw = Array.from({ length: outputs }, (_, output) => {
    const sums = new Float64Array(labels.length).fill(at[output * width + width - 1] ?? 0);
    for (const [index, input] of inputs.entries())
      addScaled(sums, input, at[output * width + index] ?? 0);
    return sums;
  });
  toProbabilities(raw);
  let sum = 0;
  for (const [output, probability] of raw.entries()) {
    for (let row = 0; row < labels.length; row += 1) {
      const value = probability[row] ?? 0;
      const weight = (weights?.[row] ?? 1) / whole;
      const isClass = labels[row] === (outputs === 1 ? 1 : output);
      if (isClass) sum -= weight * Math.log(Math.max(value, 1e-300));
      else if (outputs === 1) sum -= weight * Math.log(Math.max(1 - value, 1e-300));
      probability[row] = weight * (value - (isClass ? 1 : 0));
    }
    for (let index = 0; index < width; index += 1) {
      const slot = output * width + index;
      const coefficient = at[slot] ?? 0;
      const input = inputs[index];
      if (input === undefined) {
        gradient[slot] = probability.reduce((total, one) => total + one, 0);
        continue;
      }
      gradient[slot] = dot(probability, input) + l2 * coefficient;
      sum += (l2 * coefficient * coefficient) / 2;
    }
  }
  return sum;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}
