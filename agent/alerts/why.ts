/**
 * Which values a model's answer hung on, in one cycle called a defect. The model is asked again with
 * some features as they were and the others at this mold's normal; each feature gets its mean part
 * of the way from normal to the answer (Shapley), so that two that each suffice do not hide one
 * another and one that merely moved with them gets nothing. It says what differed, never why.
 */
import type { Driver } from '../records.ts';
import type { Normal } from './baseline.ts';

type Values = Readonly<Record<string, number | null>>;

export interface WhyFacts {
  /** The profile features that the model reads; one that it reads twice counts once. */
  readonly features: readonly string[];
  /** Of the cycle, in plant units. */
  readonly values: Values;
  /** Of its mold; a feature without one stays as it was. */
  readonly normalOf: (feature: string) => Normal | null;
  /** A score has no log-odds and is taken as it is. */
  readonly scale: 'probability' | 'score';
}

/** A question about one alert, asked when it is told. */
export interface WhyQuestion extends Omit<WhyFacts, 'features' | 'scale'> {
  readonly alert: string;
  readonly mold: string | null;
}

/** The model's answer to one row of values; null: none, and none is to be expected. */
export type Ask = (values: Values) => Promise<number | null>;

/** Beyond these odds a model is sure rather than right, and its floats run out. */
const CLIP = 1e-4;
/** Values off normal that are asked about one by one; the farthest off, should there be more. */
const MOST_ASKED = 15;
/** Of these the strongest are told apart exactly, in 2 to the power of one more rows. */
const MOST_EXACT = 6;
const MOST_NAMED = 5;
const LEAST_SHARE = 0.05;

function position(answer: number, scale: WhyFacts['scale']): number {
  if (scale === 'score') return answer;
  const p = Math.min(1 - CLIP, Math.max(CLIP, answer));
  return Math.log(p / (1 - p));
}

interface Candidate {
  readonly feature: string;
  readonly value: number;
  readonly normal: Normal;
}

/** What is inside its own normal band explains nothing to whoever reads both. Farthest off first. */
function candidatesOf({ features, values, normalOf }: WhyFacts): readonly Candidate[] {
  const found: Candidate[] = [];
  for (const feature of new Set(features)) {
    const value = values[feature] ?? null;
    const normal = normalOf(feature);
    if (value === null || normal === null) continue;
    if (value < normal.low || value > normal.high) found.push({ feature, value, normal });
  }
  const z = ({ value, normal }: Candidate): number =>
    Math.abs(value - normal.median) / normal.sigma;
  return found.sort((a, b) => z(b) - z(a)).slice(0, MOST_ASKED);
}

/** A missing value stays missing: nobody can read it against a normal. */
function atNormal({ features, values, normalOf }: WhyFacts): Values {
  const base: Record<string, number | null> = { ...values };
  for (const feature of features) {
    const median = normalOf(feature)?.median;
    if (median !== undefined && (values[feature] ?? null) !== null) base[feature] = median;
  }
  return base;
}

/**
 * Sets of candidates, by bits, that stay as they were. One bit more stands for all other features
 * that have a value and a normal.
 */
class Game {
  readonly rest: number;
  readonly #base: Values;
  readonly #facts: WhyFacts;
  readonly #candidates: readonly Candidate[];
  readonly #ask: Ask;
  readonly #worth = new Map<number, number>();

  constructor(facts: WhyFacts, candidates: readonly Candidate[], ask: Ask) {
    this.rest = 1 << candidates.length;
    this.#facts = facts;
    this.#candidates = candidates;
    this.#ask = ask;
    this.#base = atNormal(facts);
  }

  get all(): number {
    return 2 * this.rest - 1;
  }

  /** Of a set that was played. */
  worth(set: number): number {
    return this.#worth.get(set) ?? Number.NaN;
  }

  /** False when the model gave no answer. */
  async play(set: number): Promise<boolean> {
    if (this.#worth.has(set)) return true;
    const answer = await this.#ask(this.#row(set));
    if (answer !== null) this.#worth.set(set, position(answer, this.#facts.scale));
    return answer !== null;
  }

  #row(set: number): Values {
    const row = { ...((set & this.rest) === 0 ? this.#base : this.#facts.values) };
    this.#candidates.forEach(({ feature, value, normal }, i) => {
      row[feature] = (set & (1 << i)) === 0 ? normal.median : value;
    });
    return row;
  }
}

/** Mean of what a player brings to nobody and what it brings to all others. */
function atBothEnds(game: Game, player: number): number {
  const added = game.worth(player) - game.worth(0);
  const missed = game.worth(game.all) - game.worth(game.all & ~player);
  return (added + missed) / 2;
}

function union(players: readonly number[], chosen: number): number {
  return players.reduce((set, player, i) => ((chosen & (1 << i)) === 0 ? set : set | player), 0);
}

/** Share of the orders of `count` players in which one given set of `before` precedes a given one. */
function weight(count: number, before: number): number {
  let orders = count;
  for (let i = 1; i <= before; i += 1) orders *= (count - i) / i;
  return 1 / orders;
}

function bits(set: number): number {
  let count = 0;
  for (let left = set; left > 0; left >>= 1) count += left & 1;
  return count;
}

/** Mean of what a player brings over all orders in which the players may come in. */
function shapley(game: Game, players: readonly number[], player: number): number {
  const others = players.filter((other) => other !== player);
  let sum = 0;
  for (let chosen = 0; chosen < 2 ** others.length; chosen += 1) {
    const set = union(others, chosen);
    sum += (game.worth(set | player) - game.worth(set)) * weight(players.length, bits(chosen));
  }
  return sum;
}

/** `late`: `hurry` said so before all were played. `silent`: the model gave no answer. */
async function playAll(
  game: Game,
  sets: readonly number[],
  hurry: () => boolean,
): Promise<'done' | 'late' | 'silent'> {
  for (const set of sets) {
    if (hurry()) return 'late';
    if (!(await game.play(set))) return 'silent';
  }
  return 'done';
}

function ends(game: Game, players: readonly number[]): number[] {
  return [0, game.all, ...players.flatMap((player) => [player, game.all & ~player])];
}

function subsets(players: readonly number[]): number[] {
  return Array.from({ length: 2 ** players.length }, (_, chosen) => union(players, chosen));
}

/**
 * The strongest first; none when nothing that is off normal moved the answer. Null when the model
 * gave no answer, or `hurry` said that the time was up before a coarse answer could be had. Shares
 * are of all that was moved towards a defect, by the unnamed too.
 */
export async function explain(
  facts: WhyFacts,
  ask: Ask,
  hurry: () => boolean,
): Promise<readonly Driver[] | null> {
  const candidates = candidatesOf(facts);
  if (candidates.length === 0) return [];
  const game = new Game(facts, candidates, ask);
  const single = candidates.map((candidate, i) => ({ candidate, player: 1 << i }));
  const asked = ends(game, [...single.map(({ player }) => player), game.rest]);
  if ((await playAll(game, asked, hurry)) !== 'done') return null;
  const strongest = single
    .map((one) => ({ ...one, moved: Math.abs(atBothEnds(game, one.player)) }))
    .sort((a, b) => b.moved - a.moved)
    .slice(0, MOST_EXACT);
  const exact = strongest.map(({ player }) => player);
  const players = [...exact, game.all & ~exact.reduce((set, player) => set | player, 0)];
  const played = await playAll(game, subsets(players), hurry);
  if (played === 'silent') return null;
  const moved = players.map((player) =>
    played === 'done' ? shapley(game, players, player) : atBothEnds(game, player),
  );
  return named(
    strongest.map(({ candidate }) => candidate),
    moved,
  );
}

/** `moved` has one more: what all that is not named moved. */
function named(candidates: readonly Candidate[], moved: readonly number[]): readonly Driver[] {
  const whole = moved.reduce((sum, part) => sum + Math.max(0, part), 0);
  return candidates
    .map(({ feature, value, normal: { low, high } }, i) => {
      const share = whole === 0 ? 0 : Math.max(0, moved[i] ?? 0) / whole;
      return { feature, value, normalLow: low, normalHigh: high, share };
    })
    .filter(({ share }) => share >= LEAST_SHARE)
    .sort((a, b) => b.share - a.share)
    .slice(0, MOST_NAMED);
}
