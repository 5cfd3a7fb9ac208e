/** Finds the settings of a silent serial line: tries the usual ones until a whole frame comes. */
import { Asker } from './asker.ts';
import { exchangeMs, type OpenSerial, type SerialTry } from './open.ts';
import { foundUnit, question } from './scan-units.ts';
import { judgeUnasked, type Unasked } from './unasked.ts';

export const likelyBauds = [9600, 19_200, 38_400, 115_200, 4800, 2400, 57_600] as const;

const formats: readonly Omit<SerialTry, 'baudRate'>[] = [
  { parity: 'none', stopBits: 1 },
  { parity: 'even', stopBits: 1 },
  { parity: 'odd', stopBits: 1 },
  { parity: 'none', stopBits: 2 },
];

/** Likely settings first; only those of `bauds` and `parities`. */
export function likelySettings(
  bauds: readonly number[] = likelyBauds,
  parities: readonly SerialTry['parity'][] = ['none', 'even', 'odd'],
): SerialTry[] {
  const wanted = formats.filter(({ parity }) => parities.includes(parity));
  return bauds.flatMap((baudRate) => wanted.map((format) => ({ baudRate, ...format })));
}

export interface SettingsProgress {
  readonly done: number;
  readonly of: number;
  readonly trying: SerialTry;
  readonly units: readonly number[];
  /** Longest that the rest can take. */
  readonly leftMs: number;
}

export interface SettingsScanOptions {
  readonly open: OpenSerial;
  readonly settings: readonly SerialTry[];
  /** Most likely first; tried in rounds: the first one at every setting, then more. */
  readonly units: readonly number[];
  /** What a device may take to answer, without the time on the line. */
  readonly timeoutMs: number;
  readonly listenMs: number;
  readonly stop: AbortSignal;
  readonly progress?: (progress: SettingsProgress) => void;
}

export type SettingsFound =
  /** `unit` answered, or was heard speaking. */
  | { readonly kind: 'modbus'; readonly settings: SerialTry; readonly unit: number }
  | {
      readonly kind: 'text';
      readonly settings: SerialTry;
      readonly said: Extract<Unasked, { kind: 'text' }>;
    };

export interface SettingsScan {
  readonly found: SettingsFound | null;
  /** What was heard without asking, by setting, where it was no silence. */
  readonly heard: readonly { readonly settings: SerialTry; readonly said: Unasked }[];
  /** The line was never quiet, or answered with bytes that are no frame. */
  readonly garbled: readonly SerialTry[];
  readonly tried: number;
}

const replyWords = 10;
const secondRound = 10;

/** Rejects with `bus-unavailable` when the port cannot be opened. */
export async function scanSettings(options: SettingsScanOptions): Promise<SettingsScan> {
  const search = new Search(options);
  for (const [round, units] of roundsOf(options.units).entries()) {
    const found = await search.round(units, round === 0);
    if (found !== null || options.stop.aborted) return search.result(found);
  }
  return search.result(null);
}

function roundsOf(units: readonly number[]): number[][] {
  if (units.length === 0) return [[]];
  const rounds = [units.slice(0, 1), units.slice(1, secondRound), units.slice(secondRound)];
  return rounds.filter((round) => round.length > 0);
}

class Search {
  readonly #options: SettingsScanOptions;
  readonly #heard: { settings: SerialTry; said: Unasked }[] = [];
  readonly #garbled = new Set<SerialTry>();
  #done = 0;

  constructor(options: SettingsScanOptions) {
    this.#options = options;
  }

  result(found: SettingsFound | null): SettingsScan {
    return { found, heard: this.#heard, garbled: [...this.#garbled], tried: this.#done };
  }

  async round(units: readonly number[], listen: boolean): Promise<SettingsFound | null> {
    const { settings, stop } = this.#options;
    for (const [place, trying] of settings.entries()) {
      if (stop.aborted) return null;
      this.#tell(units, trying, settings.slice(place), listen);
      const found = await this.#try(trying, units, listen);
      this.#done += 1;
      if (found !== null) return found;
    }
    return null;
  }

  async #try(
    settings: SerialTry,
    units: readonly number[],
    listen: boolean,
  ): Promise<SettingsFound | null> {
    const asker = new Asker(this.#options.open(settings), 'rtu');
    try {
      const spoken = listen ? await this.#listen(asker, settings) : null;
      return spoken ?? (await this.#ask(asker, settings, units));
    } finally {
      await asker.close();
    }
  }

  async #listen(asker: Asker, settings: SerialTry): Promise<SettingsFound | null> {
    const said = judgeUnasked(await asker.listen(this.#options.listenMs));
    if (said.kind === 'quiet') return null;
    this.#heard.push({ settings, said });
    if (said.kind === 'text') return { kind: 'text', settings, said };
    const unit = said.kind === 'modbus' ? said.units[0] : undefined;
    return unit === undefined ? null : { kind: 'modbus', settings, unit };
  }

  async #ask(
    asker: Asker,
    settings: SerialTry,
    units: readonly number[],
  ): Promise<SettingsFound | null> {
    const timeoutMs = this.#options.timeoutMs + exchangeMs(settings, replyWords);
    for (const unit of units) {
      if (this.#options.stop.aborted) return null;
      const answer = await asker.ask(question(unit), { timeoutMs });
      if (foundUnit(unit, answer) !== null) return { kind: 'modbus', settings, unit };
      if (answer.kind === 'foreign') return { kind: 'modbus', settings, unit: answer.unit };
      if (answer.kind === 'noise' || answer.kind === 'damaged') this.#garbled.add(settings);
      if (answer.kind !== 'noise') continue;
      const said = judgeUnasked(answer.bytes);
      if (said.kind === 'text') return { kind: 'text', settings, said };
    }
    return null;
  }

  #tell(
    units: readonly number[],
    trying: SerialTry,
    left: readonly SerialTry[],
    listen: boolean,
  ): void {
    const { timeoutMs, listenMs, settings, progress } = this.#options;
    const oneMs = (one: SerialTry): number =>
      (listen ? listenMs : 0) + units.length * (timeoutMs + exchangeMs(one, replyWords));
    const leftMs = left.reduce((sum, one) => sum + oneMs(one), 0);
    progress?.({ done: settings.length - left.length, of: settings.length, trying, units, leftMs });
  }
}
