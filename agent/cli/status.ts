/** `ppuri status`: how the running agent is, or what the last one left. */
import { type Command, Option } from 'commander';
import { exitCodes, PpuriError } from '../../config/errors.ts';
import type { AgentStatus } from '../agent-status.ts';
import { metricsText } from '../health/metrics.ts';
import type { Overview } from '../panel/contract.ts';
import type { Account, Ledger } from '../store/account-queries.ts';
import {
  type ControlClient,
  type LiveStatus,
  type Unreachable,
  whyUnreachable,
} from '../store/control-client.ts';
import { action, type Output } from './output.ts';
import { statusLines } from './status-lines.ts';
import type { SeenOutputs } from './status-outputs.ts';
import { stoppedSyncLines } from './status-sync.ts';
import {
  addStoreFlags,
  openStore,
  placeOf,
  reachAgent,
  type StoreFlags,
  whyText,
} from './store-access.ts';

const help = `
Exit code 0: an agent runs on this store; 1: none answers within some seconds, and what the file
holds of the last run is shown.

--json prints one object. Running: {"running":true,"pid","boot","store":{"condition":"ok"|"full"|
"down","waiting"},"agent":{"gateway","site","startedWallMs","machines":[…],"buses":[…],"inference",
"store","latencyMs","eventLoopMs"}|null,"keep":{"targets":[{"target","state":"connecting"|"connected"|
"waiting","error":{"code","message","hint"}|null,"retryInMs","held":{"count","first","why"}|null,
"delivered","refused","undeliverable","bytes","connections","pending","oldestPendingMs"}],…}|null,
"outputs":[{"name","ok","detail"}]|null}; each of "buses" is {"bus","state","use" (0 to 1),"queued",
"connects","bytesSent","bytesReceived","strayBytes","units":[{"unit","state":"answering"|"silent"|
"quarantined"|"unknown","requests","timeouts","exceptions","malformed","checksumErrors",
"lastGoodWallMs","roundTripMs":{"p50","p99"}|null,"timeoutMs"}]}, and of "machines" has "devices",
"polls","missedTicks" and "slow":{"polls","failed","missedTicks"}. Not running: {"running":false,"why":
"absent"|"silent"|"forbidden","dir","last":{"boot","kept",
"repeated","missing","outOfOrder","verdicts":{"ok","defect","unscored":{"<reason>"}},"machines"}|null,
"sync":{"delivered":{"<target>":n},"pending":{"<target>":n}}}.

--metrics prints Prometheus text: ppuri_up, ppuri_bus_…{bus} and ppuri_bus_unit_…{bus,unit}, and
ppuri_poll_…{machine,poller} and those of the README; with no agent running ppuri_up 0 and exit code 1.

Examples:
  ppuri status -c ppuri.yaml
  ppuri status --store /var/lib/ppuri --json
  ppuri status -c ppuri.yaml --metrics > /var/lib/node_exporter/ppuri.prom`;

/** The snapshot of an agent of another version may lack what this one shows. */
function isAgentStatus(value: unknown): value is AgentStatus {
  if (typeof value !== 'object' || value === null) return false;
  const { machines, buses, store, clock }: Partial<Record<keyof AgentStatus, unknown>> = value;
  const isWhole = typeof store === 'object' && typeof clock === 'object';
  return Array.isArray(machines) && Array.isArray(buses) && isWhole;
}

type Answer =
  | { readonly live: LiveStatus; readonly outputs: SeenOutputs | null }
  | { readonly live: null; readonly why: Unreachable };

/** Lights of the loop and webhooks of the keep child; null: this agent cannot say. */
async function outputsOf(client: ControlClient): Promise<SeenOutputs | null> {
  try {
    const { outputs } = (await client.command('overview', {})) as Overview;
    return outputs;
  } catch (thrown) {
    // While it starts nothing shows the plant yet; the status itself has been told.
    if (thrown instanceof PpuriError) return null;
    throw thrown;
  }
}

async function askAgent(dir: string): Promise<Answer> {
  const reached = await reachAgent(dir);
  if (reached.client === null) return { live: null, why: reached.why };
  try {
    const live = await reached.client.ask('status', {});
    return { live, outputs: await outputsOf(reached.client) };
  } catch (thrown) {
    if (!(thrown instanceof PpuriError) || thrown.code !== 'agent-unreachable') throw thrown;
    return { live: null, why: whyUnreachable(thrown) };
  } finally {
    reached.client.close();
  }
}

interface Last {
  readonly account: Account;
  readonly ledger: Ledger;
}

async function readLast(dir: string): Promise<Last> {
  const store = openStore(dir);
  try {
    return { account: await store.ask('accounting', {}), ledger: await store.ask('ledger', {}) };
  } finally {
    store.close();
  }
}

function printLast(output: Output, account: Account, ko: boolean): void {
  const { kept, verdicts } = account;
  const unscored = Object.values(verdicts.unscored).reduce((sum, count) => sum + count, 0);
  if (account.boot === null) return;
  output.line(
    ko
      ? `마지막 가동: 샷 ${kept} (양품 ${verdicts.ok}, 불량 ${verdicts.defect}, 판정 보류 ${unscored})`
      : `last run: ${kept} shots (${verdicts.ok} ok, ${verdicts.defect} defect, ${unscored} unscored)`,
  );
}

/** What the file says when no agent does. Why none does is told even when the file says nothing. */
async function showStopped(output: Output, flags: StoreFlags, why: Unreachable): Promise<void> {
  const { dir, lang } = placeOf(flags);
  process.exitCode = exitCodes.checkFailed;
  if (flags.json === true) {
    const last = await readLast(dir);
    const { account, ledger } = last;
    const sync = { delivered: ledger.delivered, pending: ledger.pending };
    output.json({ running: false, why, dir, last: account.boot === null ? null : account, sync });
    return;
  }
  if (why !== 'absent') output.line(whyText(why, lang));
  const last = await readLast(dir);
  if (why === 'absent') output.line(whyText(why, lang));
  printLast(output, last.account, lang === 'ko');
  for (const line of stoppedSyncLines(last.ledger, lang)) output.line(line);
}

interface StatusFlags extends StoreFlags {
  readonly metrics?: boolean;
}

function showMetrics(output: Output, answer: Answer): void {
  const status = answer.live?.agent;
  output.line(metricsText(isAgentStatus(status) ? status : null, answer.live?.keep ?? null));
  if (answer.live === null) process.exitCode = exitCodes.checkFailed;
}

async function run(output: Output, flags: StatusFlags): Promise<void> {
  const { dir, lang } = placeOf(flags);
  const answer = await askAgent(dir);
  if (flags.metrics === true) {
    showMetrics(output, answer);
    return;
  }
  if (answer.live === null) return showStopped(output, flags, answer.why);
  const { live, outputs } = answer;
  if (flags.json === true) output.json({ ...live, outputs });
  else if (isAgentStatus(live.agent)) {
    const beside = { targets: live.keep?.targets ?? [], outputs: outputs ?? live.agent.outputs };
    for (const line of statusLines(live.agent, beside, lang, output.color)) output.line(line);
  } else output.line(lang === 'ko' ? '에이전트가 시작하는 중입니다' : 'the agent is starting');
}

export function addStatus(program: Command): void {
  const command = program.command('status').description('health and counters of the agent');
  addStoreFlags(command, 'one JSON object, described below')
    .addOption(new Option('--metrics', 'Prometheus text').conflicts('json'))
    .addHelpText('after', help)
    .action(action('show the status', run));
}
