/** Serving simulated machines until something ends it, and telling what happens meanwhile. */
import type { Profile } from '../../config/profile.ts';
import { type MadeShot, type Plant, startPlant } from '../simulator/plant.ts';
import type { ReplayReport } from '../simulator/replay.ts';
import type { ServedReply } from '../simulator/replier.ts';
import { interrupted } from './interrupt.ts';
import type { Output } from './output.ts';
import { plantOptionsOf, type SimulateOptions } from './simulate-options.ts';

const countEveryMs = 5000;

interface Tally {
  shots: number;
  defects: number;
  suppressed: number;
  writes: number;
}

/** Throws PpuriError. */
export async function servePlant(
  output: Output,
  profile: Profile,
  options: SimulateOptions,
): Promise<void> {
  const plantOptions = plantOptionsOf(profile, options);
  const stop = interrupted();
  try {
    const plant = await startPlant(plantOptions);
    await serveUntil(stop.signal, plant, profile, output, options);
  } finally {
    stop.dispose();
  }
}

async function serveUntil(
  signal: Promise<unknown>,
  plant: Plant,
  profile: Profile,
  output: Output,
  options: SimulateOptions,
): Promise<void> {
  const tally: Tally = { shots: 0, defects: 0, suppressed: 0, writes: 0 };
  const json = options.json === true;
  const ended = watch(plant, options.machines, tally, output, json);
  announce(plant, profile, options, output, json);
  const hasShots = profile.cycle !== undefined;
  const counting = setInterval(() => {
    if (!json && hasShots) output.note(tallyLine(tally));
  }, countEveryMs);
  const over = options.for === undefined ? [] : [elapsed(options.for)];
  try {
    await Promise.race([signal, ended, ...over]);
  } finally {
    clearInterval(counting);
    await plant.stop();
  }
  if (json) output.json({ stopped: { ...(hasShots ? tally : {}), bus: plant.counts() } });
  else
    for (const line of [...(hasShots ? [tallyLine(tally)] : []), ...busLines(plant)])
      output.line(line);
}

/** Unreferenced: it must not keep a stopped simulator alive. */
export function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

/** Settles when every machine's log has been read to its end. */
function watch(
  plant: Plant,
  machines: number,
  tally: Tally,
  output: Output,
  json: boolean,
): Promise<void> {
  plant.on('shot', (shot) => {
    tally.shots += 1;
    if (shot.suppressed !== null) tally.suppressed += 1;
    else if (shot.truth.defect === true) tally.defects += 1;
    if (json) output.json({ shot: shotJson(shot) });
  });
  plant.on('write', (write) => {
    tally.writes += 1;
    if (json) output.json({ write });
    else output.line(`unit ${write.unit}: ${write.table} ${write.address} = ${write.values}`);
  });
  plant.on('tampered', (reply) => {
    if (json) output.json({ fault: faultJson(reply) });
  });
  return new Promise((resolve) => {
    let left = machines;
    plant.on('ended', () => {
      left -= 1;
      if (left === 0) resolve();
    });
  });
}

function shotJson({ machine, shot, index, mold, truth, suppressed, values }: MadeShot) {
  return { machine, shot, index, mold, ...truth, suppressed, values };
}

function faultJson({ request, fault }: ServedReply) {
  const { number, atMs, connection, unit, functionCode, address, count } = request;
  return { fault, number, atMs, connection, unit, functionCode, address, count };
}

function announce(
  plant: Plant,
  profile: Profile,
  options: SimulateOptions,
  output: Output,
  json: boolean,
): void {
  const { address, host, port } = plant;
  const units = Array.from({ length: options.machines }, (_, i) => options.unit + i);
  const replays = Object.fromEntries(plant.replays);
  if (json) {
    output.json({ listening: { address, host, port, profile: profile.id, units }, replays });
    return;
  }
  output.line(`${profile.id} on ${address}, unit ${units.join(', ')} (Ctrl-C ends it)`);
  for (const report of plant.replays.values())
    for (const line of replayLines(report)) output.line(line);
}

function replayLines(report: ReplayReport): string[] {
  const { rows, mapped, unmappedSignals, unusedColumns, rounded, timeColumns } = report;
  const list = (names: readonly string[]): string =>
    names.length === 0 ? 'none' : names.join(', ');
  return [
    `replaying ${rows} rows, timed by ${list(timeColumns)}`,
    `  columns: ${list(mapped.map(({ signal, column }) => `${signal} = ${column}`))}`,
    `  signals without a column (they read as missing): ${list(unmappedSignals)}`,
    `  columns not used: ${list(unusedColumns)}`,
    ...rounded.map(({ signal, count }) => `  ${signal}: ${count} values rounded to the register`),
    ...(report.shortenedGaps > 0 ? [`  ${report.shortenedGaps} long gaps shortened`] : []),
  ];
}

function busLines(plant: Plant): string[] {
  const { requests, replies, faults } = plant.counts();
  return [`${requests} requests, ${replies} with a reply due`, ...faultLines(faults)];
}

/** `spoiled: late 3, echo 1`; nothing where nothing was. */
export function faultLines(faults: Readonly<Record<string, number>>): string[] {
  const counted = Object.entries(faults).map(([name, count]) => `${name} ${count}`);
  return counted.length === 0 ? [] : [`spoiled: ${counted.join(', ')}`];
}

function tallyLine({ shots, defects, suppressed, writes }: Tally): string {
  return `${shots} shots, ${defects} defects, ${suppressed} suppressed, ${writes} writes received`;
}
