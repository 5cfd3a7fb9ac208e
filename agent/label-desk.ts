/** Labels that people give, by the screen or a command: checked, found their shot, kept. */
import { PpuriError } from '../config/errors.ts';
import type { Profile } from '../config/profile.ts';
import type { Config } from '../config/schema.ts';
import { normalizeName } from '../models/cell.ts';
import type { KnownMachine } from './labels/label.ts';
import type { LabelOutcome, LabelTaken } from './labels/outcome.ts';
import { readLabelRequest } from './labels/request.ts';
import { type LabelTools, takeLabel, takeLabels } from './labels/take.ts';
import type { Keeper } from './store/keeper.ts';

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

export class LabelDesk {
  readonly #tools: LabelTools;

  constructor(parts: LabelDeskParts) {
    this.#tools = toolsOf(parts);
  }

  /** One (a LabelRequest, unchecked), on the disk when it resolves. Rejects with PpuriError. */
  async take(asked: unknown): Promise<LabelTaken> {
    return takeLabel(readLabelRequest(asked), this.#tools);
  }

  /** `{labels, dryRun}`, unchecked: each with what became of it, in order. */
  async takeMany(
    asked: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly outcomes: readonly LabelOutcome[] }> {
    const { labels, dryRun } = asked;
    if (!Array.isArray(labels) || labels.length === 0 || labels.length > mostLabels)
      throw badList();
    const taken = await takeLabels(labels.map(readLabelRequest), this.#tools, dryRun === true);
    const outcomes = taken.map((one): LabelOutcome => {
      if (one.state !== 'refused') return one;
      const { code, message, hint } = one.error;
      return { state: 'refused', error: { code, message, hint } };
    });
    return { outcomes };
  }
}
