/** `ppuri model use`: checks that a bundle fits and works, then has the machine pointed to it. */
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { PpuriError } from '../../config/errors.ts';
import { loadConfig } from '../../config/load.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { findBundle, readBundle } from '../../models/bundle.ts';
import type { Bundle } from '../../models/manifest.ts';
import { requirePace } from '../model-pace.ts';
import { requireModelFit } from '../require-fit.ts';
import type { ForkRole } from '../role.ts';
import { thisUser } from './label-agent.ts';
import type { Json } from './model-flags.ts';
import { action } from './output.ts';
import { proveModel } from './prove-model.ts';

export interface UseRequest {
  readonly machine: string;
  readonly bundle: Bundle;
  readonly storePath: string;
  /** The machine's: snapshot complete → verdict. */
  readonly deadlineMs: number;
  /** Who goes back to an older release on purpose; absent: nobody does. */
  readonly olderBy?: string;
}

/** Points the machine to the bundle, remembered, and says when it takes effect. */
export type UseModel = (request: UseRequest) => Promise<'now' | 'next-start'>;

const useHelp = `
The bundle is verified and its golden vectors are run before the machine is pointed to it.

Examples:
  ppuri model use diecast-defect --machine dc-03 -c /etc/ppuri/ppuri.yaml
  ppuri model use diecast-defect@1.2.0 --machine dc-03 -c ppuri.yaml --json
`;

const whenWords = {
  now: 'from its next shot on',
  'next-start': 'once the agent is started; none runs on this store now',
} as const;

interface UseFlags extends Json {
  readonly machine: string;
  readonly config: string;
  readonly allowOlder?: boolean;
}

export function addUse(model: Command, fork: ForkRole, use: UseModel): void {
  model
    .command('use')
    .argument('<name[@version]>', 'an added or shipped model, or a path to a bundle')
    .description('let a machine use a model from its next shot on')
    .requiredOption('--machine <id>', 'the machine')
    .requiredOption('-c, --config <file>', 'the configuration')
    .option('--allow-older', 'go back to a signed release before the newest; it is noted who did')
    .option('--json', 'one JSON object: machine, name, version, hash, dir, effective')
    .addHelpText('after', useHelp)
    .action(
      action('use a model', async (output, name: string, flags: UseFlags) => {
        const request = await useRequest(name, flags);
        const { runMs } = await proveModel(request.bundle, fork);
        requirePace(runMs, request.deadlineMs, request.machine);
        const effective = await use(request);
        const { manifest, hash, dir } = request.bundle;
        const { machine } = request;
        if (flags.json === true)
          output.json({
            machine,
            name: manifest.name,
            version: manifest.version,
            hash,
            dir,
            effective,
          });
        else
          output.line(
            `${machine} uses ${manifest.name} ${manifest.version} ${whenWords[effective]}`,
          );
      }),
    );
}

/** Throws `usage` for an unknown machine, `model-invalid` for a model that does not fit it. */
async function useRequest(name: string, flags: UseFlags): Promise<UseRequest> {
  const { config } = loadConfig(flags.config);
  const machine = config.machines.find(({ id }) => id === flags.machine);
  const details = { operation: 'use a model', subject: flags.machine };
  if (machine === undefined) {
    const known = config.machines.map(({ id }) => id).join(', ');
    throw new PpuriError('usage', `there is no machine "${flags.machine}"`, {
      ...details,
      hint: `machines: ${known}`,
    });
  }
  const storePath = resolve(config.store.path);
  const { dir } = await findBundle(name, { storePath });
  const bundle = await readBundle(dir, { trust: config.models });
  const profile = loadProfile(machine.profile, dirname(flags.config));
  requireModelFit(bundle, profile, machine.id);
  const older = flags.allowOlder === true ? { olderBy: thisUser() } : {};
  const { id, deadlineMs } = machine;
  return { machine: id, bundle, storePath, deadlineMs, ...older };
}
