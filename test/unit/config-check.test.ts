import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkConfig, soundConfig } from '../../config/check.ts';
import { PpuriError } from '../../config/errors.ts';
import type { FindModel } from '../../config/machine-rules.ts';

const sound = `gateway: { id: gw-1 }
buses:
  press: { type: modbus-tcp, host: 192.168.0.10 }
machines:
  - id: dc-03
    profile: die-casting-cold-chamber
    devices: { plc: { bus: press }, meter: { bus: press, unit: 7, profile: eastron-sdm630 } }
    model: casting-scrap
store: { path: /data/ppuri }
`;

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ppuri-check-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

const model = (...features: string[]): FindModel => {
  const manifest = { name: 'casting-scrap', profile: 'die-casting-cold-chamber' };
  return () => ({ manifest: { ...manifest, features: features.map((from) => ({ from })) } });
};

async function messages(text: string, findModel: FindModel): Promise<string[]> {
  const file = join(dir, 'ppuri.yaml');
  writeFileSync(file, text);
  const { problems } = await checkConfig(file, { findModel });
  return problems.map(({ line, message }) => `${line} ${message}`);
}

describe('checkConfig', () => {
  it('gives the configuration and its profiles by the references in it', async () => {
    const file = join(dir, 'ppuri.yaml');
    writeFileSync(file, sound);
    const result = await checkConfig(file, { findModel: model('biscuitThickness') });
    expect(result.problems).toEqual([]);
    expect(result.config?.machines[0]?.id).toBe('dc-03');
    expect([...result.profiles.keys()]).toEqual(['die-casting-cold-chamber', 'eastron-sdm630']);
  });

  it('looks for models where the configuration keeps its store', async () => {
    const asked: unknown[] = [];
    const findModel: FindModel = (name, place) => {
      asked.push(name, place);
      return null;
    };
    expect(await messages(sound, findModel)).toEqual(['8 there is no model "casting-scrap"']);
    const models = { trust: '/etc/ppuri/trust', unsigned: 'until-keyed' };
    const place = { configDir: dir, storePath: '/data/ppuri', models };
    expect(asked).toEqual(['casting-scrap', place]);
  });

  it('names every feature of the model that the profile has not', async () => {
    const found = await messages(sound, model('biscuitThickness', 'cushion', 'cushion', 'peak'));
    const lacking = 'that profile "die-casting-cold-chamber" has not: cushion, peak';
    expect(found).toEqual([`8 "casting-scrap" needs features ${lacking}`]);
  });

  it('tells what is wrong with a model that is there', async () => {
    const findModel: FindModel = () => {
      throw new PpuriError('model-invalid', 'model.onnx does not match its sum', {
        operation: 'read bundle',
        subject: 'casting-scrap',
      });
    };
    expect(await messages(sound, findModel)).toEqual(['8 model.onnx does not match its sum']);
  });

  it('tells a unit that is mixed up as an error, and a range that hardly overlaps as a warning', async () => {
    const file = join(dir, 'ppuri.yaml');
    writeFileSync(file, sound);
    const features = [
      { from: 'castPressure', unit: 'MPa' },
      { from: 'meltTemperature', unit: '℃', range: [1390, 1600] as const },
    ];
    const manifest = { name: 'casting-scrap', profile: 'die-casting-cold-chamber', features };
    const { problems, warnings } = await checkConfig(file, { findModel: () => ({ manifest }) });
    expect(problems).toMatchObject([
      { path: 'machines[0].model', line: 8, hint: expect.stringContaining('1 MPa = 10 bar') },
    ]);
    expect(warnings).toMatchObject([
      { path: 'machines[0].model', message: expect.stringContaining('1390 … 1600') },
    ]);
  });

  it('lets a fault of its own through instead of blaming the configuration', async () => {
    const findModel: FindModel = () => {
      throw new TypeError('a fault in the caller');
    };
    await expect(messages(sound, findModel)).rejects.toThrow(TypeError);
  });

  it('tells clashes and misspelt keys in one go', async () => {
    const text = sound
      .replace('gateway: { id: gw-1 }', 'gateway: { id: gw-1, sit: busan }')
      .replace('store:', '    limits: { biscut: { low: 3 } }\nstore:')
      .replace('meter: { bus: press', 'meter: { buss: pres');
    expect(await messages(text, model())).toEqual([
      '1 unknown key',
      '7 unknown key',
      '7 there is no bus "pres"',
      '9 there is no feature "biscut"',
    ]);
  });

  it('refuses to give a configuration that is not sound in every part', async () => {
    const file = join(dir, 'ppuri.yaml');
    writeFileSync(file, sound);
    await expect(soundConfig(file, { findModel: () => null })).rejects.toMatchObject({
      code: 'config-invalid',
      problems: [{ line: 8, path: 'machines[0].model' }],
    });
    const { profiles } = await soundConfig(file, { findModel: model('castPressure') });
    expect(profiles.get('eastron-sdm630')?.cycle).toBeUndefined();
  });

  it('does not call a bus unknown whose own settings are wrong', async () => {
    const text = sound.replace('host: 192.168.0.10', 'host: 192.168.0.10, port: 99999');
    expect(await messages(text, model())).toEqual(['3 must be at most 65535, found 99999']);
  });
});
