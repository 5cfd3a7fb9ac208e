/** What a benchmark is to bear: a configuration, checked, or the standard one. */
import { dirname, resolve } from 'node:path';
import { stringify } from 'yaml';
import { ProblemsError } from '../../config/problem.ts';
import type { Profile } from '../../config/profile.ts';
import { isProfilePath } from '../../config/profile-load.ts';
import type { Config } from '../../config/schema.ts';
import type { Bundle } from '../../models/manifest.ts';
import { type Prepared, prepare } from '../prepare.ts';
import type { Text } from '../records.ts';

export interface Load {
  readonly config: Config;
  /** By the reference as `config` writes it. */
  readonly profiles: ReadonlyMap<string, Profile>;
  /** What of the configuration is not borne. */
  readonly notes: readonly Text[];
}

const standardMachines = 10;

/** Ten die-casting machines on Modbus TCP with the shipped model, as a user would write them. */
export function standardConfig(storePath: string): string {
  const ids = Array.from(
    { length: standardMachines },
    (_, i) => `dc-${String(i + 1).padStart(2, '0')}`,
  );
  return stringify({
    gateway: { id: 'bench' },
    buses: Object.fromEntries(
      ids.map((id, i) => [id, { type: 'modbus-tcp', host: '127.0.0.1', port: 50_200 + i }]),
    ),
    machines: ids.map((id) => ({
      id,
      profile: 'die-casting-cold-chamber',
      devices: { plc: { bus: id, unit: 1 } },
      model: 'diecast-defect',
      reject: { device: 'plc', coil: 0 },
    })),
    store: { path: storePath },
  });
}

/**
 * The load of the configuration in `file`: it may stand anywhere afterwards. Throws what `prepare`
 * throws, and `config-invalid` for models that cannot be used: without them it is another load.
 */
export async function readLoad(file: string): Promise<Load> {
  const prepared = await prepare(file);
  const { config, modelProblems, profiles } = prepared;
  if (modelProblems.length > 0) throw new ProblemsError('config-invalid', file, modelProblems);
  const base = dirname(resolve(file));
  const placed = (reference: string): string =>
    isProfilePath(reference) ? resolve(base, reference) : reference;
  const kept = Object.entries(config.outputs).filter(([, { type }]) => type !== 'webhook');
  return {
    config: {
      ...config,
      machines: config.machines.map((machine) => ({
        ...machine,
        profile: placed(machine.profile),
        devices: Object.fromEntries(
          Object.entries(machine.devices).map(([name, device]) => [
            name,
            device.profile === undefined ? device : { ...device, profile: placed(device.profile) },
          ]),
        ),
        ...modelOf(machine, prepared, base),
      })),
      outputs: Object.fromEntries(kept),
      sync: [],
    },
    profiles: new Map([...profiles].map(([reference, profile]) => [placed(reference), profile])),
    notes: notesOn(config),
  };
}

/** The machine's models by where they lie, unless they come with the program. */
function modelOf(
  { id, model }: Config['machines'][number],
  { bundles, moldBundles, config }: Prepared,
  base: string,
): Partial<Config['machines'][number]> {
  const placed = (reference: string, bundle: Bundle | undefined): string => {
    if (/^\.|[/\\]/.test(reference)) return resolve(base, reference);
    const added = bundle?.dir.startsWith(resolve(config.store.path)) === true;
    return added ? bundle.dir : reference;
  };
  if (model === undefined) return {};
  if (typeof model === 'string') return { model: placed(model, bundles.get(id)) };
  const ofMolds = moldBundles.get(id);
  const molds = Object.entries(model.molds).map(([mold, name]) => [
    mold,
    placed(name, ofMolds?.get(mold)),
  ]);
  const byDefault =
    model.default === undefined ? {} : { default: placed(model.default, bundles.get(id)) };
  return { model: { ...byDefault, molds: Object.fromEntries(molds) } };
}

function notesOn(config: Config): Text[] {
  const notes: Text[] = [];
  if (config.sync.length > 0)
    notes.push({
      ko: '전송(sync)은 이 측정에 넣지 않았습니다. 밖으로 아무것도 보내지 않습니다.',
      en: 'delivery (sync) is left out of this load: nothing is sent anywhere',
    });
  if (Object.values(config.outputs).some(({ type }) => type === 'webhook'))
    notes.push({
      ko: '웹훅은 이 측정에 넣지 않았습니다.',
      en: 'webhooks are left out of this load: nothing is sent anywhere',
    });
  return notes;
}
