/** The flags of `ppuri init` as a draft; what a scan can tell is looked for where that is asked for. */
import { PpuriError } from '../../config/errors.ts';
import { busUrl } from '../survey/bus-url.ts';
import { Interrupted } from './ask-line.ts';
import { profileOffers } from './init-catalog.ts';
import type { Draft, DraftMachine } from './init-draft.ts';
import type { FlagBus, FlagMachine } from './init-flags.ts';
import { type Look, lookAround, pickUnit } from './init-scan.ts';
import { interrupted } from './interrupt.ts';
import type { Output } from './output.ts';
import { Progress } from './progress.ts';

export interface CommonFlags extends Omit<Draft, 'machines'> {
  readonly scan: boolean;
  readonly quiet: boolean;
}

type WithBus = FlagMachine & { readonly bus: FlagBus };

/** Everything that is missing at once. */
function missing(machines: readonly FlagMachine[], scan: boolean): string[] {
  if (machines.length === 0) return ['--machine'];
  return machines.flatMap(({ id, bus, profile }) => [
    ...(bus === null ? [`--bus of ${id}`] : []),
    ...(profile === null && !scan ? [`--profile of ${id}`] : []),
  ]);
}

const hasBus = (machine: FlagMachine): machine is WithBus => machine.bus !== null;

async function looksAt(
  machines: readonly WithBus[],
  { lang, quiet }: CommonFlags,
  output: Output,
): Promise<Map<string, Look>> {
  const progress = new Progress(output, !quiet);
  const stop = interrupted();
  const abort = new AbortController();
  void stop.signal.then(() => abort.abort());
  const looks = new Map<string, Look>();
  try {
    for (const { bus } of machines) {
      const url = busUrl(bus.config);
      if (!looks.has(url))
        looks.set(url, await lookAround({ bus, lang, progress, stop: abort.signal }));
    }
    if (stop.seen() !== null) throw new Interrupted();
  } finally {
    stop.dispose();
  }
  return looks;
}

/** Throws `usage` for what is missing or cannot be found, or as `ppuri scan`; Interrupted for Ctrl-C. */
export async function draftOf(
  flags: readonly FlagMachine[],
  common: CommonFlags,
  output: Output,
): Promise<Draft> {
  const lacking = missing(flags, common.scan);
  if (lacking.length > 0)
    throw new PpuriError('usage', 'some flags are missing', {
      operation: 'write a configuration',
      subject: lacking.join(', '),
      hint: 'give them; --scan finds profiles, and without any machine flag init asks at the terminal',
    });
  const given = flags.filter(hasBus);
  const sought = given.filter(({ profile, unit }) => profile === null || unit === null);
  const looks = common.scan ? await looksAt(sought, common, output) : new Map<string, Look>();
  const offers = profileOffers().filter(({ kind }) => kind === 'machine');
  const known = offers.map(({ id }) => id);
  const machines: DraftMachine[] = [];
  for (const machine of given) {
    const look = looks.get(busUrl(machine.bus.config));
    const onBus = given.filter((one) => busUrl(one.bus.config) === busUrl(machine.bus.config));
    const before = machines.filter((one) => onBus.some(({ id }) => id === one.id));
    const taken = new Set([...onBus, ...before].flatMap(({ unit }) => unit ?? []));
    const seek = look !== undefined && sought.includes(machine);
    const found = seek ? pickUnit(machine, look, known, taken) : null;
    const { id, name, model, reject } = machine;
    const bus = look?.bus ?? machine.bus.config;
    machines.push({
      ...{ id, name, model, reject, bus },
      profile: found?.profile ?? machine.profile ?? '',
      unit: found?.unit ?? machine.unit ?? 1,
      devices: machine.devices.map((device) => ({ ...device, bus: device.bus?.config ?? bus })),
    });
  }
  const { gateway, site, lang, panel, store } = common;
  return { gateway, site, lang, panel, store, machines };
}
