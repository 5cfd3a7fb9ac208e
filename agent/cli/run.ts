/** `ppuri run`: the agent itself, logging JSON lines to stdout. */
import type { Command } from 'commander';
import { formatProblem } from '../../config/problem.ts';
import { endpointOf } from '../../drivers/registry.ts';
import { newBoot } from '../health/boot.ts';
import { claimEndpoints } from '../health/claim.ts';
import { createLineSink } from '../health/line-sink.ts';
import { createLog, type Log } from '../health/log.ts';
import { supervise, takeNotifyOrders } from '../health/supervised.ts';
import { type Prepared, prepare } from '../prepare.ts';
import { goFirst } from '../priority.ts';
import type { Alert } from '../records.ts';
import { forkRole } from '../role.ts';
import { watchVersion } from '../version-watch.ts';
import { Agent } from '../wire.ts';
import { workOf } from '../work.ts';
import { type Interruption, interrupted } from './interrupt.ts';
import { action } from './output.ts';

interface RunOptions {
  readonly config: string;
}

const help = `
The agent reads the machines, judges every shot, raises alerts and keeps the records. It logs one
JSON object a line to stdout: {"at","level","event",…}; WARN: nothing was lost, ERROR: something
was or someone must act. SIGINT or SIGTERM ends it cleanly.

Examples:
  ppuri check -c ppuri.yaml && ppuri run -c ppuri.yaml
  ppuri status -c ppuri.yaml        in another terminal`;

function logAlert(log: Log, alert: Alert): void {
  const { id, state, machine, mold, severity, cause, text, shots } = alert;
  if (state !== 'updated')
    log.info('alert', { id, state, machine, mold, severity, cause, text, shots });
}

function logProblems(log: Log, prepared: Prepared): void {
  const { modelProblems, storeProblems, syncProblems, panelProblems } = prepared;
  for (const [event, problems] of [
    ['model-unusable', modelProblems],
    ['store-unusable', storeProblems],
    ['sync-unusable', syncProblems],
    ['panel-unusable', panelProblems],
  ] as const)
    for (const problem of problems) log.error(event, { problem: formatProblem(problem) });
}

async function run(early: Interruption | null, options: RunOptions): Promise<void> {
  const stop = early ?? interrupted();
  try {
    await runAgent(options, stop);
  } finally {
    stop.dispose();
  }
}

async function runAgent(options: RunOptions, stop: Interruption): Promise<void> {
  const log = createLog(createLineSink(process.stdout.fd));
  const orders = takeNotifyOrders(process.env);
  const prepared = await prepare(options.config);
  const { config, profiles, bundles, moldBundles } = prepared;
  logProblems(log, prepared);
  if (stop.seen() !== null) {
    log.info('stopping', { signal: stop.seen() });
    log.info('stopped');
    return;
  }
  const claim = await claimEndpoints(Object.values(config.buses).map(endpointOf));
  goFirst();
  const agent = new Agent({
    config,
    profiles,
    bundles,
    moldBundles,
    fork: forkRole,
    log,
    boot: newBoot(),
    onAlert: (alert) => logAlert(log, alert),
  });
  const version = watchVersion(agent, log);
  const supervision = orders === null ? null : supervise(orders, workOf(agent, config), log);
  log.info('starting', {
    gateway: config.gateway.id,
    machines: config.machines.map(({ id }) => id),
  });
  try {
    const started = agent.start();
    const signal = await Promise.race([
      stop.signal,
      agent.conflict,
      started.then(async () => {
        await version.started();
        supervision?.ready();
        return stop.signal;
      }),
    ]);
    log.info('stopping', { signal });
  } finally {
    supervision?.stopping();
    try {
      await agent.stop();
      await version.ended();
    } finally {
      await claim.release();
      await supervision?.close();
    }
  }
  log.info('stopped');
}

export function addRun(program: Command, early: Interruption | null = null): void {
  program
    .command('run')
    .description('the agent: read the machines, judge every shot, alert, keep records')
    .requiredOption('-c, --config <file>', 'the configuration')
    .addHelpText('after', help)
    .action(action('run the agent', (_output, options: RunOptions) => run(early, options)));
}
