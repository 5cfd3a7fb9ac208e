import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { PpuriError } from '../../config/errors.ts';
import { type AdmitOptions, admitModel } from '../../models/admit.ts';
import { FunctionProtoSchema } from '../../models/onnx/generated/onnx_pb.ts';
import {
  attribute,
  DataType,
  floatTensor,
  type GraphInit,
  graph,
  int64Tensor,
  model,
  node,
  tensorInfo,
  writeModel,
} from '../../models/onnx/model.ts';
import { onnxBytes, scoreGraph, zipMapGraph } from './models-support.ts';

function refusal(bytes: Uint8Array, options?: AdmitOptions): PpuriError {
  try {
    admitModel(bytes, 'hostile.onnx', options);
  } catch (thrown) {
    if (!(thrown instanceof PpuriError)) throw thrown;
    expect(thrown.code).toBe('model-invalid');
    expect(thrown.subject).toBe('hostile.onnx');
    expect(thrown.hint).not.toBe('');
    return thrown;
  }
  throw new Error('the model was admitted');
}

/** The score model with some of its parts replaced or added to. */
function changed(change: Partial<GraphInit>, opsets?: Record<string, number>): Uint8Array {
  return onnxBytes({ ...scoreGraph(), ...change }, opsets);
}

function withNode(init: Parameters<typeof node>[0], opsets?: Record<string, number>): Uint8Array {
  return changed({ node: [...scoreGraph().node, node(init)] }, opsets);
}

describe('admitModel', () => {
  test('says what goes in and what comes out', () => {
    const admission = admitModel(onnxBytes(scoreGraph()), 'score.onnx');
    expect(admission).toMatchObject({
      input: { name: 'x', features: 2 },
      outputs: [{ name: 'score', dtype: 'float32', dims: [null, 1] }],
      scores: { name: 'score', kind: 'probabilities', classes: 1 },
      operators: { MatMul: 1, Sigmoid: 1 },
      edited: false,
    });
  });

  test('unwraps ZipMap into the plain tensor, with its class labels', () => {
    const admission = admitModel(onnxBytes(zipMapGraph(), { '': 17, 'ai.onnx.ml': 1 }), 'zip.onnx');
    expect(admission.scores).toEqual({ name: 'probabilities', kind: 'probabilities', classes: 2 });
    expect(admission.classLabels).toEqual(['good', 'bad']);
    expect(admission.edited).toBe(true);
    const again = admitModel(admission.bytes, 'edited.onnx');
    expect(again.operators).toEqual({ MatMul: 1, Softmax: 1 });
    expect(again.scores?.name).toBe('probabilities');
  });

  test('leaves the choice between several float outputs to its user', () => {
    const output = [...scoreGraph().output, tensorInfo('raw', DataType.FLOAT, [null, 1])];
    expect(admitModel(changed({ output }), 'two.onnx').scores).toBeNull();
    const asked = admitModel(changed({ output }), 'two.onnx', { output: 'score' });
    expect(asked.scores).toMatchObject({ name: 'score', kind: 'probabilities' });
    expect(refusal(changed({ output }), { output: 'rwa' }).hint).toBe('choose from: score, raw');
  });

  test('asks what the bare end of a network is, and makes of it what it is told', () => {
    const [product] = scoreGraph().node;
    const bytes = changed({
      node: product === undefined ? [] : [product],
      output: [tensorInfo('raw', DataType.FLOAT, [null, 1])],
    });
    const untold = admitModel(bytes, 'bare.onnx');
    expect(untold).toMatchObject({ scores: null, edited: false });
    expect(untold.questions.join()).toMatch(/--activation sigmoid.*--task regression/);
    const logit = admitModel(bytes, 'bare.onnx', { activation: 'sigmoid' });
    expect(logit.scores).toMatchObject({ kind: 'probabilities', classes: 1 });
    expect(admitModel(logit.bytes, 'edited.onnx').operators).toMatchObject({ Sigmoid: 1 });
    expect(admitModel(bytes, 'bare.onnx', { task: 'regression' }).scores).toMatchObject({
      name: 'raw',
      kind: 'value',
    });
  });

  test('makes one row of several inputs, in the order of the file', () => {
    const input = [
      tensorInfo('x', DataType.FLOAT, [null, 2]),
      tensorInfo('count', DataType.INT64, [1, 1]),
    ];
    const admission = admitModel(changed({ input }), 'two.onnx');
    expect(admission.input).toMatchObject({
      features: 3,
      names: ['x.0', 'x.1', 'count'],
      whole: [2],
    });
    const again = admitModel(admission.bytes, 'edited.onnx');
    expect(again).toMatchObject({ edited: false, input: { features: 3, names: null } });
  });

  test('gives a batch of a fixed size the same row, and one answer back', () => {
    const input = [tensorInfo('x', DataType.FLOAT, [16, 2])];
    const output = [tensorInfo('score', DataType.FLOAT, [16, 1])];
    const admission = admitModel(changed({ input, output }), 'batch.onnx');
    expect(admission.outputs).toMatchObject([{ dims: [1, 1] }]);
    expect(admission.notes.join()).toMatch(/16 rows at once/);
  });

  test('imports an operator set once that the file imports twice alike', () => {
    const whole = model(graph(scoreGraph()), { '': 17 });
    whole.opsetImport.push(...whole.opsetImport);
    const admission = admitModel(writeModel(whole), 'twice.onnx');
    expect(admission.edited).toBe(true);
    expect(admitModel(admission.bytes, 'once.onnx').edited).toBe(false);
    const [first] = whole.opsetImport;
    whole.opsetImport.push(...(first === undefined ? [] : [{ ...first, version: 16n }]));
    expect(refusal(writeModel(whole)).message).toMatch(/two versions/);
  });
});

describe('admitModel refuses', () => {
  test('what is no protobuf, and a file cut anywhere', () => {
    const whole = onnxBytes(scoreGraph());
    refusal(new Uint8Array());
    refusal(Uint8Array.from({ length: 300 }, (_, index) => (index * 89) % 256));
    for (let length = 1; length < whole.length; length += 1) refusal(whole.subarray(0, length));
  });

  test('a file over the size cap', () => {
    expect(refusal(onnxBytes(scoreGraph()), { maxBytes: 100 }).message).toMatch(/allowed/);
  });

  test('data outside the file, in initializers and in attributes', () => {
    const outside = floatTensor('w', [2, 1], []);
    outside.dataLocation = 1;
    expect(refusal(changed({ initializer: [outside] })).message).toMatch(/"w".*another file/);
    const constant = { opType: 'Constant', input: [], output: ['c'] };
    const hidden = [attribute('value', { tensor: outside })];
    expect(refusal(withNode({ ...constant, attribute: hidden })).message).toMatch(/another file/);
  });

  test('unknown domains and operators, by name', () => {
    const add = { input: ['x', 'x'], output: ['y'] };
    const foreign = refusal(
      withNode({ ...add, opType: 'Exec', domain: 'evil' }, { '': 17, evil: 1 }),
    );
    expect(foreign.message).toMatch(/evil\.Exec/);
    const random = refusal(withNode({ ...add, opType: 'RandomNormalLike' }));
    expect(random.message).toMatch(/RandomNormalLike/);
    const contrib = refusal(
      withNode(
        { ...add, opType: 'Tokenizer', domain: 'com.microsoft' },
        { '': 17, 'com.microsoft': 1 },
      ),
    );
    expect(contrib.message).toMatch(/com\.microsoft\.Tokenizer/);
    expect(refusal(onnxBytes(scoreGraph(), { '': 17, other: 1 })).message).toMatch(/"other"/);
  });

  test('operators hidden in a subgraph', () => {
    const inner = graph({
      name: 'then',
      node: [node({ opType: 'Multinomial', input: ['x'], output: ['t'] })],
      input: [],
      output: [tensorInfo('t', DataType.FLOAT, [1])],
    });
    const init = { opType: 'If', input: ['flag'], output: ['y'] };
    const bytes = withNode({ ...init, attribute: [attribute('then_branch', { graph: inner })] });
    expect(refusal(bytes).message).toMatch(/Multinomial/);
  });

  test('subgraphs nested without end', () => {
    let body = graph({ name: 'g', node: [], input: [], output: [] });
    for (let depth = 0; depth < 12; depth += 1) {
      const branch = attribute('then_branch', { graph: body });
      const inner = node({ opType: 'If', input: ['f'], output: ['y'], attribute: [branch] });
      body = graph({ name: 'g', node: [inner], input: [], output: [] });
    }
    expect(refusal(changed({ node: [...body.node] })).message).toMatch(/nested deeper/);
  });

  test('loops that may not end, unless loops are allowed', () => {
    const body = graph({ name: 'body', node: [], input: [], output: [] });
    const loop = { opType: 'Loop', output: ['y'], attribute: [attribute('body', { graph: body })] };
    const endless = withNode({ ...loop, input: ['', 'go', 'x'] });
    expect(refusal(endless).message).toMatch(/trip count/);
    expect(admitModel(endless, 'trusted.onnx', { loops: 'any' }).operators.Loop).toBe(1);
    const counted = (count: number) =>
      changed({
        node: [...scoreGraph().node, node({ ...loop, input: ['n', '', 'x'] })],
        initializer: [...(scoreGraph().initializer ?? []), int64Tensor('n', [], [count])],
      });
    expect(admitModel(counted(10), 'ten.onnx').operators.Loop).toBe(1);
    expect(refusal(counted(1e9)).message).toMatch(/1000000000 times/);
  });

  test('absurd tensors: declared, held and generated', () => {
    const huge = [2 ** 40, 2 ** 20];
    expect(refusal(changed({ initializer: [floatTensor('w', huge, [])] })).message).toMatch(/"w"/);
    expect(refusal(changed({ initializer: [floatTensor('w', [3, 1], [1])] })).message).toMatch(
      /holds 1 elements/,
    );
    const output = [tensorInfo('score', DataType.FLOAT, huge)];
    expect(refusal(changed({ output })).message).toMatch(/"score"/);
    const made = changed({
      node: [
        ...scoreGraph().node,
        node({ opType: 'ConstantOfShape', input: ['shape'], output: ['big'] }),
      ],
      initializer: [...(scoreGraph().initializer ?? []), int64Tensor('shape', [2], [1e6, 1e6])],
    });
    expect(refusal(made).message).toMatch(/ConstantOfShape/);
  });

  test('versions that the runtime does not take', () => {
    expect(refusal(onnxBytes(scoreGraph(), { '': 27 })).message).toMatch(/version 27/);
    expect(refusal(onnxBytes(scoreGraph(), { '': 17 }, 14)).message).toMatch(/IR version 14/);
    expect(admitModel(onnxBytes(scoreGraph(), { '': 26 }, 13), 'new.onnx').opsets).toEqual({
      '': 26,
    });
  });

  test('inputs that no row of numbers can feed', () => {
    const text = [
      tensorInfo('x', DataType.FLOAT, [null, 1]),
      tensorInfo('mold', DataType.STRING, [null, 1]),
    ];
    const refused = refusal(changed({ input: text }));
    expect(refused.message).toMatch(/"mold" is string \[N, 1\], not numbers/);
    expect(refused.hint).toMatch(/encode text as numbers/);
    const image = [tensorInfo('x', DataType.FLOAT, [1, 3, 64, 64])];
    expect(refusal(changed({ input: image })).message).toMatch(/not \[N, features\]/);
    const curve = [tensorInfo('x', DataType.FLOAT, [null, null, null])];
    expect(refusal(changed({ input: curve })).hint).toMatch(/\[N, 1, 64\]/);
    const unlike = [
      tensorInfo('x', DataType.FLOAT, [4, 1]),
      tensorInfo('z', DataType.FLOAT, [8, 1]),
    ];
    expect(refusal(changed({ input: unlike })).message).toMatch(/"x" float32 \[4, 1\]/);
    const crowd = [tensorInfo('x', DataType.FLOAT, [100_000, 2])];
    expect(refusal(changed({ input: crowd })).message).toMatch(/100000 rows/);
    expect(refusal(onnxBytes(scoreGraph()), { scaler: { mean: [0], scale: [1] } }).hint).toMatch(
      /one mean and one scale/,
    );
  });

  test('nothing that gives labels only, but asks which of them are defects', () => {
    const output = [tensorInfo('label', DataType.INT64, [null])];
    const node_ = node({ opType: 'ArgMax', input: ['x'], output: ['label'] });
    const bytes = changed({ output, node: [...scoreGraph().node, node_] });
    const untold = admitModel(bytes, 'label.onnx');
    expect(untold.scores).toBeNull();
    expect(untold.questions.join()).toMatch(/--positive LABEL/);
    const told = admitModel(bytes, 'label.onnx', { defectLabels: ['1', '2'] });
    expect(told.scores).toMatchObject({ kind: 'score', side: 'high', from: 'label' });
    expect(refusal(bytes, { defectLabels: ['short'] }).hint).toMatch(/--positive 1/);
  });

  test('local functions', () => {
    const whole = model(graph(scoreGraph()), { '': 17 });
    whole.functions.push(create(FunctionProtoSchema, { name: 'f', domain: 'local' }));
    expect(refusal(writeModel(whole)).hint).toMatch(/inline/);
  });
});
