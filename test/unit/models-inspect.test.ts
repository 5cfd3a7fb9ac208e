import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inspectModel } from '../../agent/cli/model-inspect.ts';
import { inspectionLines } from '../../agent/cli/model-inspect-lines.ts';
import { requestOf } from '../../agent/cli/model-request.ts';
import { modelText } from '../../agent/cli/model-words.ts';
import { wrapModel } from '../../models/wrap/wrap.ts';
import { shotsProfile, toolkitModels } from '../fixtures/models/toolkits.ts';

describe('a model in plain words', () => {
  const fixture = (name: string): string =>
    join(import.meta.dirname, '..', 'fixtures', 'models', 'toolkits', `${name}.onnx`);

  test('tells a person in Korean what it is, what is changed, and how to add it', async () => {
    const lines = inspectionLines(await inspectModel(fixture('sk-columns')), 'ko');
    const text = lines.join('\n');
    expect(text).toContain('양품·불량을 나누는 모델');
    expect(text).toContain('입력 "vacuum": int64 형식이라 변환해 넣습니다');
    expect(text).toContain('불량으로 볼 불량확률 기준: --threshold 0.5');
    expect(lines.at(-1)).toMatch(
      /ppuri model add \S+ --profile PROFILE --threshold 0\.5 --golden FILE\.json$/,
    );
  });

  test('has a Korean sentence for all that the models of the toolkits make it say', async () => {
    for (const { model } of toolkitModels()) {
      const { admission, needs } = await inspectModel(model);
      for (const said of [...admission.notes, ...needs])
        expect(modelText(said, 'ko'), said).toMatch(/[가-힣]/);
    }
    for (const { model, described } of toolkitModels()) {
      const options = { describe: described, profile: shotsProfile };
      const { notes } = wrapModel(await requestOf(model, false, options));
      for (const note of notes) expect(modelText(note, 'ko'), note).toMatch(/[가-힣]/);
    }
  });

  test('says of a bare network that the file alone does not tell', async () => {
    const lines = inspectionLines(await inspectModel(fixture('torch-autoencoder')), 'en');
    expect(lines.join('\n')).toMatch(/file alone does not tell[\s\S]*--task outlier/);
  });
});
