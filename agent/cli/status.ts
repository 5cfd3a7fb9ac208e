/** `ppuri status`: how the running agent is, or what the last one left. */
import type { Command } from 'commander';
import { exitCodes } from '../../config/errors.ts';
import type { Account } from '../store/account-queries.ts';
import type { LiveStatus } from '../store/control-client.ts';
import type { AgentStatus } from '../wire.ts';
import { action, type Output } from './output.ts';
import { statusLines } from './status-lines.ts';
import {
  addStoreFlags,
  placeOf,
  runningAgent,
  type StoreFlags,
  withStore,
} from './store-access.ts';

const help = `
Exit code 0: an agent runs on this store; 1: none does, and what the last one kept is shown.

--json prints one object. Running: {"running":true,"pid","boot","store":{"condition":"ok"|"full"|
"down","waiting"},"agent":{"gateway","site","startedWallMs","machines":[…],"buses":[…],"inference",
"store","latencyMs","eventLoopMs"}|null}. Not running: {"running":false,"dir","last":{"boot","kept",
"repeated","missing","outOfOrder","verdicts":{"ok","defect","unscored":{"<reason>"}},"machines"}|null}.

Examples:
  ppuri status -c ppuri.yaml
  ppuri status --store /var/lib/ppuri --json`;

/** The snapshot of an agent of another version may lack what this one shows. */
function isAgentStatus(value: unknown): value is AgentStatus {
  if (typeof value !== 'object' || value === null) return false;
  const { machines, buses, store }: { machines?: unknown; buses?: unknown; store?: unknown } =
    value;
  return Array.isArray(machines) && Array.isArray(buses) && typeof store === 'object';
}

async function askAgent(dir: string): Promise<LiveStatus | null> {
  const client = await runningAgent(dir);
  if (client === null) return null;
  try {
    return await client.ask('status', {});
  } finally {
    client.close();
  }
}

function printStopped(output: Output, account: Account, ko: boolean): void {
  const { kept, verdicts } = account;
  const unscored = Object.values(verdicts.unscored).reduce((sum, count) => sum + count, 0);
  output.line(ko ? '에이전트가 실행 중이 아닙니다' : 'the agent is not running');
  if (account.boot === null) return;
  output.line(
    ko
      ? `마지막 가동: 샷 ${kept} (양품 ${verdicts.ok}, 불량 ${verdicts.defect}, 판정보류 ${unscored})`
      : `last run: ${kept} shots (${verdicts.ok} ok, ${verdicts.defect} defect, ${unscored} unscored)`,
  );
}

async function run(output: Output, flags: StoreFlags): Promise<void> {
  const { dir, lang } = placeOf(flags);
  const live = await askAgent(dir);
  if (live === null) {
    const last = await withStore(dir, (store) => store.ask('accounting', {}));
    process.exitCode = exitCodes.checkFailed;
    if (flags.json === true)
      output.json({ running: false, dir, last: last.boot === null ? null : last });
    else printStopped(output, last, lang === 'ko');
    return;
  }
  if (flags.json === true) output.json(live);
  else if (isAgentStatus(live.agent))
    for (const line of statusLines(live.agent, lang, output.color)) output.line(line);
  else output.line(lang === 'ko' ? '에이전트가 시작하는 중입니다' : 'the agent is starting');
}

export function addStatus(program: Command): void {
  const command = program.command('status').description('health and counters of the agent');
  addStoreFlags(command, 'one JSON object, described below')
    .addHelpText('after', help)
    .action(action('show the status', run));
}
