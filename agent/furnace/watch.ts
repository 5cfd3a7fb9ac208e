/**
 * Watches one furnace: its state from look to look, the account of each heat, what an open lid costs,
 * and what is worth telling an operator. Pure but for its own state.
 */
import type { FurnaceState, HeatRecord, Instant, Text } from '../records.ts';
import {
  type AdviceCause,
  adviceCauses,
  holdText,
  isCold,
  isPreheated,
  isSplit,
  lidText,
  preheatText,
  splitText,
} from './advice.ts';
import { compareHeats } from './compare.ts';
import { HeatAccount, type HeatBlock, type Stretch, stretchOf } from './heat.ts';
import { LidLoss } from './lid-loss.ts';
import type { FurnaceSample, FurnaceSettings } from './sample.ts';
import { StateTeller } from './state.ts';

/** Null text: what it was about is over. */
export interface Advice {
  readonly cause: AdviceCause;
  readonly text: Text | null;
}

/** Less in a shift is not worth a word. */
const tellFrom = { lidMinutes: 10, holdMinutes: 15, shareOfShift: 0.01 } as const;
/** Heats that comparisons look back on. */
const rememberedHeats = 60;

interface Shift {
  readonly fromWallMs: number;
  kWh: number;
  lidMinutes: number;
  holdMinutes: number;
  holdKWh: number;
  readonly told: Set<AdviceCause>;
}

export class FurnaceWatch {
  readonly #settings: FurnaceSettings;
  readonly #shiftOf: (wallMs: number) => number;
  readonly #states: StateTeller;
  readonly #lid = new LidLoss();
  readonly #heats: HeatRecord[] = [];
  readonly #standing = new Set<AdviceCause>();
  readonly #toldBefore: { readonly cause: AdviceCause; readonly wallMs: number }[] = [];
  #heat: HeatAccount | null = null;
  #before: FurnaceSample | null = null;
  #state: FurnaceState = 'unknown';
  #shift: Shift | null = null;

  /** `shiftOf`: epoch ms at which the shift of a moment began. */
  constructor(settings: FurnaceSettings, shiftOf: (wallMs: number) => number) {
    this.#settings = settings;
    this.#shiftOf = shiftOf;
    this.#states = new StateTeller(settings);
  }

  /** Of earlier starts, oldest first; and what was told then, which is not told again in its shift. */
  recall(
    heats: readonly HeatRecord[],
    told: readonly { readonly cause: string; readonly wallMs: number }[],
  ): void {
    this.#heats.unshift(...heats);
    this.#heats.splice(0, Math.max(0, this.#heats.length - rememberedHeats));
    for (const { cause, wallMs } of told) {
      const known = adviceCauses.find((one) => one === cause);
      if (known === undefined) continue;
      this.#toldBefore.push({ cause: known, wallMs });
      if (this.#shift !== null && wallMs >= this.#shift.fromWallMs) this.#shift.told.add(known);
    }
  }

  get state(): FurnaceState {
    return this.#state;
  }

  /** kW that an open lid costs; null: not measured yet. */
  get lidExtraKW(): number | null {
    return this.#lid.extraKW;
  }

  /** Call each second or so of the furnace's time. Gives what is to be told now. */
  look(sample: FurnaceSample): readonly Advice[] {
    const before = this.#before;
    this.#before = sample;
    const said = this.#enterShift(sample.wallMs);
    this.#state = this.#states.take(sample);
    this.#heat ??= new HeatAccount(this.#settings.neededHoldMinutes);
    if (before === null) return said;
    const stretch = stretchOf(before, sample);
    const excess = { ...this.#heat.excess };
    this.#heat.add(this.#state, before, sample, stretch);
    this.#count(sample, stretch, {
      minutes: this.#heat.excess.minutes - excess.minutes,
      kWh: this.#heat.excess.kWh - excess.kWh,
    });
    const isHeld = this.#state === 'hold' && !stretch.isGap;
    this.#lid.take(isHeld ? sample : null, stretch.kWh);
    return [...said, ...this.#ended(sample), ...this.#due()];
  }

  /** The furnace's counter says that a heat has ended. */
  heatEnded(block: HeatBlock, at: Instant): { heat: HeatRecord | null; advice: readonly Advice[] } {
    const account = this.#heat;
    this.#heat = new HeatAccount(this.#settings.neededHoldMinutes);
    if (account === null) return { heat: null, advice: [] };
    const heat = account.close(block, this.#lid.extraKW, at);
    this.#heats.push(heat);
    if (this.#heats.length > rememberedHeats) this.#heats.shift();
    return { heat, advice: [...this.#clear('furnace-hold-long'), ...this.#compared()] };
  }

  #enterShift(wallMs: number): readonly Advice[] {
    const fromWallMs = this.#shiftOf(wallMs);
    if (this.#shift?.fromWallMs === fromWallMs) return [];
    const sums = { kWh: 0, lidMinutes: 0, holdMinutes: 0, holdKWh: 0 };
    const before = this.#toldBefore.filter(({ wallMs: at }) => at >= fromWallMs);
    const told = new Set(before.map(({ cause }) => cause));
    this.#shift = { fromWallMs, ...sums, told };
    return [...this.#standing].flatMap((cause) => this.#clear(cause));
  }

  #count({ lid }: FurnaceSample, stretch: Stretch, excess: { minutes: number; kWh: number }): void {
    const shift = this.#shift;
    if (shift === null) return;
    shift.kWh += stretch.kWh ?? 0;
    shift.holdMinutes += excess.minutes;
    shift.holdKWh += excess.kWh;
    const idle = this.#state === 'hold' || this.#state === 'melt';
    if (lid === 'open' && idle && !stretch.isGap) shift.lidMinutes += stretch.minutes;
  }

  /** What was told of the moment, and is put right. */
  #ended({ lid }: FurnaceSample): readonly Advice[] {
    const working = this.#state === 'charge' || this.#state === 'pour';
    return [
      ...(lid === 'closed' || working ? this.#clear('furnace-lid-open') : []),
      ...(working ? this.#clear('furnace-hold-long') : []),
    ];
  }

  #due(): readonly Advice[] {
    const shift = this.#shift;
    if (shift === null || this.#state === 'charge' || this.#state === 'pour') return [];
    const worth = (kWh: number): boolean => kWh >= tellFrom.shareOfShift * shift.kWh;
    const advice: Advice[] = [];
    const { extraKW, losses } = this.#lid;
    const isOpen = this.#before?.lid === 'open';
    if (isOpen && extraKW !== null && losses.open !== null && losses.closed !== null) {
      const extraKWh = (extraKW * shift.lidMinutes) / 60;
      const facts = {
        minutes: shift.lidMinutes,
        extraKWh,
        openKW: losses.open,
        closedKW: losses.closed,
      };
      if (shift.lidMinutes >= tellFrom.lidMinutes && worth(extraKWh))
        advice.push(...this.#tell('furnace-lid-open', () => lidText(facts)));
    }
    const needed = this.#settings.neededHoldMinutes;
    const { holdMinutes, holdKWh } = shift;
    const isHeld = this.#state === 'hold';
    if (isHeld && needed !== null && holdMinutes >= tellFrom.holdMinutes && worth(holdKWh))
      advice.push(...this.#tell('furnace-hold-long', () => holdText(holdMinutes, holdKWh, needed)));
    return advice;
  }

  #compared(): readonly Advice[] {
    const whole = this.#heats.filter(({ gapMinutes, heats }) => gapMinutes === 0 && heats === 1);
    const split = compareHeats(
      whole.filter((heat) => !isSplit(heat)),
      whole.filter(isSplit),
    );
    const cold = compareHeats(whole.filter(isPreheated), whole.filter(isCold));
    const last = this.#heats.at(-1);
    return [
      ...(split !== null && last !== undefined && isSplit(last)
        ? this.#tell('furnace-split-charge', () => splitText(split))
        : this.#clear('furnace-split-charge')),
      ...(cold !== null && last !== undefined && isCold(last)
        ? this.#tell('furnace-cold-charge', () => preheatText(cold))
        : this.#clear('furnace-cold-charge')),
    ];
  }

  #tell(cause: AdviceCause, text: () => Text): readonly Advice[] {
    const told = this.#shift?.told;
    if (told === undefined || told.has(cause)) return [];
    told.add(cause);
    this.#standing.add(cause);
    return [{ cause, text: text() }];
  }

  #clear(cause: AdviceCause): readonly Advice[] {
    return this.#standing.delete(cause) ? [{ cause, text: null }] : [];
  }
}
