/**
 * Node-RED with node-red-contrib-modbus and onnxruntime-node in a function node: for each machine a
 * poll, a function that judges, and a coil write. `untuned` is every node as it comes out of the
 * palette; `tuned`: no command queue, numeric unit ids, one thread without spinning, only the output
 * that is used, no editor.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tuning } from './contestant.ts';
import type { Task } from './plan.ts';
import { peerTools } from './tools.ts';

/** On Start of the function node: it gets no message before this is done. */
const onStart = `context.set('session', await global.get('session'));`;

/**
 * The function node. The task and the model are in Node-RED's global context, from its settings. The
 * row is a plain array: a function node's own Float32Array is none to a module outside of its sandbox.
 */
const onMessage = `
const task = global.get('task');
const words = msg.payload;
const last = context.get('last');
context.set('last', words[0]);
if (last === undefined || last === words[0]) return null;
const values = task.signals.map(({ at, type, divisor, sentinels, low, high }) => {
  const raw = type === 'int16' && words[at] > 0x7fff ? words[at] - 0x10000 : words[at];
  const value = raw / divisor;
  return sentinels.includes(raw) || value < low || value > high ? null : value;
});
if (task.skips.some(({ signal, equals }) => values[signal] === equals)) return null;
const breached = task.limits.some(({ signal, low, high }) => {
  const value = values[signal];
  return value !== null && ((low !== null && value < low) || (high !== null && value > high));
});
if (breached) return { payload: true };
const row = task.features.map(({ signal }) => values[signal]);
if (row.some((value, i) => value === null && task.features[i].missing === 'refuse')) return null;
const { Tensor } = global.get('ort');
const input = new Tensor('float32', row.map((value) => value ?? NaN), [1, row.length]);
const results = await context.get('session').run({ [task.input]: input }, FETCHES);
const chance = results[task.output].data[task.defectColumn];
return chance >= task.threshold ? { payload: true } : null;
`;

/** Arguments of `node` that start it. Writes its settings and flows into `dir`. */
export function nodeRedArguments(task: Task, tuning: Tuning, port: number, dir: string): string[] {
  const settings = join(dir, 'settings.cjs');
  writeFileSync(settings, settingsOf(task, tuning, port, dir));
  writeFileSync(join(dir, 'flows.json'), JSON.stringify(flowsOf(task, tuning)));
  return [peerTools.nodeRed, '--settings', settings, '--userDir', dir, join(dir, 'flows.json')];
}

function settingsOf(task: Task, tuning: Tuning, port: number, dir: string): string {
  const options =
    tuning === 'tuned'
      ? {
          intraOpNumThreads: 1,
          interOpNumThreads: 1,
          extra: { session: { intra_op: { allow_spinning: '0' } } },
        }
      : {};
  const own = {
    uiHost: '127.0.0.1',
    uiPort: port,
    userDir: dir,
    nodesDir: join(peerTools.nodeRedModules, 'node-red-contrib-modbus'),
    credentialSecret: false,
    logging: { console: { level: 'warn', metrics: false, audit: false } },
    telemetry: { enabled: false },
    ...(tuning === 'tuned' ? { httpAdminRoot: false, httpNodeRoot: false } : {}),
  };
  return [
    `const ort = require(${JSON.stringify(join(peerTools.nodeRedModules, 'onnxruntime-node'))});`,
    `const task = ${JSON.stringify(task)};`,
    `const session = ort.InferenceSession.create(task.model, ${JSON.stringify(options)});`,
    `module.exports = { ...${JSON.stringify(own)}, functionGlobalContext: { ort, task, session } };`,
    '',
  ].join('\n');
}

function flowsOf(task: Task, tuning: Tuning): unknown[] {
  const tab = { id: 'line', type: 'tab', label: 'line', disabled: false, info: '' };
  return [tab, ...task.machines.flatMap(({ id, port }) => flowOf(id, port, task, tuning))];
}

/** What the editor exports of four nodes; what is not said there is the palette's default. */
function flowOf(id: string, port: number, task: Task, tuning: Tuning): unknown[] {
  const server = `client-${id}`;
  const isTuned = tuning === 'tuned';
  const fetches = isTuned ? '[task.output]' : 'undefined';
  const placed = { z: 'line', x: 100, y: 100 };
  const quiet = { showStatusActivities: false, showErrors: true, showWarnings: true };
  return [
    clientOf(server, id, port, tuning),
    {
      ...placed,
      ...quiet,
      id: `read-${id}`,
      type: 'modbus-read',
      unitid: isTuned ? 1 : '1',
      dataType: 'HoldingRegister',
      adr: `${task.address}`,
      quantity: `${task.count}`,
      rate: `${task.everyMs}`,
      rateUnit: 'ms',
      server,
      wires: [[`judge-${id}`], []],
    },
    {
      ...placed,
      id: `judge-${id}`,
      type: 'function',
      func: onMessage.replace('FETCHES', fetches),
      outputs: 1,
      initialize: onStart,
      finalize: '',
      libs: [],
      wires: [[`write-${id}`]],
    },
    {
      ...placed,
      ...quiet,
      id: `write-${id}`,
      type: 'modbus-write',
      unitid: isTuned ? 1 : '1',
      dataType: 'Coil',
      adr: `${task.coil}`,
      quantity: 1,
      server,
      wires: [[], []],
    },
  ];
}

function clientOf(id: string, name: string, port: number, tuning: Tuning): unknown {
  return {
    id,
    type: 'modbus-client',
    name,
    clienttype: 'tcp',
    bufferCommands: tuning === 'untuned',
    parallelUnitIdsAllowed: true,
    tcpHost: '127.0.0.1',
    tcpPort: port,
    tcpType: 'DEFAULT',
    unit_id: 1,
    commandDelay: 1,
    clientTimeout: 1000,
    reconnectOnTimeout: true,
    reconnectTimeout: 2000,
    showErrors: true,
  };
}
