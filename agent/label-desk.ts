/** Labels that people give, by the screen or a command: checked, found their shot, kept. */
import { PpuriError } from '../config/errors.ts';
import type { Profile } from '../config/profile.ts';
import type { Config } from '../config/schema.ts';
import { normalizeName } from '../models/cell.ts';
import type { KnownMachine } from './labels/label.ts';
import { readLabelRequest } from './labels/request.ts';
import { type LabelTools, takeLabel, takeLabels } from './labels/take.ts';
import type { LabelOutcome, LoopCommands } from './store/commands.ts';
import type { Keeper } from './store/keeper.ts';
import { toWire } from './store/trouble.ts';

export interface LabelDeskParts {
  readonly config: Config;
  /** By the reference as the configuration writes it. */
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly keeper: Keeper;
}

/** Of one request, which is one question to the store and one line on its socket. */
const mostLabels = 500;

function toolsOf({ config, profiles, keeper }: LabelDeskParts): LabelTools {
  const now = () => ({ monoMs: performance.now(), wallMs: Date.now() });
  return {
    machines: config.machines.map(({ id }) => id),
    machineOf: (idOrName): KnownMachine | null => {
      const wanted = normalizeName(idOrName);
      const isIt = (name: string | undefined): boolean =>
        name !== undefined && normalizeName(name) === wanted;
      const machine =
        config.machines.find(({ id }) => id === idOrName) ??
        config.machines.find(({ id, name }) => isIt(name) || isIt(id));
      if (machine === undefined) return null;
      const { id, parts, profile } = machine;
      return { id, parts, defects: profiles.get(profile)?.defects ?? {} };
    },
    find: async (places) => {
      const found = await keeper.query('cycle-for', { places });
      if (places.length > 1 || found[0] !== null) return found;
      // A shot that was judged just now may still wait for its commit.
      await keeper.flush();
      return keeper.query('cycle-for', { places });
    },
    keep: (label) => keeper.keep({ kind: 'label', label }, label.at),
    flush: () => keeper.flush(),
    now,
  };
}

function badList(): PpuriError {
  return new PpuriError('usage', `labels is a list of 1 to ${mostLabels}`, {
    operation: 'take inspection results',
    subject: 'label-many',
    hint: 'send them in several requests',
  });
}

/** `label`: one, refused by rejecting. `label-many`: each with what became of it. */
export async function takeLabelCommand(
  { method, params }: { readonly method: string; readonly params: unknown },
  parts: LabelDeskParts,
): Promise<LoopCommands['label' | 'label-many']['result']> {
  const tools = toolsOf(parts);
  if (method === 'label') return takeLabel(readLabelRequest(params), tools);
  const { labels, dryRun } = params as { readonly labels?: unknown; readonly dryRun?: unknown };
  if (!Array.isArray(labels) || labels.length === 0 || labels.length > mostLabels) throw badList();
  const taken = await takeLabels(labels.map(readLabelRequest), tools, dryRun === true);
  const outcomes = taken.map(
    (one): LabelOutcome =>
      one.state === 'refused'
        ? { state: 'refused', error: toWire(one.error, 'take a label', 'label-many') }
        : one,
  );
  return { outcomes };
}
