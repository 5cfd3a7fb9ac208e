/** What each machine of a configuration must keep: its devices, profile, model and reject fit. */
import { parseAddress, wordsOf } from './address.ts';
import { carbonProblems } from './carbon-rules.ts';
import { type Checked, deviceProfile } from './clashes.ts';
import { energyProblems } from './energy-rules.ts';
import { PpuriError } from './errors.ts';
import { type FitFacts, modelFit } from './model-fit.ts';
import { suggest } from './nearest.ts';
import { hasAllDevices, isSound, isWhole, type MachinePart } from './parts.ts';
import type { Problem } from './problem.ts';
import type { FeatureSpec, Profile } from './profile.ts';
import { limitProblems } from './profile-rules.ts';
import type { DeviceConfig, MachineConfig, ModelsConfig, RejectConfig } from './schema.ts';
import { textHint } from './signal-rules.ts';
import type { Path } from './source.ts';
import { modelsNamed } from './trial-schema.ts';

/** As much of a model's manifest as a configuration must fit. */
export interface ModelFacts {
  readonly manifest: FitFacts;
}

/** Where a model given by name or path is looked for. */
export interface ModelPlace {
  /** Directory of the configuration file; paths are taken from it. */
  readonly configDir: string;
  readonly storePath: string;
  /** Which bundles the site takes; absent: nobody asks who signed one. */
  readonly models?: ModelsConfig;
}

/** Null: there is no such model. A PpuriError thrown: there is, but it is not one. */
export type FindModel = (
  nameOrPath: string,
  place: ModelPlace,
) => Promise<ModelFacts | null> | ModelFacts | null;

/** All points of a curve read the same: what is wrong with one is told once. */
function isFirstPoint([, { point = 0 }]: readonly [string, FeatureSpec]): boolean {
  return point === 0;
}

class MachineRules {
  readonly problems: Problem[] = [];
  readonly warnings: Problem[] = [];
  readonly #checked: Checked;
  readonly #part: MachinePart;
  readonly #machine: MachineConfig;
  readonly #path: Path;
  readonly #profile: Profile | null;

  constructor(checked: Checked, part: MachinePart) {
    this.#checked = checked;
    this.#part = part;
    this.#machine = part.machine;
    this.#path = ['machines', part.index];
    this.#profile = isSound(part, 'profile') ? checked.profileOf(part.machine.profile) : null;
  }

  #value(path: Path, message: string, hint = ''): void {
    this.problems.push(this.#checked.source.atValue([...this.#path, ...path], message, hint));
  }

  #key(path: Path, message: string, hint = ''): void {
    this.problems.push(this.#checked.source.atKey([...this.#path, ...path], message, hint));
  }

  devices(): void {
    const { devices } = this.#machine;
    const buses = [...this.#checked.parts.buses.keys()];
    for (const [name, device] of Object.entries(devices)) {
      if (isSound(this.#part, 'devices', name, 'bus') && !buses.includes(device.bus))
        this.#value(
          ['devices', name, 'bus'],
          `there is no bus "${device.bus}"`,
          suggest(device.bus, buses, 'the buses are'),
        );
      if (name !== 'plc') this.#accessory(name, device);
    }
    const { plc } = devices;
    if (plc === undefined) {
      if (!hasAllDevices(this.#part)) return;
      this.#key(['devices'], 'has no "plc"', 'the device that is the machine itself is called plc');
    } else if (
      isSound(this.#part, 'profile') &&
      plc.profile !== undefined &&
      plc.profile !== this.#machine.profile
    )
      this.#value(
        ['devices', 'plc', 'profile'],
        `differs from the machine's, "${this.#machine.profile}"`,
        'plc is the machine itself; remove this line',
      );
  }

  #accessory(name: string, device: DeviceConfig): void {
    if (!isSound(this.#part, 'devices', name, 'profile')) return;
    const profile = this.#checked.profileOf(deviceProfile(this.#machine, device));
    if (device.profile === undefined)
      this.#key(['devices', name], 'has no profile', 'e.g. profile: eastron-sdm630');
    else if (profile?.cycle !== undefined)
      this.#value(
        ['devices', name, 'profile'],
        `"${device.profile}" is a machine's profile`,
        'give it a machine of its own, or the profile of a meter or controller',
      );
  }

  profile(): void {
    const profile = this.#profile;
    if (profile === null) return;
    if (profile.cycle === undefined)
      this.#value(
        ['profile'],
        `"${profile.id}" has no cycle, so it cannot be a machine`,
        'it belongs under devices; give the machine its own profile',
      );
    for (const [name, feature] of Object.entries(profile.features).filter(isFirstPoint))
      this.#elsewhere(`feature "${name}"`, feature.from);
    for (const rule of profile.suppress)
      if ('when' in rule) this.#elsewhere(`the rule "${rule.reason}"`, rule.when.signal);
  }

  /** `meter.activePower` must be a signal of the machine's device `meter`. */
  #elsewhere(reader: string, reference: string): void {
    const [name = '', signal] = reference.split('.');
    if (signal === undefined) return;
    const { devices } = this.#machine;
    const device = devices[name];
    const reads = `${reader} of the profile reads ${reference}`;
    if (device === undefined) {
      if (!hasAllDevices(this.#part)) return;
      const names = Object.keys(devices);
      this.#key(
        ['devices'],
        `${reads}, but there is no device "${name}"`,
        suggest(name, names, 'the devices are'),
      );
      return;
    }
    if (!isSound(this.#part, 'devices', name, 'profile')) return;
    const specs = this.#checked.profileOf(deviceProfile(this.#machine, device))?.signals ?? {};
    const signals = Object.keys(specs);
    if (specs[signal]?.type === 'text')
      this.#key(['devices', name], `${reads}, which is a text, not a number`, textHint);
    if (signals.length > 0 && !signals.includes(signal))
      this.#key(
        ['devices', name],
        `${reads}, which it does not have`,
        suggest(signal, signals, 'its signals are', 'all under signals in its profile'),
      );
  }

  limits(): void {
    const { limits } = this.#machine;
    if (typeof limits === 'string' || this.#profile === null) return;
    const { source } = this.#checked;
    this.problems.push(...limitProblems(limits, [...this.#path, 'limits'], this.#profile, source));
  }

  deadlines(): void {
    const { deadlineMs, hardLimitMs } = this.#machine;
    if (!isSound(this.#part, 'deadlineMs') || !isSound(this.#part, 'hardLimitMs')) return;
    if (hardLimitMs >= deadlineMs) return;
    const given = this.#checked.source.has([...this.#path, 'hardLimitMs']);
    this.#value(
      [given ? 'hardLimitMs' : 'deadlineMs'],
      `hardLimitMs ${hardLimitMs} is below deadlineMs ${deadlineMs}`,
      'inference would be killed before it is late',
    );
  }

  reject(): void {
    const { reject, devices } = this.#machine;
    if (reject === undefined) return;
    const names = Object.keys(devices);
    const isNamed = isSound(this.#part, 'reject', 'device');
    if (isNamed && hasAllDevices(this.#part) && !names.includes(reject.device)) {
      const hint = suggest(reject.device, names, 'the devices are');
      this.#value(['reject', 'device'], `there is no device "${reject.device}"`, hint);
    }
    if (!isWhole(this.#part, 'reject')) return;
    if (reject.coil !== undefined && reject.register !== undefined)
      this.#key(['reject'], 'has both a coil and a register', 'keep the one the PLC listens to');
    if (reject.coil === undefined && reject.register === undefined)
      this.#key(['reject'], 'says neither coil nor register', 'add e.g. coil: 0');
    if (reject.register !== undefined) this.#measured(reject, reject.register);
  }

  /** A register that is read as a measurement must never be written. */
  #measured(reject: RejectConfig, register: number): void {
    const device = this.#machine.devices[reject.device];
    if (device === undefined || !isSound(this.#part, 'devices', reject.device, 'profile')) return;
    const profile = this.#checked.profileOf(deviceProfile(this.#machine, device));
    for (const [name, signal] of Object.entries(profile?.signals ?? {})) {
      const at = parseAddress(signal.at);
      if (at?.table !== 'holding' || at.bit !== null) continue;
      if (register < at.address || register >= at.address + wordsOf(signal.type, signal.length))
        continue;
      const message = `holding ${register} is read as "${name}" and must not be written`;
      this.#value(['reject', 'register'], message, 'ask who programs the PLC for a free register');
    }
  }

  async models(findModel: FindModel, place: ModelPlace): Promise<void> {
    const { model } = this.#machine;
    for (const { mold, name } of modelsNamed(model))
      await this.#model(modelPath(model, mold), name, { findModel, place });
    const molds = typeof model === 'object' ? Object.keys(model.molds) : [];
    if (molds.length === 0 || this.#profile === null || this.#profile.cycle?.mold !== undefined)
      return;
    const hint = 'give one model; or name the mold signal under cycle in the profile';
    this.#key(['model', 'molds'], `profile "${this.#profile.id}" does not tell the mold`, hint);
  }

  async #model(path: Path, name: string, { findModel, place }: ModelSearch): Promise<void> {
    try {
      const found = await findModel(name, place);
      const hint =
        '`ppuri model list` shows the models there are; leave it out for rule limits only';
      if (found === null) this.#value(path, `there is no model "${name}"`, hint);
      else this.#modelFeatures(path, found);
    } catch (thrown) {
      if (!(thrown instanceof PpuriError)) throw thrown;
      this.#value(path, thrown.message, thrown.hint);
    }
  }

  #modelFeatures(path: Path, { manifest }: ModelFacts): void {
    if (this.#profile === null) return;
    const { errors, warnings } = modelFit(manifest, this.#profile);
    for (const { message, hint } of errors) this.#value(path, message, hint);
    const whole = [...this.#path, ...path];
    for (const { message, hint } of warnings)
      this.warnings.push(this.#checked.source.atValue(whole, message, hint));
  }
}

interface ModelSearch {
  readonly findModel: FindModel;
  readonly place: ModelPlace;
}

/** Where a machine names the model of this mold. */
function modelPath(model: MachineConfig['model'], mold: string | null): Path {
  if (typeof model !== 'object') return ['model'];
  return mold === null ? ['model', 'default'] : ['model', 'molds', mold];
}

/** What is wrong with the machines, each by itself, and what is worth a look. */
export async function machineProblems(
  checked: Checked,
  findModel: FindModel,
  place: ModelPlace,
): Promise<{ readonly problems: Problem[]; readonly warnings: Problem[] }> {
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  for (const part of checked.parts.machines) {
    const rules = new MachineRules(checked, part);
    rules.devices();
    rules.profile();
    rules.limits();
    rules.deadlines();
    rules.reject();
    await rules.models(findModel, place);
    problems.push(...rules.problems, ...energyProblems(checked, part));
    problems.push(...carbonProblems(checked, part));
    warnings.push(...rules.warnings);
  }
  return { problems, warnings };
}
