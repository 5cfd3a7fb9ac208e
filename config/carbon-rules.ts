/** That fuel meters and furnaces read signals there are, at a pace of their own. */
import { type Checked, deviceProfile } from './clashes.ts';
import { suggest } from './nearest.ts';
import { isSound, type MachinePart } from './parts.ts';
import type { Problem } from './problem.ts';
import type { Path } from './source.ts';

/** What a furnace is watched by; the rest of its signals only adds to that. */
const furnaceSignal = 'bathTemperature';

export function carbonProblems(checked: Checked, part: MachinePart): Problem[] {
  const { fuels, furnace } = part.machine;
  const counters = fuels.map(({ signal }, at) => [['fuels', at, 'signal'], signal] as const);
  const energy = furnace?.energySignal;
  const problems = [
    ...counters,
    ...(energy === undefined ? [] : [[['furnace', 'energySignal'], energy] as const]),
  ].flatMap(([path, signal]) => counterProblem(checked, part, path, signal));
  if (furnace === undefined || !isSound(part, 'profile')) return problems;
  const profile = checked.profileOf(part.machine.profile);
  if (profile === null || profile.signals[furnaceSignal]?.poll === 'slow') return problems;
  const message = `profile "${profile.id}" has no signal "${furnaceSignal}" that is polled slow`;
  const hint = 'only a melting or holding furnace has this section, e.g. profile: melting-furnace';
  return [...problems, checked.source.atKey(['machines', part.index, 'furnace'], message, hint)];
}

function counterProblem(
  { source, profileOf }: Checked,
  part: MachinePart,
  path: Path,
  reference: string,
): Problem[] {
  const [first = '', second] = reference.split('.');
  const [name, signal] = second === undefined ? ['plc', first] : [first, second];
  const device = part.machine.devices[name];
  const whole = ['machines', part.index, ...path];
  if (device === undefined) {
    if (second === undefined) return [];
    const hint = suggest(name, Object.keys(part.machine.devices), 'the devices are');
    return [source.atValue(whole, `there is no device "${name}"`, hint)];
  }
  if (!isSound(part, 'profile') || !isSound(part, 'devices', name, 'profile')) return [];
  const signals = profileOf(deviceProfile(part.machine, device))?.signals;
  if (signals === undefined) return [];
  const spec = signals[signal];
  if (spec === undefined) {
    const names = Object.keys(signals);
    const hint = suggest(signal, names, 'the signals are', 'all under signals in its profile');
    return [source.atValue(whole, `there is no signal "${reference}"`, hint)];
  }
  if (spec.poll === 'slow' && spec.type !== 'text') return [];
  const why = spec.type === 'text' ? 'is a text' : 'is read once a cycle';
  const hint = 'give the counter poll: slow in the profile';
  return [source.atValue(whole, `"${reference}" ${why}, and no counter`, hint)];
}
