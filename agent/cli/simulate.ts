/** `ppuri simulate`: a machine to practise on, a log played again, or a data set with ground truth. */
import type { Command } from 'commander';
import type { Profile } from '../../config/profile.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { writeDataset } from '../simulator/dataset.ts';
import { type MadeShot, type Plant, startPlant } from '../simulator/plant.ts';
import type { ReplayReport } from '../simulator/replay.ts';
import { collectPairs, duration, speed, wholeNumber } from './arguments.ts';
import { interrupted } from './interrupt.ts';
import { action, type Output } from './output.ts';
import { plantOptionsOf, type SimulateOptions, scenarioOption, usage } from './simulate-options.ts';

const countEveryMs = 5000;

interface Tally {
  shots: number;
  defects: number;
  suppressed: number;
  writes: number;
}

async function run(output: Output, profileId: string, options: SimulateOptions): Promise<void> {
  const profile = loadProfile(profileId);
  if (options.dataset !== undefined) return makeDataset(output, profile, options.dataset, options);
  await serve(output, profile, options);
}

async function makeDataset(
  output: Output,
  profile: Profile,
  path: string,
  options: SimulateOptions,
): Promise<void> {
  if (options.replay !== undefined)
    throw usage('a data set is made, not replayed', '--dataset', 'leave out --replay');
  const { shots, seed, machines } = options;
  const summary = await writeDataset({
    profile,
    path,
    shots,
    seed,
    machines,
    scenario: scenarioOption(options.scenario),
  });
  if (options.json === true) return output.json(summary);
  const { rows, suppressed, defects } = summary;
  output.line(`${path}: ${rows} shots, ${suppressed} suppressed, ${defects} defects`);
  for (const [cause, count] of Object.entries(summary.causes)) output.line(`  ${cause}: ${count}`);
}

async function serve(output: Output, profile: Profile, options: SimulateOptions): Promise<void> {
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
  const counting = setInterval(() => {
    if (!json) output.note(tallyLine(tally));
  }, countEveryMs);
  const over = options.for === undefined ? [] : [elapsed(options.for)];
  try {
    await Promise.race([signal, ended, ...over]);
  } finally {
    clearInterval(counting);
    await plant.stop();
  }
  if (json) output.json({ stopped: tally });
  else output.line(tallyLine(tally));
}

/** Unreferenced: it must not keep a stopped simulator alive. */
function elapsed(ms: number): Promise<void> {
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

function announce(
  plant: Plant,
  profile: Profile,
  options: SimulateOptions,
  output: Output,
  json: boolean,
): void {
  const { host, port } = plant;
  const units = Array.from({ length: options.machines }, (_, i) => options.unit + i);
  const address = `tcp://${host}:${port}`;
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

function tallyLine({ shots, defects, suppressed, writes }: Tally): string {
  return `${shots} shots, ${defects} defects, ${suppressed} suppressed, ${writes} writes received`;
}

const help = `
Serves simulated machines over Modbus TCP: one port, one unit each. Coils 0–63 and the registers
that the profile leaves free can be written (e.g. the reject signal). Without --replay the machine
follows a physical model, made by --seed: drift, stops, mold changes, sensor garbage, and defects
from known causes. With --replay the rows of a log become its shots; each stays in the registers
until a reader has read counter, block and counter, unless --no-hold.

With --json: {"listening":{…},"replays":{…}}, then {"shot":{…}} and {"write":{…}} as they come,
and {"stopped":{"shots":n,"defects":n,"suppressed":n,"writes":n}}.

Examples:
  ppuri simulate die-casting-cold-chamber --port 1502 --speed 20
  ppuri simulate injection-molding --machines 4 --meter 101 --for 60s --json
  ppuri simulate die-casting-cold-chamber --replay log.csv.gz --speed max
  ppuri simulate die-casting-cold-chamber --replay log.csv --column meltTemperature=T1 --time when
  ppuri simulate injection-molding --dataset shots.csv --shots 20000 --seed 7
`;

const columns = (text: string, before: Readonly<Record<string, string>> = {}) =>
  collectPairs(text, before);

export function addSimulate(program: Command): void {
  program
    .command('simulate')
    .description('a machine to practise on, a log played again, or a data set with ground truth')
    .argument('<profile>', 'id of a shipped profile, or path of one')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <n>', 'port; 0: any free one', wholeNumber, 0)
    .option('--unit <n>', 'Modbus unit of the first machine', wholeNumber, 1)
    .option('--machines <n>', 'how many, on units one after the other', wholeNumber, 1)
    .option('--meter <n>', 'also an energy meter for each, on units from this one on', wholeNumber)
    .option('--seed <n>', 'the same seed makes the same shots', wholeNumber, 1)
    .option('--speed <n>', 'simulated seconds per second, or max: as fast as it is read', speed, 1)
    .option('--scenario <name>', 'default, steady, troubled or counter', 'default')
    .option('--replay <csv>', 'play this log (.csv or .csv.gz) instead of the model')
    .option('--column <signal=column>', 'column of a signal, again for more', columns)
    .option('--time <column>', 'column of the time, or two as DATE,TIME')
    .option('--no-hold', 'replay in its own time, whether or not anybody reads')
    .option('--for <duration>', 'end after this, e.g. 60s or 5m', duration)
    .option('--dataset <file>', 'write shots with ground truth to a CSV and end')
    .option('--shots <n>', 'rows of the data set', wholeNumber, 10_000)
    .option('--json', 'JSON lines')
    .addHelpText('after', help)
    .action(action('simulate a machine', run));
}
