/** The steps of a scan: listen, find the settings, find the units, guess what they are. */
import { PpuriError } from '../../config/errors.ts';
import type { Profile } from '../../config/profile.ts';
import { listProfiles, loadProfile } from '../../config/profile-load.ts';
import type { BusConfig } from '../../config/schema.ts';
import { createBus } from '../../drivers/registry.ts';
import { Asker } from '../survey/asker.ts';
import { bestGuesses, type ProfileScore, scoreProfile } from '../survey/guess-profile.ts';
import {
  isSerial,
  type OpenSerial,
  rawOpener,
  type SerialBusConfig,
  type SerialTry,
  serialOpener,
  settingText,
} from '../survey/open.ts';
import { likelyBauds, likelySettings, scanSettings } from '../survey/scan-settings.ts';
import { type FoundUnit, scanUnits, type UnitScan } from '../survey/scan-units.ts';
import { judgeUnasked, type Unasked } from '../survey/unasked.ts';
import { withSettings, yamlLines } from '../survey/yaml-lines.ts';
import type { BusChoice } from './bus-argument.ts';
import type { Progress } from './progress.ts';
import { readDevice } from './read-signals.ts';
import { everyUnit, likelyUnits, type ScanFlags } from './scan-options.ts';
import type { Language } from './words.ts';

export interface ScannedUnit extends FoundUnit {
  /** Shipped profiles it may be, the likeliest first. */
  readonly maybe: readonly (ProfileScore & { readonly check: readonly string[] })[];
}

/** What `ppuri scan --json` prints. */
export interface ScanReport {
  readonly bus: string;
  readonly type: BusConfig['type'];
  /** Serial settings that work; null: none was found, or it is no serial port. */
  readonly settings: SerialTry | null;
  /** Settings that were tried. */
  readonly tried: readonly string[];
  /** What was said although nothing was asked. */
  readonly unasked: Unasked;
  readonly units: readonly ScannedUnit[];
  readonly asked: number;
  readonly unreachable: readonly number[];
  readonly damaged: readonly number[];
  readonly unfit: UnitScan['unfit'];
  /** False: interrupted before the end, or the port went away. */
  readonly complete: boolean;
  /** Why the scan ended before its end; null: it did not, or it was interrupted. */
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly yaml: readonly string[];
}

export interface ScanOptions {
  readonly choice: BusChoice;
  readonly flags: ScanFlags;
  readonly progress: Progress;
  readonly stop: AbortSignal;
  /** Absent: the port itself. */
  readonly openSerial?: OpenSerial;
}

const firstTimeoutMs = { tcp: 500, rtu: 400 } as const;
const leastTimeoutMs = { tcp: 60, rtu: 100 } as const;
const settingsTimeoutMs = 250;
const listenMs = 300;
/** A scale sends a few times a second, a scanner when somebody scans. */
const textListenMs = 1500;
const mostGuessed = 32;
const quiet: Unasked = { kind: 'quiet' };

interface Line {
  readonly settings: SerialTry | null;
  readonly tried: readonly string[];
  readonly unasked: Unasked;
}

/**
 * Rejects with `bus-unavailable` when the port or endpoint cannot be opened; when it goes away later,
 * what was found by then is the result.
 */
export async function scan(options: ScanOptions): Promise<ScanReport> {
  const { choice, flags, stop } = options;
  const line = await findLine(options);
  const config = withSettings(choice.config, line.settings);
  const text = isTextBus(config) || line.unasked.kind === 'text';
  const lost = isSerial(config) && line.settings === null;
  const scanned = text || lost ? nothing : await findUnits(config, options);
  const guessed = scanned.found.length > 0 && flags.guess && scanned.failure === null;
  const profiles = guessed ? listProfiles().map((id) => loadProfile(id)) : [];
  const units: ScannedUnit[] = [];
  for (const unit of scanned.found) {
    const some = stop.aborted || units.length >= mostGuessed ? [] : profiles;
    units.push({ ...unit, maybe: await guessProfiles(config, unit.unit, some, options) });
  }
  const { found: _, failure, ...counts } = scanned;
  const heard = line.unasked.kind === 'text';
  const yaml = heard || units.length > 0 ? pasteLines(choice, config, line.unasked, units) : [];
  const error = failure === null ? null : { code: failure.code, message: failure.message };
  const complete = !stop.aborted && error === null;
  return { bus: choice.url, type: config.type, ...line, units, ...counts, complete, error, yaml };
}

const nothing: UnitScan = {
  found: [],
  asked: 0,
  unreachable: [],
  damaged: [],
  unfit: [],
  failure: null,
};
const isTextBus = ({ type }: BusConfig): boolean => type.startsWith('serial-line');

async function findLine(options: ScanOptions): Promise<Line> {
  const { choice } = options;
  if (isSerial(choice.config)) return findSettings(choice.config, options);
  if (choice.config.type === 'modbus-tcp') return { settings: null, tried: [], unasked: quiet };
  const asker = new Asker(rawOpener(choice.config), 'rtu');
  try {
    const ms = options.flags.listen ?? (isTextBus(choice.config) ? textListenMs : listenMs);
    return { settings: null, tried: [], unasked: judgeUnasked(await asker.listen(ms)) };
  } finally {
    await asker.close();
  }
}

/** One setting when the address names its baud rate, else the usual ones. */
function settingsToTry(config: SerialBusConfig, { choice, flags }: ScanOptions): SerialTry[] {
  const { baudRate, parity, stopBits } = config;
  const own = { baudRate, parity, stopBits };
  const asked = flags.baud !== undefined || flags.parity !== undefined;
  if (choice.given.has('baud') && !asked) return [own];
  const bauds = flags.baud ?? (choice.given.has('baud') ? [baudRate] : likelyBauds);
  const all = likelySettings(bauds, flags.parity);
  const rest = all.filter((one) => settingText(one) !== settingText(own));
  // The configuration's own is the likeliest, where it is among those asked for.
  return choice.given.has('baud') && rest.length < all.length ? [own, ...rest] : all;
}

async function findSettings(config: SerialBusConfig, options: ScanOptions): Promise<Line> {
  const { flags, progress, stop, choice } = options;
  const text = isTextBus(config);
  const ko = choice.lang === 'ko';
  const settings = settingsToTry(config, options);
  const result = await scanSettings({
    open: options.openSerial ?? serialOpener(config),
    settings,
    units: text ? [] : (flags.units ?? (settings.length === 1 ? [1] : likelyUnits)),
    timeoutMs: flags.timeout ?? settingsTimeoutMs,
    listenMs: flags.listen ?? (text ? textListenMs : listenMs / 3),
    stop,
    progress: ({ done, of, trying, units, leftMs }) => {
      const left = Math.ceil(leftMs / 1000);
      const span = units.length > 1 ? `${units[0]}~${units.at(-1)}` : `${units[0] ?? '-'}`;
      progress.tell(
        ko
          ? `설정 찾는 중 ${done + 1}/${of}: ${settingText(trying)}, 국번 ${span}, 길면 ${left}초`
          : `looking for the settings ${done + 1}/${of}: ${settingText(trying)}, unit ${span}, ${left} s at most`,
      );
    },
  });
  const { found, heard } = result;
  const unasked = found?.kind === 'text' ? found.said : (heard.at(-1)?.said ?? quiet);
  // One given setting is used as it is; that unit 1 does not answer says nothing of the others.
  const only = settings.length === 1 ? (settings[0] ?? null) : null;
  return { settings: found?.settings ?? only, tried: settings.map(settingText), unasked };
}

async function findUnits(config: BusConfig, options: ScanOptions): Promise<UnitScan> {
  const { flags, progress, stop, choice } = options;
  const ko = choice.lang === 'ko';
  const framing = config.type === 'modbus-tcp' ? 'tcp' : 'rtu';
  const own = isSerial(config) ? options.openSerial?.(config) : undefined;
  const asker = new Asker(own ?? rawOpener(config), framing);
  try {
    return await scanUnits(asker, {
      units: flags.units ?? everyUnit,
      timeoutMs: flags.timeout ?? firstTimeoutMs[framing],
      leastTimeoutMs: leastTimeoutMs[framing],
      stop,
      progress: ({ done, of, unit, found }) =>
        progress.tell(
          ko
            ? `국번 ${unit} (${done}/${of}), 찾음 ${found}`
            : `unit ${unit} (${done}/${of}), found ${found}`,
        ),
    });
  } finally {
    await asker.close();
  }
}

async function guessProfiles(
  config: BusConfig,
  unit: number,
  profiles: readonly Profile[],
  { progress, stop, choice }: ScanOptions,
): Promise<ScannedUnit['maybe']> {
  const bus = createBus('scan', config);
  if (bus.kind !== 'registers') return [];
  const scores: ProfileScore[] = [];
  try {
    for (const profile of profiles.filter(({ line }) => line === undefined)) {
      if (stop.aborted) break;
      const { id } = profile;
      progress.tell(
        choice.lang === 'ko'
          ? `국번 ${unit}: ${id}인지 확인 중`
          : `unit ${unit}: looking whether it is ${id}`,
      );
      const signals = await readDevice({ bus, unit, profile, exceptions: 'give-up', stop });
      scores.push(scoreProfile(id, signals));
    }
  } catch (error) {
    // A guess is a guess: what was found stays found.
    if (!(error instanceof PpuriError)) throw error;
  } finally {
    await bus.close();
  }
  return bestGuesses(scores).map((score) => ({
    ...score,
    check: profiles.find(({ id }) => id === score.profile)?.facts.checkOnSite ?? [],
  }));
}

function pasteLines(
  { name, lang }: BusChoice,
  config: BusConfig,
  unasked: Unasked,
  units: readonly ScannedUnit[],
): string[] {
  if (unasked.kind === 'text') {
    return yamlLines(name ?? 'instrument', asTextBus(config, unasked.delimiter), []);
  }
  const devices = units.map(({ unit, maybe: [best] }) => ({
    unit,
    profile: best?.profile ?? null,
    remark: best === undefined ? '' : guessRemark(best, lang),
  }));
  return yamlLines(name ?? 'found', config, devices);
}

function guessRemark({ good, of }: ProfileScore, lang: Language): string {
  return lang === 'ko'
    ? `추정: 신호 ${of}개 중 ${good}개가 맞음`
    : `maybe: ${good} of ${of} signals fit`;
}

function asTextBus(config: BusConfig, delimiter: string): BusConfig {
  if (config.type !== 'modbus-rtu') {
    return config.type === 'modbus-rtu-tcp'
      ? {
          type: 'serial-line-tcp',
          host: config.host,
          port: config.port,
          delimiter,
          timeoutMs: config.timeoutMs,
        }
      : config;
  }
  const { path, serialNumber, baudRate, parity, stopBits, timeoutMs } = config;
  const port = { path, serialNumber };
  return {
    type: 'serial-line',
    ...port,
    baudRate,
    parity,
    stopBits,
    dataBits: 8,
    delimiter,
    timeoutMs,
  };
}
