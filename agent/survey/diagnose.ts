/** From the evidence of a bus and trials on it to the likely causes. Reads only. */
import { PpuriError } from '../../config/errors.ts';
import type { Text } from '../records.ts';
import type { Answer, AskOptions } from './asker.ts';
import { Asker } from './asker.ts';
import type { CauseId, Diagnosis } from './causes.ts';
import {
  type BusEvidence,
  type DeviceEvidence,
  isGatewayWord,
  isSound,
  type SignalEvidence,
  wasHeard,
} from './evidence.ts';
import type { Question } from './frames.ts';
import { judgeLine, type LineShare, measureLine } from './line-trials.ts';
import { koreanNote } from './notes.ts';
import { isSerial, rawOpener, serialOpener, settingText } from './open.ts';
import { openCause } from './open-causes.ts';
import { likelySettings, scanSettings } from './scan-settings.ts';
import { type SignalTrial, trySignals } from './signal-trials.ts';
import { judgeUnasked } from './unasked.ts';
import {
  type Ask,
  firstQuestion,
  tryQuestion,
  trySilentUnit,
  type UnitTrial,
} from './unit-trials.ts';

export interface DiagnoseOptions {
  /** Also other serial settings, which takes up to a minute. */
  readonly trySettings: boolean;
  readonly stop: AbortSignal;
}

const listenMs = 300;
const lastStranger = 16;
const settingsTimeoutMs = 300;
const longestWords = 60;

/** The bus must be closed by then: many devices take one connection only. */
export async function diagnose(bus: BusEvidence, options: DiagnoseOptions): Promise<Diagnosis[]> {
  if (bus.failure !== null) {
    const cause = openCause(bus.failure, isSerial(bus.config));
    const { message } = bus.failure;
    return cause === null ? [] : [ofBus(bus, cause, { ko: koreanNote(message), en: message })];
  }
  if (!needsTrials(bus) || bus.config.type.startsWith('serial-line')) return [];
  const framing = bus.config.type === 'modbus-tcp' ? 'tcp' : 'rtu';
  const asker = new Asker(rawOpener(bus.config), framing);
  const doctor = new BusDoctor(bus, asker, options);
  try {
    return await doctor.examine();
  } finally {
    await asker.close();
  }
}

function needsTrials({ config, devices, stats }: BusEvidence): boolean {
  // A second reply to one question comes when nothing is asked any more.
  if (config.type !== 'modbus-tcp' && (stats?.strayBytes ?? 0) > 0) return true;
  const damaged = stats?.units.some(({ malformed }) => malformed > 0) === true;
  return damaged || devices.some(({ signals }) => signals.some((signal) => !isSound(signal)));
}

/** What a device of the other framing looks like. */
const framingLike: ReadonlySet<CauseId> = new Set([
  'line-silent',
  'dead-unit',
  'connection-limit',
  'baud-rate',
  'wrong-framing',
]);

/** What is so of every device of a bus is said of the bus, once. */
function oncePerBus(bus: BusEvidence, found: readonly Diagnosis[]): Diagnosis[] {
  const others = found.filter(({ cause }) => cause === 'other-master');
  const silent = found.filter(({ cause }) => cause === 'line-silent');
  // Replies to another master look like those of a second device.
  const excluded = others.length > 0 ? 'duplicate-unit' : null;
  const rest = found.filter(
    (one) => !others.includes(one) && !silent.includes(one) && one.cause !== excluded,
  );
  return [...joined(bus, others), ...rest, ...joined(bus, silent)];
}

function joined(bus: BusEvidence, same: readonly Diagnosis[]): Diagnosis[] {
  const [first] = same;
  if (first === undefined || same.length === 1) return [...same];
  const all = (lang: 'ko' | 'en'): string => same.map(({ evidence }) => evidence[lang]).join('; ');
  return [ofBus(bus, first.cause, { ko: all('ko'), en: all('en') })];
}

class BusDoctor {
  readonly #bus: BusEvidence;
  readonly #asker: Asker;
  readonly #options: DiagnoseOptions;
  readonly #line: boolean;

  constructor(bus: BusEvidence, asker: Asker, options: DiagnoseOptions) {
    this.#bus = bus;
    this.#asker = asker;
    this.#options = options;
    this.#line = bus.config.type !== 'modbus-tcp';
  }

  async examine(): Promise<Diagnosis[]> {
    const unasked = this.#line ? await this.#listen() : [];
    const ofLine = this.#isDamaged() ? await this.#lineTrials() : [];
    const ofDevices: Diagnosis[] = [];
    for (const device of this.#bus.devices) {
      if (this.#options.stop.aborted) break;
      const settled = ofLine.some(({ unit }) => unit === null || unit === device.unit);
      if (wasHeard(device)) {
        ofDevices.push(...(await this.#signalTrials(device)));
        if (!settled) ofDevices.push(...(await this.#gapTrial(device)));
      } else if (!settled) ofDevices.push(await this.#unitTrial(device));
    }
    const all = oncePerBus(this.#bus, [...unasked, ...ofLine, ...ofDevices]);
    return this.#withSettings(await this.#withFraming(all));
  }

  readonly #ask: Ask = (question: Question, options: AskOptions): Promise<Answer> =>
    this.#asker.ask(question, options);

  async #listen(): Promise<Diagnosis[]> {
    const first = judgeUnasked(await this.#asker.listen(listenMs));
    if (first.kind === 'quiet') return [];
    // A late reply to what the bus had asked comes once; what speaks by itself goes on.
    const said = judgeUnasked(await this.#asker.listen(listenMs));
    if (said.kind === 'modbus') {
      const units = said.units.join(', ');
      return [
        ofBus(this.#bus, 'other-master', {
          ko: `묻지 않았는데 국번 ${units}의 프레임이 들림`,
          en: `frames of unit ${units} were heard although nothing was asked`,
        }),
      ];
    }
    if (said.kind !== 'text') return [];
    const evidence = { ko: `받은 글자 ${said.sample}`, en: `it says ${said.sample}` };
    return [ofBus(this.#bus, 'not-modbus', evidence)];
  }

  /** Frames came damaged, or a device that answers did not answer everything. */
  #isDamaged(): boolean {
    const { stats, devices } = this.#bus;
    if (!this.#line) return false;
    if ((stats?.strayBytes ?? 0) > 0) return devices.some(wasHeard);
    if (stats?.units.some(({ checksumErrors }) => checksumErrors > 0) === true) return true;
    const gap = ({ error }: SignalEvidence): boolean =>
      error !== null && error.code !== 'modbus-exception';
    return devices.some((device) => wasHeard(device) && device.signals.some(gap));
  }

  /** Well or damaged: a dead unit tells nothing of the line. */
  #spoke(device: DeviceEvidence): boolean {
    const unit = this.#bus.stats?.units.find((one) => one.unit === device.unit);
    return wasHeard(device) || (unit?.malformed ?? 0) > 0;
  }

  async #lineTrials(): Promise<Diagnosis[]> {
    const questions = new Map(
      this.#bus.devices
        .filter((device) => this.#spoke(device))
        .map((device) => [device.unit, { long: longRead(device), failed: failedReads(device) }]),
    );
    const shares = await measureLine(questions, this.#ask, this.#bus.config.timeoutMs);
    return judgeLine(shares).map(({ cause, unit }) => {
      const told = shares.filter((share) => unit === null || share.unit === unit);
      const device = this.#bus.devices.find((one) => one.unit === unit) ?? null;
      const evidence = lineText(told);
      if (device === null) return ofBus(this.#bus, cause, evidence);
      return ofDevice(this.#bus, device, { cause, evidence, remedy: null });
    });
  }

  /** A device that answers some of its reads and not others. */
  async #gapTrial(device: DeviceEvidence): Promise<Diagnosis[]> {
    const { timeoutMs } = this.#bus.config;
    for (const asked of failedReads(device)) {
      const told = await tryQuestion(asked, { ask: this.#ask, timeoutMs, line: this.#line });
      if (told !== null) return [ofDevice(this.#bus, device, told)];
    }
    return [];
  }

  /** Behind a host that says nothing sensible, the other framing may be spoken. */
  async #withFraming(found: readonly Diagnosis[]): Promise<Diagnosis[]> {
    const { config, devices } = this.#bus;
    const [device] = devices;
    const mute = !devices.some(wasHeard) && found.every(({ cause }) => framingLike.has(cause));
    if (!mute || device === undefined || isSerial(config) || this.#options.stop.aborted)
      return [...found];
    await this.#asker.close();
    const other = this.#line ? 'tcp' : 'rtu';
    const asker = new Asker(rawOpener(config), other);
    try {
      const { timeoutMs } = config;
      const { kind } = await asker.ask(firstQuestion(device), { timeoutMs });
      if (kind !== 'words' && kind !== 'exception') return [...found];
    } catch (error) {
      if (!(error instanceof PpuriError)) throw error;
      return [...found];
    } finally {
      await asker.close();
    }
    const framing = other === 'rtu' ? 'RTU' : 'Modbus TCP';
    const type = other === 'rtu' ? 'modbus-rtu-tcp' : 'modbus-tcp';
    const evidence = {
      ko: `국번 ${device.unit}이(가) ${framing} 프레임에는 응답`,
      en: `unit ${device.unit} answers in frames of ${framing}`,
    };
    return [{ ...ofBus(this.#bus, 'wrong-framing', evidence), remedy: `type: ${type}` }];
  }

  async #unitTrial(device: DeviceEvidence): Promise<Diagnosis> {
    const { devices, config } = this.#bus;
    const gateway = device.signals.find(({ error }) => isGatewayWord(error))?.error;
    if (gateway !== undefined && gateway !== null) {
      const evidence = { ko: koreanNote(gateway.message), en: gateway.message };
      return ofDevice(this.#bus, device, { cause: 'gateway-target', evidence, remedy: null });
    }
    const configured = devices.map(({ unit }) => unit);
    const near = [device.unit - 1, device.unit + 1, ...numbers(1, lastStranger)];
    const strangers = [...new Set(near)].filter((u) => u > 0 && u < 248 && !configured.includes(u));
    const trial = await trySilentUnit(device, {
      ask: this.#ask,
      timeoutMs: config.timeoutMs,
      neighboursAnswer: devices.some((other) => other !== device && wasHeard(other)),
      strangers,
      line: this.#line,
    });
    return ofDevice(this.#bus, device, trial);
  }

  async #signalTrials(device: DeviceEvidence): Promise<Diagnosis[]> {
    const { timeoutMs } = this.#bus.config;
    const ask = (question: Question): Promise<Answer> => this.#ask(question, { timeoutMs });
    const { stop } = this.#options;
    const found = await trySignals(device.unit, device.signals, ask, stop);
    const byRemedy = Map.groupBy(found, ({ trial }) => groupOf(trial));
    return [...byRemedy.values()].map((group) => {
      const [first] = group as [(typeof found)[number]];
      const { cause, remedy } = first.trial;
      const text = group.map((one) => `${one.evidence.signal.name} ${one.trial.seen}`).join('; ');
      const one = group.length === 1 || cause === 'word-order' ? remedy : null;
      const told = { cause, evidence: { ko: koreanNote(text), en: text }, remedy: one };
      const signals = group.map(({ evidence }) => evidence.signal.name);
      return { ...ofDevice(this.#bus, device, told), signals };
    });
  }

  /** Where the whole line is silent or garbled, other settings may be why. */
  async #withSettings(found: readonly Diagnosis[]): Promise<Diagnosis[]> {
    const { config, devices } = this.#bus;
    const doubtful = found.some(({ cause }) => cause === 'line-silent' || cause === 'baud-rate');
    if (!doubtful || !isSerial(config) || !this.#options.trySettings) return [...found];
    await this.#asker.close();
    const configured = devices.map(({ unit }) => unit);
    const scan = await scanSettings({
      open: serialOpener(config),
      settings: likelySettings().filter((one) => settingText(one) !== settingText(config)),
      units: [...new Set([...configured, 1])],
      timeoutMs: settingsTimeoutMs,
      listenMs: 0,
      stop: this.#options.stop,
    });
    if (scan.found?.kind !== 'modbus') return [...found];
    const { settings, unit } = scan.found;
    const cause: CauseId = settings.baudRate === config.baudRate ? 'parity' : 'baud-rate';
    const text = settingText(settings);
    const evidence = {
      ko: `${settingText(config)}에서는 조용하고 ${text}에서 국번 ${unit} 응답`,
      en: `silent at ${settingText(config)}, unit ${unit} answers at ${text}`,
    };
    const { baudRate, parity, stopBits } = settings;
    const remedy = `baudRate: ${baudRate}, parity: ${parity}, stopBits: ${stopBits}`;
    const rest = found.filter((one) => one.cause !== 'line-silent' && one.cause !== 'baud-rate');
    return [{ ...ofBus(this.#bus, cause, evidence), remedy }, ...rest];
  }
}

/** Signals with one cause belong together; each order is a remedy of its own. */
function groupOf({ cause, remedy }: SignalTrial): string {
  return cause === 'word-order' ? `${cause} ${remedy}` : cause;
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** From the first registers of the device on, as long as its own signals reach without a hole. */
function longRead({ unit, signals }: DeviceEvidence): Question {
  const words = signals
    .filter((one) => one.words !== null)
    .map(({ signal }) => signal)
    .filter(({ table }) => table === 'holding' || table === 'input')
    .sort((a, b) => a.address - b.address);
  const first = words[0] ?? signals[0]?.signal;
  if (first === undefined) return { unit, table: 'holding', address: 0, count: 1 };
  let end = first.address + first.count;
  for (const next of words) {
    const joins = next.table === first.table && next.address <= end;
    if (joins && next.address + next.count - first.address <= longestWords) {
      end = Math.max(end, next.address + next.count);
    }
  }
  return { unit, table: first.table, address: first.address, count: end - first.address };
}

const mostFailed = 4;

/** Reads that got no reply at all, or none that was whole. */
function failedReads({ unit, signals }: DeviceEvidence): Question[] {
  return signals
    .filter(({ error }) => error !== null && error.code !== 'modbus-exception')
    .slice(0, mostFailed)
    .map(({ signal: { table, address, count } }) => ({ unit, table, address, count }));
}

function lineText(shares: readonly LineShare[]): Text {
  const share = (ko: boolean): string => shares.map((one) => shareText(one, ko)).join('; ');
  return { ko: share(true), en: share(false) };
}

function shareText(share: LineShare, ko: boolean): string {
  const { unit, asked, damaged, doubled, longAsked, longDamaged, overheard, sevenBits } = share;
  const more: (readonly [number, string, string])[] = [
    [overheard, '다른 마스터의 요청', 'with a request of another master'],
    [sevenBits, '최상위 비트 없음', 'without bit 7'],
  ];
  const rest = more
    .filter(([count]) => count > 0)
    .map(([count, inKo, inEn]) => (ko ? `, ${inKo} ${count}` : `, ${count} ${inEn}`))
    .join('');
  return ko
    ? `국번 ${unit}: ${asked}번 중 손상 ${damaged} (긴 읽기 ${longAsked}번 중 ${longDamaged}), 이중 응답 ${doubled}${rest}`
    : `unit ${unit}: ${damaged} of ${asked} damaged (${longDamaged} of ${longAsked} long ones), ${doubled} answered twice${rest}`;
}

function ofBus({ name }: BusEvidence, cause: CauseId, evidence: Text): Diagnosis {
  const nobody = { machine: null, device: null, unit: null, signals: [] };
  return { cause, bus: name, ...nobody, evidence, remedy: null };
}

function ofDevice(
  { name }: BusEvidence,
  { machine, device, unit }: DeviceEvidence,
  { cause, evidence, remedy }: UnitTrial,
): Diagnosis {
  return { cause, bus: name, machine, device, unit, signals: [], evidence, remedy };
}
