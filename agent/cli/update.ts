/** `ppuri update`: another version of the program, watched until it has proved itself, and back. */
import { accessSync, constants } from 'node:fs';
import { type Command, Option } from 'commander';
import { realDisk } from '../update/disk.ts';
import { trustDirectory } from '../update/release.ts';
import { rollBack, usualProbation } from '../update/switch.ts';
import { placesOf } from '../update/versions.ts';
import { duration } from './arguments.ts';
import { thisUser } from './label-agent.ts';
import { action, type Output } from './output.ts';
import { placeOf, type StoreFlags } from './store-access.ts';
import { adopt } from './update-adopt.ts';
import {
  isDpkgs,
  requireOwner,
  requireVersions,
  restartService,
  runsAsService,
  updateConfig,
} from './update-host.ts';
import { awaitOutcome } from './update-outcome.ts';
import { alone, update } from './update-run.ts';
import { addUpdateSign } from './update-sign.ts';
import { readUpdateStatus, updateStatusLines } from './update-status.ts';
import type { Language } from './words.ts';

const help = `
FILE is the single file of a release, or its .deb where dpkg installed ppuri, with FILE.release beside it:
signed by a key in ${trustDirectory}. Before anything changes: signature, sum, architecture, version,
that the new program begins here, and that it takes the configuration. Then one rename switches, and
the service is restarted. The new version is on probation: well within 90 s (machines polled, store
and models at work), and for 10 minutes after that. Three failed starts in that time, or a start that does not get
well, and the version before runs again, by itself, also after a power cut; the panel, the log and
\`ppuri update status\` say so. Records and configuration stay.

Under another supervisor than systemd let that run \`/usr/lib/ppuri/start run -c FILE\`, and restart it after this.

--json prints {"from","to","signer","state":"healthy"|"switched"}.

Examples:
  sudo ppuri update /media/usb/ppuri-0.2.0-linux-arm64
  sudo ppuri update ./ppuri_0.2.0_arm64.deb
  ppuri update status
  sudo ppuri update rollback`;

interface UpdateFlags extends StoreFlags {
  readonly trust: string;
  readonly force?: boolean;
  readonly restart: boolean;
  /** ms */
  readonly wellWithin?: number;
  readonly probation?: number;
}

/** A look at versions needs no configuration that this user may read. */
function langOf(flags: StoreFlags): Language {
  const config = flags.config ?? updateConfig;
  const mayRead = (): boolean => {
    try {
      accessSync(config, constants.R_OK);
      return true;
    } catch {
      return false;
    }
  };
  return placeOf(flags.config !== undefined || mayRead() ? { ...flags, config } : flags).lang;
}

async function run(output: Output, file: string, flags: UpdateFlags): Promise<void> {
  const places = placesOf();
  const config = flags.config ?? updateConfig;
  requireOwner(places, 'update');
  const { dir, lang } = placeOf({ ...flags, config });
  const seconds = (ms: number): number => Math.max(1, Math.round(ms / 1000));
  const { healthy, pass } = usualProbation;
  const probation = {
    healthy: flags.wellWithin === undefined ? healthy : seconds(flags.wellWithin),
    pass: flags.probation === undefined ? pass : seconds(flags.probation),
  };
  await alone(places, async () => {
    // Asked before: a new version that ends at once is between two starts when it is asked of.
    const restarts = flags.restart && (await runsAsService(places));
    const asked = { file, config, probation, trust: flags.trust, store: dir };
    const { release, signer, begun } = await update(places, {
      ...asked,
      force: flags.force === true,
    });
    const [from, to] = [begun.from, release.version];
    if (restarts && flags.json !== true)
      output.line(
        lang === 'ko'
          ? `${from} → ${to} 전환 (서명: ${signer}). 새 버전의 정상 동작을 기다리는 중`
          : `switched ${from} → ${to} (signed by "${signer}"); waiting for it to be well`,
      );
    if (restarts) {
      // The script of a Debian package has restarted it already.
      if (release.kind === 'program') await restartService();
      await awaitOutcome(places, begun);
    }
    const state = restarts ? 'healthy' : 'switched';
    if (flags.json === true) output.json({ from, to, signer, state });
    else output.line(doneLine({ from, to, restarts, minutes: Math.round(begun.pass / 60) })[lang]);
  });
}

interface Done {
  readonly from: string;
  readonly to: string;
  readonly restarts: boolean;
  readonly minutes: number;
}

function doneLine({ from, to, restarts, minutes }: Done) {
  return restarts
    ? {
        ko: `${to} 정상 동작. ${minutes}분 동안 시험 가동한 뒤 확정됩니다. 되돌리기: sudo ppuri update rollback`,
        en: `${to} is well. It stays after ${minutes} min on probation; sudo ppuri update rollback goes back`,
      }
    : {
        ko: `${from} → ${to} 전환. 에이전트를 다시 시작하면 ${to}(으)로 실행됩니다`,
        en: `switched ${from} → ${to}; it runs once the agent is restarted`,
      };
}

function status(output: Output, flags: StoreFlags): void {
  const places = placesOf();
  requireVersions(places, 'update status');
  const shown = readUpdateStatus(places);
  if (flags.json === true) output.json(shown);
  else for (const line of updateStatusLines(shown, langOf(flags))) output.line(line);
}

async function goBack(output: Output, flags: StoreFlags & { restart: boolean }): Promise<void> {
  const places = placesOf();
  requireOwner(places, 'update rollback');
  await alone(places, async () => {
    const { from, to } = rollBack(realDisk, places, thisUser());
    const restarts = flags.restart && (await runsAsService(places));
    if (restarts) await restartService();
    const lang = langOf(flags);
    if (flags.json === true) {
      output.json({ from, to, state: restarts ? 'restarting' : 'switched' });
      return;
    }
    const how = restarts
      ? { ko: '에이전트를 다시 시작했습니다', en: 'the agent is restarted' }
      : { ko: '에이전트를 다시 시작하면 적용됩니다', en: 'it runs once the agent is restarted' };
    output.line(
      lang === 'ko' ? `${from} → ${to} 되돌림. ${how.ko}` : `back from ${from} to ${to}; ${how.en}`,
    );
    if (isDpkgs(places))
      output.line(updateStatusLines(readUpdateStatus(places), lang).at(-1) ?? '');
  });
}

const noRestart = ['--no-restart', 'leave it to the next start of the agent'] as const;

function addLanguage(command: Command): Command {
  return command
    .option('-c, --config <file>', `the agent’s configuration (usual: ${updateConfig})`)
    .addOption(new Option('--lang <lang>', 'language of the output').choices(['ko', 'en']));
}

function addStatusAndBack(command: Command): void {
  addLanguage(command.command('status'))
    .description('which version runs, what rollback goes to, how the last update went')
    .option('--json', 'one JSON object: current, previous, versions, probation, last, dpkg')
    .action(action('show the versions', status));
  addLanguage(command.command('rollback'))
    .description('back to the version before; records that the new one kept stay')
    .option(...noRestart)
    .option('--json', 'one JSON object: from, to, state')
    .action(action('go back to the version before', goBack));
  command
    .command('adopt', { hidden: true })
    .description('take this program in as a version; packages call it')
    .action(
      action('adopt this version', async (output) => {
        const { from, to } = await adopt(placesOf());
        output.line(from === null || from === to ? `ppuri ${to}` : `ppuri ${from} → ${to}`);
      }),
    );
}

export function addUpdate(program: Command): void {
  const command = addLanguage(program.command('update').enablePositionalOptions())
    .description('update the program itself; back by itself when the new version is not well')
    .argument('<file>', 'single file or .deb of a release')
    .option('--trust <dir>', 'keys that vouch for releases', trustDirectory)
    .option('--well-within <time>', 'until the new version must be well (usual: 90s)', duration)
    .option('--probation <time>', 'for how long it must stay so (usual: 10m)', duration)
    .option('--force', 'also while the agent is not well')
    .option(...noRestart)
    .option('--json', 'one JSON object: from, to, signer, state')
    .addHelpText('after', help)
    .action(action('update ppuri', run));
  addStatusAndBack(command);
  addUpdateSign(command);
}
