import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type AddOptions, addModelBundle } from '../../agent/cli/model-add.ts';
import { inspectModel } from '../../agent/cli/model-inspect.ts';
import { answerRows, proveModel } from '../../agent/cli/prove-model.ts';
import { forkRole } from '../../agent/role.ts';
import { PpuriError } from '../../config/errors.ts';
import { readBundle, writeBundle } from '../../models/bundle.ts';
import type { Bundle } from '../../models/manifest.ts';
import { DataType, tensorInfo } from '../../models/onnx/model.ts';
import { onnxBytes, scoreGraph, scoreParts, scratchDir, zipMapGraph } from './models-support.ts';

/** Exports of a real toolkit, not part of the repository. */
const realModels = join(import.meta.dirname, '..', '..', '..', 'shared', 'models');

const prove = (bundle: Bundle): Promise<unknown> => proveModel(bundle, forkRole);

async function refusal(work: Promise<unknown>): Promise<PpuriError> {
  const thrown = await work.then(
    () => new Error('it was not refused'),
    (error: unknown) => error,
  );
  if (!(thrown instanceof PpuriError)) throw thrown;
  return thrown;
}

const airtlab: AddOptions = {
  profile: 'injection-molding',
  positive: ['waste', '4'],
  threshold: 0.5,
  map: {
    'Melt temperature': 'nozzleTemperature',
    'Mold temperature': 'moldTemperature1',
    time_to_fill: 'injectionTime',
    'ZDx - Plasticizing time': 'plasticizingTime',
    'ZUx - Cycle time': 'cycleTime',
    'SKx - Closing force': 'clampForce',
    'SKs - Clamping force peak value': 'oilTemperature',
    'Ms - Torque peak value current cycle': 'screwSpeed',
    'Mm - Torque mean value current cycle': 'holdTime',
    'APSs - Specific back pressure peak value': 'backPressure',
    'APVs - Specific injection pressure peak value': 'maxInjectionPressure',
    'CPn - Screw position at the end of hold pressure': 'cushion',
    'SVo - Shot volume': 'switchPosition',
  },
};

describe.skipIf(!existsSync(realModels))(
  'models that a real toolkit exported (../shared/models)',
  () => {
    test('a binary one needs nothing but its folder', async () => {
      await using scratch = await scratchDir();
      const store = scratch.path;
      const from = join(realModels, 'kamp-diecast-hgb');
      const { bundle } = await addModelBundle(from, { store }, prove);
      expect(bundle.dir).toBe(join(store, 'models', 'kamp-diecast-hgb', '1.0.0'));
      const { manifest, golden } = await readBundle(bundle.dir);
      expect(manifest.profile).toBe('die-casting-cold-chamber');
      expect(manifest.threshold).toBeCloseTo(0.590257, 6);
      expect(manifest.features[1]).toMatchObject({
        name: 'molten_volume',
        from: 'meltVolume',
        missing: 'nan',
      });
      expect(golden.vectors).toHaveLength(20);
      expect(await readFile(bundle.modelPath)).toEqual(await readFile(join(from, 'model.onnx')));
    });

    test('one with ZipMap and four classes says all that it needs, and works with that', async () => {
      await using scratch = await scratchDir();
      const store = scratch.path;
      const from = join(realModels, 'airtlab-rf-zipmap');
      const missing = await refusal(addModelBundle(from, { store }, prove));
      for (const flag of ['--profile', '--positive', '--threshold'])
        expect(missing.message).toContain(flag);
      const { map: _, ...unmapped } = airtlab;
      const unknown = await refusal(addModelBundle(from, { ...unmapped, store }, prove));
      expect(unknown.message.match(/--map/g)).toHaveLength(13);
      expect(await readdir(scratch.path)).toEqual([]);
      const { bundle, notes } = await addModelBundle(from, { ...airtlab, store }, prove);
      expect(bundle.manifest.output).toEqual({
        name: 'probabilities',
        kind: 'probabilities',
        defectColumns: [0, 3],
      });
      expect(notes.join()).toMatch(/ZipMap unwrapped/);
      expect((await inspectModel(bundle.dir)).bundle?.hash).toBe(bundle.hash);
    });
  },
);

async function bareModel(dir: string, facts: unknown): Promise<string> {
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'model.onnx'), onnxBytes(scoreGraph()));
  await writeFile(join(dir, 'facts.json'), JSON.stringify(facts));
  return dir;
}

const facts = {
  features: ['melt_temperature', 'vacuum'],
  threshold: 0.5,
  profile: 'die-casting-cold-chamber',
  golden: [{ inputs: { melt_temperature: 1, vacuum: 1 }, p_fail: 0.5 }],
};

describe('ppuri model add', () => {
  test('wraps a model of one score', async () => {
    await using scratch = await scratchDir();
    const from = await bareModel(join(scratch.path, 'My Export'), facts);
    const out = join(scratch.path, 'out');
    const { bundle } = await addModelBundle(from, { out }, prove);
    expect(bundle.manifest).toMatchObject({
      name: 'my-export',
      features: [{ from: 'meltTemperature', unit: '°C', missing: 'refuse' }, { from: 'vacuum' }],
      output: { name: 'score', kind: 'probabilities', defectColumns: [0] },
    });
  });

  test('writes nothing when the model does not give its toolkit’s outputs', async () => {
    await using scratch = await scratchDir();
    const golden = [{ inputs: [1, 1], p_fail: 0.5001 }];
    const from = await bareModel(join(scratch.path, 'bad'), { ...facts, golden });
    const store = join(scratch.path, 'store');
    const thrown = await refusal(addModelBundle(from, { store }, prove));
    expect(thrown.code).toBe('model-golden-mismatch');
    expect(existsSync(store)).toBe(false);
  });

  test('lists everything that a bare file lacks', async () => {
    await using scratch = await scratchDir();
    const file = join(scratch.path, 'bare.onnx');
    await writeFile(file, onnxBytes(zipMapGraph(), { '': 17, 'ai.onnx.ml': 1 }));
    const { message } = await refusal(addModelBundle(file, { store: scratch.path }, prove));
    for (const flag of ['--features', '--profile', '--positive', '--threshold', '--golden'])
      expect(message).toContain(flag);
    expect(message).toContain('of good, bad');
  });

  test('says which names and rows of a description are wrong', async () => {
    await using scratch = await scratchDir();
    const from = await bareModel(join(scratch.path, 'm'), {
      ...facts,
      features: ['melt_temprature', 'vacuum'],
      golden: [{ inputs: { vacuum: null }, p_fail: 0.5 }],
    });
    const map = { vacum: 'vacuum' };
    const { message } = await refusal(addModelBundle(from, { store: scratch.path, map }, prove));
    expect(message).toContain("--map 'melt_temprature=meltTemperature'");
    expect(message).toContain('the model has no feature "vacum"');
    expect(message).toContain('golden 0: no input for melt_temprature');
  });

  test('a unit that its maker gave is held against the profile, and an unsaid one is said to be so', async () => {
    await using scratch = await scratchDir();
    const [store, profile] = [scratch.path, 'die-casting-cold-chamber'];
    const adding = async (name: string, units?: Record<string, string>) => {
      const features = ['castPressure', 'vacuum'];
      const golden = [{ inputs: { castPressure: 1, vacuum: 1 }, p_fail: 0.5 }];
      const told = { ...facts, name, profile, features, golden, ...(units && { units }) };
      return addModelBundle(await bareModel(join(scratch.path, name), told), { store }, prove);
    };
    const { message } = await refusal(adding('mixed', { castPressure: 'MPa' }));
    expect(message).toContain('castPressure in bar: the model takes it in MPa: 1 MPa = 10 bar');
    expect((await adding('said', { castPressure: 'bar' })).notes.join()).not.toContain('units are');
    expect((await adding('unsaid')).notes.join()).toContain("units are taken to be the profile's");
  });

  test('says that a profile does not exist, and not what it would lack', async () => {
    await using scratch = await scratchDir();
    const from = await bareModel(join(scratch.path, 'm'), { ...facts, profile: undefined });
    const options = { store: scratch.path, profile: 'die-casting' };
    const { message } = await refusal(addModelBundle(from, options, prove));
    expect(message).toContain('there is no profile "die-casting": --profile (did you mean');
    expect(message).not.toContain('--map');
  });

  test('says what is wrong with --map where the profile is not known either', async () => {
    await using scratch = await scratchDir();
    const features = ['a', 'vacuum'];
    const golden = [{ inputs: { a: 1, vacuum: 1 }, p_fail: 0.5 }];
    const from = await bareModel(join(scratch.path, 'm'), {
      ...{ ...facts, profile: undefined },
      ...{ features, golden },
    });
    const map = { b: 'vacuum', a: 'meltTemprature' };
    const { message } = await refusal(addModelBundle(from, { store: scratch.path, map }, prove));
    expect(message).toContain('--map: the model has no feature "b"');
    expect(message).toContain(
      '--map: no profile has a feature "meltTemprature"; did you mean "meltTemperature"?',
    );
  });

  test('pairs no names that only look alike', async () => {
    await using scratch = await scratchDir();
    const features = ['coolant_temperature', 'melt_temp'];
    const golden = [{ inputs: { coolant_temperature: 1, melt_temp: 1 }, p_fail: 0.5 }];
    const profile = 'injection-molding';
    const other = await bareModel(join(scratch.path, 'm'), { ...facts, features, golden, profile });
    const { message } = await refusal(addModelBundle(other, { store: scratch.path }, prove));
    expect(message).toContain("--map 'coolant_temperature=FEATURE'");
    expect(message).toContain("--map 'melt_temp=FEATURE'");
    expect(message).toContain('FEATURE is one of injection-molding: ');
    const dieCasting = { ...facts, features, golden };
    const from = await bareModel(join(scratch.path, 'n'), dieCasting);
    const agreeing = await refusal(addModelBundle(from, { store: scratch.path }, prove));
    expect(agreeing.message).toContain("--map 'melt_temp=meltTemperature'");
  });

  test('says in words which names a bundle may have', async () => {
    await using scratch = await scratchDir();
    const from = await bareModel(join(scratch.path, 'm'), facts);
    const options = { store: scratch.path, name: 'Bad Name' };
    const { message } = await refusal(addModelBundle(from, options, prove));
    expect(message).toContain('another name than "Bad Name": --name bad-name (lower-case letters');
    expect(message).not.toContain('^[a-z');
  });

  test('asks how a missing value is encoded when the golden rows have one', async () => {
    await using scratch = await scratchDir();
    const golden = [{ inputs: [2, null], p_fail: 0.8807970779778823 }];
    const from = await bareModel(join(scratch.path, 'm'), { ...facts, golden });
    const out = join(scratch.path, 'out');
    const { message } = await refusal(addModelBundle(from, { out }, prove));
    expect(message).toContain('--missing');
    const { bundle } = await addModelBundle(from, { out, missing: 0 }, prove);
    expect(bundle.manifest.features[1]?.missing).toBe(0);
  });

  test('takes a finished bundle as it is, and no flags that would change it', async () => {
    await using scratch = await scratchDir();
    const from = join(scratch.path, 'finished');
    await writeBundle(from, scoreParts());
    const store = join(scratch.path, 'store');
    const changed = await refusal(addModelBundle(from, { store, threshold: 0.9 }, prove));
    expect(changed.code).toBe('usage');
    const { bundle } = await addModelBundle(from, { store }, prove);
    expect(bundle.dir).toBe(join(store, 'models', 'two-sums', '1.0.0'));
  });

  test('a facts.json that is none is refused with every fault', async () => {
    await using scratch = await scratchDir();
    const from = await bareModel(join(scratch.path, 'm'), { features: [], threshold: 'high' });
    const { message } = await refusal(addModelBundle(from, { store: scratch.path }, prove));
    expect(message).toMatch(/features: .*\n.*threshold: /);
  });
});

describe('ppuri model add without all that it needs', () => {
  const answer = (bundle: Bundle, rows: readonly (readonly (number | null)[])[]) =>
    answerRows(bundle, rows, forkRole);

  test('makes golden rows of a history by running the model, and says so', async () => {
    await using scratch = await scratchDir();
    const { golden: _, ...less } = facts;
    const from = await bareModel(join(scratch.path, 'm'), less);
    const data = join(scratch.path, 'history.csv');
    const rows = Array.from({ length: 90 }, (_, at) => `${at},${600 + at / 10},0,x`);
    await writeFile(data, ['shot,melt_temperature,vacuum,who', ...rows].join('\n'));
    const out = join(scratch.path, 'out');
    const { bundle, notes } = await addModelBundle(from, { out, data }, prove, { answer });
    const { golden } = await readBundle(bundle.dir);
    expect(golden.source).toBe('self-made');
    expect(golden.vectors).toHaveLength(20);
    expect(golden.vectors[1]?.inputs).toEqual([600.4, 0]);
    for (const { inputs, outputs } of golden.vectors)
      expect(outputs[0]).toBeCloseTo(1 / (1 + Math.exp(-(inputs[0] ?? 0) + (inputs[1] ?? 0))), 5);
    expect(notes.join()).toMatch(/what this model says itself/);
  });

  test('refuses a history in which a row cannot be answered, or a column is missing', async () => {
    await using scratch = await scratchDir();
    const { golden: _, ...less } = facts;
    const from = await bareModel(join(scratch.path, 'm'), less);
    const data = join(scratch.path, 'history.csv');
    const out = join(scratch.path, 'out');
    await writeFile(data, 'melt_temperature,vacuum\n650,\n');
    const missing = await refusal(addModelBundle(from, { out, data }, prove, { answer }));
    expect(missing.message).toMatch(/row 1 of the data is not answered: vacuum missing/);
    await writeFile(data, 'melt_temperature\n650\n');
    const lacking = await refusal(addModelBundle(from, { out, data }, prove, { answer }));
    expect(lacking.message).toMatch(/--data has no column vacuum/);
    expect(await readdir(scratch.path)).not.toContain('out');
  });

  test('asks a person for one thing after the other', async () => {
    await using scratch = await scratchDir();
    const file = join(scratch.path, 'net.onnx');
    const [product] = scoreGraph().node;
    const bare = {
      ...scoreGraph(),
      node: product === undefined ? [] : [product],
      output: [tensorInfo('raw', DataType.FLOAT, [null, 1])],
    };
    await writeFile(file, onnxBytes(bare));
    const golden = join(scratch.path, 'golden.json');
    await writeFile(golden, JSON.stringify([{ inputs: [420, 8], outputs: [412] }]));
    const said: [RegExp, string][] = [
      [/feature names in the model's order/, 'melt_temperature, vacuum'],
      [/bare end of a network/, '--task regression --low 415 --high 425'],
      [/unit of the predicted value/, 'g'],
      [/rows to prove the model by/, golden],
    ];
    const asked: string[] = [];
    const ask = async (question: string): Promise<string | null> => {
      asked.push(question);
      return said.find(([form]) => form.test(question))?.[1] ?? null;
    };
    const out = join(scratch.path, 'out');
    const { bundle } = await addModelBundle(file, { out }, prove, { ask });
    expect(bundle.manifest).toMatchObject({
      task: 'regression',
      output: { kind: 'value', limits: { low: 415, high: 425 }, unit: 'g' },
      threshold: 0,
    });
    expect(asked).toHaveLength(said.length);
  });

  test('says what is still missing when the person gives no answer', async () => {
    await using scratch = await scratchDir();
    const { threshold: _, ...less } = facts;
    const from = await bareModel(join(scratch.path, 'm'), less);
    const options = { out: join(scratch.path, 'out') };
    const ask = async (): Promise<null> => null;
    await expect(addModelBundle(from, options, prove, { ask })).rejects.toThrow(/--threshold/);
    const wrong = addModelBundle(from, options, prove, { ask: async () => 'half' });
    await expect(wrong).rejects.toThrow(/--threshold half: not a number/);
  });
});

describe('ppuri model inspect', () => {
  test('counts what the facts.json in the folder says as given, as adding it will', async () => {
    await using scratch = await scratchDir();
    const from = await bareModel(join(scratch.path, 'm'), facts);
    expect(await inspectModel(from)).toMatchObject({
      facts: join(from, 'facts.json'),
      needs: [],
      bundle: null,
    });
    const { threshold: _, ...less } = facts;
    const lacking = await bareModel(join(scratch.path, 'n'), less);
    expect((await inspectModel(lacking)).needs).toEqual([expect.stringContaining('--threshold')]);
    await expect(addModelBundle(lacking, { store: scratch.path }, prove)).rejects.toThrow(
      '--threshold',
    );
  });

  test('says all that a file by itself lacks', async () => {
    await using scratch = await scratchDir();
    const from = await bareModel(join(scratch.path, 'm'), facts);
    const { needs, facts: described } = await inspectModel(join(from, 'model.onnx'));
    expect(described).toBeNull();
    for (const flag of ['--features', '--profile', '--threshold', '--golden'])
      expect(needs.join('\n')).toContain(flag);
  });
});

test.each(['diecast-defect', 'injection-defect'])('the shipped %s proves itself', async (name) => {
  await prove(await readBundle(join(import.meta.dirname, '..', '..', 'models', name)));
});
