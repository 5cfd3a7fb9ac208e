/** The questions of `ppuri init`, in the order in which a technician knows the answers. */
import { readdir } from 'node:fs/promises';
import { PpuriError } from '../../config/errors.ts';
import type { BusConfig } from '../../config/schema.ts';
import type { Text } from '../records.ts';
import { busUrl, parseBusUrl } from '../survey/bus-url.ts';
import type { LinePrompt } from './ask-line.ts';
import { kindOf, kindWords, modelOffers, profileOffers, profileOrNull } from './init-catalog.ts';
import {
  type Draft,
  type DraftDevice,
  type DraftMachine,
  type DraftReject,
  gatewayName,
  isName,
  standard,
} from './init-draft.ts';
import { type FlagBus, panelFlag, rejectFlag } from './init-flags.ts';
import { type Look, lookAround, machineGuess } from './init-scan.ts';
import { initWords as words } from './init-words.ts';
import { failureLines } from './output.ts';
import type { Progress } from './progress.ts';
import type { Language } from './words.ts';

export interface WizardOptions {
  readonly prompt: LinePrompt;
  readonly progress: Progress;
  readonly lang: Language;
  /** Directory of the file, from which profiles by path are taken. */
  readonly base: string;
  /** What flags have answered already. */
  readonly given: Partial<Pick<Draft, 'gateway' | 'site' | 'panel' | 'store'>>;
}

/** An answer, or what is wrong with it. */
type Read<T> = { readonly value: T } | { readonly wrong: string };

export class Wizard {
  readonly #prompt: LinePrompt;
  readonly #options: WizardOptions;
  readonly #lang: Language;
  readonly #offers = profileOffers();
  /** Addresses given so far: several machines on one bus are the rule. */
  readonly #buses: FlagBus[] = [];
  readonly #looks = new Map<string, Look>();

  constructor(options: WizardOptions) {
    this.#options = options;
    this.#prompt = options.prompt;
    this.#lang = options.lang;
  }

  /** Rejects with Interrupted. */
  async draft(): Promise<Draft> {
    const { given } = this.#options;
    this.#prompt.say(this.#text(words.begin));
    const gateway = given.gateway ?? (await this.#name(words.gateway, gatewayName()));
    const site = given.site ?? (await this.#name(words.site, standard.site));
    const store = given.store ?? (await this.#store());
    const machines: DraftMachine[] = [];
    do machines.push(await this.#machine(machines, store));
    while (await this.#yes(words.another, false));
    const panel = given.panel === undefined ? await this.#panel() : given.panel;
    const settled = machines.map((machine) => this.#settled(machine));
    return { gateway, site, lang: this.#lang, panel, store, machines: settled };
  }

  /** With the serial settings that a search has found, wherever the bus is named. */
  #settled(machine: DraftMachine): DraftMachine {
    const found = (bus: BusConfig): BusConfig => this.#looks.get(busUrl(bus))?.bus ?? bus;
    const devices = machine.devices.map((device) => ({ ...device, bus: found(device.bus) }));
    return { ...machine, bus: found(machine.bus), devices };
  }

  /** Whether the file is to be written as shown. */
  confirm(text: string): Promise<boolean> {
    this.#prompt.say(`\n${text}`);
    return this.#yes(words.write, true);
  }

  #text(text: Text): string {
    return text[this.#lang];
  }

  async #ask<T>(question: Text, standing: string, read: (text: string) => Read<T>): Promise<T> {
    for (;;) {
      const shown = standing === '' ? '' : ` [${standing}]`;
      const typed = await this.#prompt.ask(`${this.#text(question)}${shown}: `);
      const answer = read(typed === '' ? standing : typed);
      if ('value' in answer) return answer.value;
      this.#prompt.say(`  ${answer.wrong}`);
    }
  }

  #name(question: Text, standing: string, taken: readonly string[] = []): Promise<string> {
    return this.#ask(question, standing, (text) => {
      if (!isName(text)) return { wrong: this.#text(words.badName) };
      return taken.includes(text) ? { wrong: this.#text(words.taken) } : { value: text };
    });
  }

  #yes(question: Text, standing: boolean): Promise<boolean> {
    return this.#ask(
      { ko: `${question.ko} (y/n)`, en: `${question.en} (y/n)` },
      standing ? 'y' : 'n',
      (text) => {
        if (/^(?:y|yes|예|네|ㅛ)$/i.test(text)) return { value: true };
        return /^(?:n|no|아니요|아니오|ㅜ)$/i.test(text)
          ? { value: false }
          : { wrong: this.#text(words.yesOrNo) };
      },
    );
  }

  async #machine(before: readonly DraftMachine[], store: string): Promise<DraftMachine> {
    this.#prompt.say('');
    const ids = before.map(({ id }) => id);
    const id = await this.#name(words.machine, '', ids);
    const name = await this.#ask(words.machineName, '', (text) => ({
      value: text === '' ? null : text,
    }));
    const bus = await this.#bus();
    const look = await this.#look(bus);
    const used = before.filter((one) => busUrl(one.bus) === busUrl(bus.config));
    const taken = new Set(used.map(({ unit }) => unit));
    const unit = await this.#unit(look?.units.map((one) => one.unit) ?? [], taken);
    const found = look?.units.find((one) => one.unit === unit);
    const machines = this.#offers.filter(({ kind }) => kind === 'machine').map((one) => one.id);
    const guess = found === undefined ? null : machineGuess(found, machines);
    const profile = await this.#profile(true, bus, guess ?? before.at(-1)?.profile ?? null, guess);
    const model = await this.#model(profile, store);
    const reject = await this.#reject();
    const devices = await this.#devices(bus);
    return { id, name, profile, bus: bus.config, unit, model, reject, devices };
  }

  async #bus(): Promise<FlagBus> {
    this.#prompt.say(`  ${this.#text(words.busHelp)}`);
    for (const [index, { config }] of this.#buses.entries())
      this.#prompt.say(`  ${index + 1}) ${busUrl(config)}`);
    for (const path of await serialPorts()) this.#prompt.say(`  rtu://${path}`);
    const last = this.#buses.at(-1);
    const bus = await this.#ask(words.bus, last === undefined ? '' : busUrl(last.config), (text) =>
      this.#readBus(text),
    );
    if (!this.#buses.includes(bus)) this.#buses.push(bus);
    return bus;
  }

  #readBus(text: string): Read<FlagBus> {
    const known =
      this.#buses[Number(text) - 1] ?? this.#buses.find(({ config }) => busUrl(config) === text);
    if (known !== undefined) return { value: known };
    try {
      const address = /^\d+(?:\.\d+){3}(?::\d+)?$/.test(text) ? `tcp://${text}` : text;
      const given = new Set(new URLSearchParams(/\?(.*)$/.exec(address)?.[1] ?? '').keys());
      return { value: { config: parseBusUrl(address), given } };
    } catch (thrown) {
      if (!(thrown instanceof PpuriError)) throw thrown;
      return { wrong: failureLines(thrown, this.#lang).join('\n  ') };
    }
  }

  /** Null: not wanted, or nothing to be had; that is no reason to end. */
  async #look(bus: FlagBus): Promise<Look | null> {
    const { progress } = this.#options;
    const known = this.#looks.get(busUrl(bus.config));
    if (known !== undefined) return known;
    if (!(await this.#yes(words.look, true))) return null;
    this.#prompt.say(`  ${this.#text(words.looking)}`);
    try {
      const look = await this.#prompt.during((stop) =>
        lookAround({ bus, lang: this.#lang, progress, stop }),
      );
      for (const line of look.lines) this.#prompt.say(`  ${line}`);
      this.#looks.set(busUrl(bus.config), look);
      return look;
    } catch (thrown) {
      if (!(thrown instanceof PpuriError)) throw thrown;
      for (const line of failureLines(thrown, this.#lang)) this.#prompt.say(`  ${line}`);
      return null;
    }
  }

  #unit(found: readonly number[], taken: ReadonlySet<number>): Promise<number> {
    const free = found.find((unit) => !taken.has(unit));
    return this.#ask(words.unit, String(free ?? 1), (text) =>
      /^\d{1,3}$/.test(text) && Number(text) <= 255
        ? { value: Number(text) }
        : { wrong: this.#text(words.badUnit) },
    );
  }

  #profile(
    machine: boolean,
    { config }: FlagBus,
    standing: string | null,
    guess: string | null,
  ): Promise<string> {
    const offers = this.#offers.filter(({ kind }) => (kind === 'machine') === machine);
    this.#prompt.say(`  ${this.#text(words.kinds)}`);
    for (const [index, { id, title, kind }] of offers.entries()) {
      const sure = id === guess ? ` ← ${this.#text(words.guessed)}` : '';
      const what = `${title[this.#lang]} · ${kindWords[kind][this.#lang]} · ${id}`;
      this.#prompt.say(`  ${index + 1}) ${what}${sure}`);
    }
    const first = offers.findIndex(({ id }) => id === standing) + 1;
    const shown = first > 0 ? String(first) : (standing ?? '');
    return this.#ask(words.kind, shown, (text) => {
      const id = offers[Number(text) - 1]?.id ?? text;
      const profile = profileOrNull(id, this.#options.base);
      if (profile === null) return { wrong: this.#text(words.badChoice) };
      const kind = kindOf(profile);
      if ((kind === 'machine') !== machine)
        return { wrong: this.#text(machine ? words.notMachine : words.notDevice) };
      const speaksText = profile.line !== undefined;
      return speaksText === config.type.startsWith('serial-line')
        ? { value: id }
        : { wrong: this.#text(words.wrongBus) };
    });
  }

  async #model(reference: string, store: string): Promise<string | null> {
    const profile = profileOrNull(reference, this.#options.base);
    const offers = profile === null ? [] : await modelOffers(profile, store);
    if (offers.length === 0) return null;
    this.#prompt.say(`  ${this.#text(words.models)}`);
    this.#prompt.say(`  0) ${this.#text(words.noModel)}`);
    for (const [index, { name, version, trainedOn }] of offers.entries())
      this.#prompt.say(`  ${index + 1}) ${name} ${version}${trainedText(trainedOn, this.#lang)}`);
    return this.#ask(words.model, '0', (text) => {
      if (text === '0') return { value: null };
      const offer = offers[Number(text) - 1] ?? offers.find(({ name }) => name === text);
      return offer === undefined ? { wrong: this.#text(words.badChoice) } : { value: offer.name };
    });
  }

  #reject(): Promise<DraftReject | null> {
    return this.#ask(words.reject, '', (text) => {
      if (text === '') return { value: null };
      try {
        return { value: rejectFlag(text) };
      } catch {
        return { wrong: this.#text(words.badReject) };
      }
    });
  }

  async #devices(machineBus: FlagBus): Promise<DraftDevice[]> {
    const devices: DraftDevice[] = [];
    while (await this.#yes(words.more, false)) {
      const taken = ['plc', ...devices.map((one) => one.name)];
      const name = await this.#name(words.device, '', taken);
      const bus = await this.#bus();
      const speaksText = bus.config.type.startsWith('serial-line');
      const look = speaksText || bus === machineBus ? null : await this.#look(bus);
      const unit = speaksText ? 1 : await this.#unit([], new Set());
      const guess = look?.units.find((one) => one.unit === unit)?.maybe[0]?.profile ?? null;
      const profile = await this.#profile(false, bus, guess, guess);
      devices.push({ name, profile, bus: bus.config, unit });
    }
    return devices;
  }

  #panel(): Promise<string | null> {
    const choices = [standard.panel, '0.0.0.0:8787', null] as const;
    const titles = [words.panelHere, words.panelAll, words.panelNone];
    for (const [index, title] of titles.entries())
      this.#prompt.say(`  ${index + 1}) ${this.#text(title)}  ${choices[index] ?? ''}`.trimEnd());
    return this.#ask(words.panel, '1', (text) => {
      const choice = choices[Number(text) - 1];
      if (choice !== undefined) return { value: choice };
      try {
        return { value: panelFlag(text) };
      } catch {
        return { wrong: this.#text(words.badPanel) };
      }
    });
  }

  #store(): Promise<string> {
    return this.#ask(words.store, standard.store, (text) =>
      text.startsWith('/') ? { value: text } : { wrong: this.#text(words.badPath) },
    );
  }
}

function trainedText(source: string | null, lang: Language): string {
  if (source === null) return '';
  if (/simulat/i.test(source))
    return lang === 'ko'
      ? ' · 모의 설비로 학습한 연습용'
      : ' · trained on simulated machines, to practise with';
  return lang === 'ko' ? ` · 학습 자료: ${source}` : ` · trained on: ${source}`;
}

/** Names that stay when adapters change places. */
async function serialPorts(dir = '/dev/serial/by-id'): Promise<string[]> {
  try {
    return (await readdir(dir)).sort().map((name) => `${dir}/${name}`);
  } catch {
    return [];
  }
}
