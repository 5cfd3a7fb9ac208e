/** Shots of a modelled machine, with its sensors' garbage, as registers. */
import type { Profile } from '../../config/profile.ts';
import { Codec, decimalsOf, type Placed, place, placeOf, rawOf, readBack } from './codec.ts';
import { DieCastingModel } from './die-casting.ts';
import { FurnaceModel } from './furnace.ts';
import { GarbageMaker } from './garbage.ts';
import { InjectionModel } from './injection.ts';
import { PlainMachine } from './instrument-unit.ts';
import type { MachineModel, ModelShot } from './model.ts';
import { Random } from './random.ts';
import type { Scenario } from './scenario.ts';
import type { ShotSource, SourceShot } from './source.ts';
import { SuppressionHint } from './suppression.ts';

const models: Readonly<Record<string, new (seed: number, scenario: Scenario) => MachineModel>> = {
  'die-casting-cold-chamber': DieCastingModel,
  'injection-molding': InjectionModel,
  'melting-furnace': FurnaceModel,
};

export const modelledProfiles = Object.keys(models);

/** A machine of a kind no model is known of makes good shots only. */
export function createModel(profile: Profile, seed: number, scenario: Scenario): MachineModel {
  const Model = models[profile.id];
  return Model === undefined ? new PlainMachine(profile, seed) : new Model(seed, scenario);
}

export class ModelledSource implements ShotSource {
  readonly cycleS: number;
  readonly #model: MachineModel;
  readonly #codec: Codec;
  readonly #garbage: GarbageMaker;
  readonly #hint: SuppressionHint;
  readonly #moldSignal: string | null;
  readonly #initial: readonly Placed[];
  #simulatedS = 0;

  constructor(profile: Profile, seed: number, scenario: Scenario) {
    this.#model = createModel(profile, seed, scenario);
    this.cycleS = this.#model.cycleS;
    this.#codec = new Codec(profile);
    this.#moldSignal = profile.cycle?.mold ?? null;
    const spared = new Set(['lineState', 'tryShot', 'stopSeconds', 'totalShots']);
    if (this.#moldSignal !== null) spared.add(this.#moldSignal);
    const random = new Random(seed, 'garbage');
    this.#garbage = new GarbageMaker(this.#codec.ofPoll('shot'), spared, scenario, random);
    this.#hint = new SuppressionHint(profile.suppress);
    // A shot of a like machine stands in for the one before the first.
    const before = createModel(profile, seed, { ...scenario, firstEpisodeShots: null }).next();
    this.#initial = this.#encode(before, new Map()).block;
  }

  initial(): readonly Placed[] {
    return this.#initial;
  }

  next(): SourceShot {
    const shot = this.#model.next();
    this.#simulatedS += shot.afterS;
    const raws = this.#rawsOf(shot);
    const garbage = this.#garbage.next(raws);
    const { block, values } = this.#encode(shot, new Map(garbage.map((g) => [g.signal, g.raw])));
    const mold = this.#moldSignal === null ? null : (values[this.#moldSignal] ?? null);
    return {
      afterS: shot.afterS,
      simulatedS: this.#simulatedS,
      block,
      values,
      mold: mold === null ? null : String(mold),
      truth: { defect: shot.defect, cause: shot.cause },
      suppressed: this.#hint.check(values, shot.afterS),
      garbage,
      trouble: shot.trouble,
      row: null,
    };
  }

  slow(simulatedS: number): Placed[] {
    const values = this.#model.slow(simulatedS);
    return this.#codec.ofPoll('slow').map((signal) => placeOf(signal, values));
  }

  #rawsOf(shot: ModelShot): Map<string, number> {
    const raws = new Map<string, number>();
    for (const signal of this.#codec.ofPoll('shot')) {
      const value = shot.values[signal.name];
      raws.set(
        signal.name,
        value === undefined
          ? (signal.spec.missing[0] ?? 0)
          : rawOf(value, signal, decimalsOf(signal.spec, shot.values)),
      );
    }
    return raws;
  }

  #encode(shot: ModelShot, garbage: ReadonlyMap<string, number>) {
    const raws = this.#rawsOf(shot);
    const block: Placed[] = [];
    const values: Record<string, number | null> = {};
    for (const signal of this.#codec.ofPoll('shot')) {
      const raw = garbage.get(signal.name) ?? raws.get(signal.name) ?? 0;
      const isText = signal.register.type === 'text';
      const placed = isText ? placeOf(signal, {}) : place(raw, signal);
      block.push(placed);
      values[signal.name] = readBack(placed, signal, decimalsOf(signal.spec, shot.values));
    }
    return { block, values };
  }
}
