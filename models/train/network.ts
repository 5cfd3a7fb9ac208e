/**
 * Small networks of one hidden layer (ReLU), several averaged: they bend smoothly where trees step,
 * and so rank well among rows that look alike. Mini-batches, Adam, seeded.
 */
import { type ClassRows, outputCount } from './class-rows.ts';
import { fitInputs, type InputRecipe, type InputShape, inputsOf } from './inputs.ts';
import { randomFrom } from './random.ts';

export interface NetworkRecipe extends InputRecipe {
  readonly networks: number;
  readonly hidden: number;
  /** Penalty on the squared coefficients, per row. */
  readonly l2: number;
  readonly epochs: number;
  readonly batch: number;
}

/** The averaged networks side by side, as one wide one. */
export interface NetworkModel {
  readonly kind: 'network';
  readonly inputs: InputShape;
  /** Per hidden unit: one coefficient an input, then the constant. */
  readonly hidden: readonly Float64Array[];
  /** Per output: one coefficient a hidden unit, then the constant. */
  readonly coefficients: readonly Float64Array[];
}

export function fitNetwork(data: ClassRows, recipe: NetworkRecipe, seed: number): NetworkModel {
  const inputs = fitInputs(data.columns, recipe);
  const rows = rowMajor(inputsOf(inputs, data.columns));
  const outputs = outputCount(data.classCount);
  const hidden: Float64Array[] = [];
  const parts = Array.from({ length: outputs }, () => [] as number[]);
  const constants = new Float64Array(outputs);
  for (let at = 0; at < recipe.networks; at += 1) {
    const net = trainOne(data, rows, recipe, randomFrom(seed * 1000 + at));
    hidden.push(...net.hidden);
    for (const [output, line] of net.coefficients.entries()) {
      for (const one of line.subarray(0, -1)) parts[output]?.push(one / recipe.networks);
      constants[output] = (constants[output] ?? 0) + (line.at(-1) ?? 0) / recipe.networks;
    }
  }
  const coefficients = parts.map((part, output) =>
    Float64Array.from([...part, constants[output] ?? 0]),
  );
  return { kind: 'network', inputs, hidden, coefficients };
}

export function networkRaw(model: NetworkModel, columns: readonly Float32Array[]): Float64Array[] {
  const { values, width, count } = rowMajor(inputsOf(model.inputs, columns));
  const raw = model.coefficients.map(() => new Float64Array(count));
  const units = new Float64Array(model.hidden.length);
  for (let row = 0; row < count; row += 1) {
    for (const [unit, weights] of model.hidden.entries()) {
      let sum = weights[width] ?? 0;
      for (let at = 0; at < width; at += 1)
        sum += (weights[at] ?? 0) * (values[row * width + at] ?? 0);
      units[unit] = Math.max(sum, 0);
    }
    for (const [output, weights] of model.coefficients.entries()) {
      let sum = weights[units.length] ?? 0;
      for (let unit = 0; unit < units.length; unit += 1)
        sum += (weights[unit] ?? 0) * (units[unit] ?? 0);
      const target = raw[output];
      if (target !== undefined) target[row] = sum;
    }
  }
  return raw;
}

interface RowMajor {
  readonly values: Float32Array;
  readonly width: number;
  readonly count: number;
}

function rowMajor(inputs: readonly Float64Array[]): RowMajor {
  const [width, count] = [inputs.length, inputs[0]?.length ?? 0];
  const values = new Float32Array(width * count);
  for (const [at, input] of inputs.entries())
    for (let row = 0; row < count; row += 1) values[row * width + at] = input[row] ?? 0;
  return { values, width, count };
}

/** All weights in one array: per hidden unit its inputs and constant, then per output likewise. */
interface Layout {
  readonly width: number;
  readonly hidden: number;
  readonly outputs: number;
  readonly weights: Float64Array;
}

function trainOne(data: ClassRows, rows: RowMajor, recipe: NetworkRecipe, random: () => number) {
  const outputs = outputCount(data.classCount);
  const layout = start(rows.width, recipe.hidden, outputs, random);
  const gradient = new Float64Array(layout.weights.length);
  const step = adam(layout.weights.length);
  const order = Uint32Array.from(data.labels, (_, row) => row);
  for (let epoch = 0; epoch < recipe.epochs; epoch += 1) {
    shuffle(order, random);
    // The last steps are small, so that the end does not hang on the last batch.
    const rate = 0.003 * (1 - (0.9 * epoch) / recipe.epochs);
    for (let from = 0; from < order.length; from += recipe.batch) {
      const batch = order.subarray(from, from + recipe.batch);
      gradient.fill(0);
      for (const row of batch) addGradient(layout, rows, data, row, gradient);
      for (let at = 0; at < gradient.length; at += 1)
        gradient[at] = (gradient[at] ?? 0) / batch.length + recipe.l2 * (layout.weights[at] ?? 0);
      step(layout.weights, gradient, rate);
    }
  }
  const { width, hidden, weights } = layout;
  const second = hidden * (width + 1);
  return {
    hidden: Array.from({ length: hidden }, (_, unit) =>
      weights.slice(unit * (width + 1), (unit + 1) * (width + 1)),
    ),
    coefficients: Array.from({ length: outputs }, (_, output) =>
      weights.slice(second + output * (hidden + 1), second + (output + 1) * (hidden + 1)),
    ),
  };
}

function start(width: number, hidden: number, outputs: number, random: () => number): Layout {
  const first = hidden * (width + 1);
  const weights = new Float64Array(first + outputs * (hidden + 1));
  for (let at = 0; at < weights.length; at += 1) {
    const fanIn = at < first ? width : hidden;
    weights[at] = (2 * random() - 1) * Math.sqrt(3 / fanIn);
  }
  return { width, hidden, outputs, weights };
}

function shuffle(order: Uint32Array, random: () => number): void {
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [order[at], order[other]] = [order[other] ?? 0, order[at] ?? 0];
  }
}

/** Back-propagation of one row's log loss. */
function addGradient(
  { width, hidden, outputs, weights }: Layout,
  { values }: RowMajor,
  { labels, weights: rowWeights }: ClassRows,
  row: number,
  gradient: Float64Array,
): void {
  const base = row * width;
  const second = hidden * (width + 1);
  const units = new Float64Array(hidden);
  for (let unit = 0; unit < hidden; unit += 1) {
    const from = unit * (width + 1);
    let sum = weights[from + width] ?? 0;
    for (let at = 0; at < width; at += 1)
      sum += (weights[from + at] ?? 0) * (values[base + at] ?? 0);
    units[unit] = Math.max(sum, 0);
  }
  const errors = outputErrors(units, weights, second, outputs, labels[row] ?? 0);
  const weight = rowWeights?.[row] ?? 1;
  const back = new Float64Array(hidden);
  for (let output = 0; output < outputs; output += 1) {
    const from = second + output * (hidden + 1);
    const error = weight * (errors[output] ?? 0);
    for (let unit = 0; unit < hidden; unit += 1) {
      gradient[from + unit] = (gradient[from + unit] ?? 0) + error * (units[unit] ?? 0);
      back[unit] = (back[unit] ?? 0) + error * (weights[from + unit] ?? 0);
    }
    gradient[from + hidden] = (gradient[from + hidden] ?? 0) + error;
  }
  for (let unit = 0; unit < hidden; unit += 1) {
    const error = (units[unit] ?? 0) > 0 ? (back[unit] ?? 0) : 0;
    if (error === 0) continue;
    const from = unit * (width + 1);
    for (let at = 0; at < width; at += 1)
      gradient[from + at] = (gradient[from + at] ?? 0) + error * (values[base + at] ?? 0);
    gradient[from + width] = (gradient[from + width] ?? 0) + error;
  }
}

/** Probability minus truth, per output. */
function outputErrors(
  units: Float64Array,
  weights: Float64Array,
  second: number,
  outputs: number,
  label: number,
): Float64Array {
  const hidden = units.length;
  const errors = new Float64Array(outputs);
  let highest = Number.NEGATIVE_INFINITY;
  for (let output = 0; output < outputs; output += 1) {
    const from = second + output * (hidden + 1);
    let sum = weights[from + hidden] ?? 0;
    for (let unit = 0; unit < hidden; unit += 1)
      sum += (weights[from + unit] ?? 0) * (units[unit] ?? 0);
    errors[output] = sum;
    highest = Math.max(highest, sum);
  }
  if (outputs === 1) {
    errors[0] = 1 / (1 + Math.exp(-(errors[0] ?? 0))) - (label === 1 ? 1 : 0);
    return errors;
  }
  let whole = 0;
  for (let output = 0; output < outputs; output += 1) {
    errors[output] = Math.exp((errors[output] ?? 0) - highest);
    whole += errors[output] ?? 0;
  }
  for (let output = 0; output < outputs; output += 1)
    errors[output] = (errors[output] ?? 0) / whole - (output === label ? 1 : 0);
  return errors;
}

/** Adam (Kingma and Ba, 2015). */
function adam(size: number) {
  const [first, second] = [new Float64Array(size), new Float64Array(size)];
  let [firstLeft, secondLeft] = [1, 1];
  return (weights: Float64Array, gradient: Float64Array, rate: number): void => {
    firstLeft *= 0.9;
    secondLeft *= 0.999;
    for (let at = 0; at < size; at += 1) {
      const slope = gradient[at] ?? 0;
      const mean = 0.9 * (first[at] ?? 0) + 0.1 * slope;
      const square = 0.999 * (second[at] ?? 0) + 0.001 * slope * slope;
      first[at] = mean;
      second[at] = square;
      const move = mean / (1 - firstLeft) / (Math.sqrt(square / (1 - secondLeft)) + 1e-8);
      weights[at] = (weights[at] ?? 0) - rate * move;
    }
  };
}
