/** An update from its file to a new version that runs: every check first, then one switch. */
import { join } from 'node:path';
import { PpuriError } from '../../config/errors.ts';
import { inOneFile } from '../../config/shipped.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { claimEndpoints } from '../health/claim.ts';
import { migrations } from '../store/migrations.ts';
import { realDisk } from '../update/disk.ts';
import { type Release, readRelease, unfit } from '../update/release.ts';
import { putBeside, requireFit, tryProgram, unpackBeside, withCopy } from '../update/stage.ts';
import { type Probation, prune, switchTo } from '../update/switch.ts';
import { currentVersion, type Places, readState, type VersionState } from '../update/versions.ts';
import { troubleOf, type Vitals } from '../version-health.ts';
import { thisUser } from './label-agent.ts';
import { reachAgent } from './store-access.ts';
import { installDeb, isDpkgs, linkCommand, programOfDeb } from './update-host.ts';

export interface UpdateRequest {
  readonly file: string;
  readonly trust: string;
  readonly config: string;
  /** Directory of the store. */
  readonly store: string;
  readonly force: boolean;
  readonly probation: Probation;
}

export interface Updated {
  readonly release: Release;
  readonly signer: string;
  readonly begun: VersionState;
}

function refused(subject: string, message: string, hint: string, cause?: unknown): PpuriError {
  return new PpuriError('update-refused', message, {
    ...{ operation: 'update ppuri', subject, hint, cause },
  });
}

/** One at a time; the kernel frees it however this process ends. */
export async function alone<T>({ versions }: Places, work: () => Promise<T>): Promise<T> {
  const claim = await claimEndpoints([`update:${versions}`]).catch((cause: unknown) => {
    throw refused(versions, 'another update is under way', 'wait for it to end', cause);
  });
  try {
    return await work();
  } finally {
    await claim.release();
  }
}

function isVitals(value: unknown): value is Vitals {
  if (typeof value !== 'object' || value === null) return false;
  const { machines, inference, store }: Partial<Record<keyof Vitals, unknown>> = value;
  return Array.isArray(machines) && typeof inference === 'object' && typeof store === 'object';
}

/** An agent that is not well could not show whether its new version is. None that runs is no trouble. */
async function requireWell(store: string): Promise<void> {
  const reached = await reachAgent(store);
  if (reached.client === null && reached.why === 'absent') return;
  const trouble =
    reached.client === null
      ? [`it does not answer (${reached.why})`]
      : await troubleNow(reached.client);
  if (trouble.length === 0) return;
  throw refused(
    store,
    `the agent is not well now: ${trouble.join('; ')}`,
    'mend that first (`ppuri status`), or update all the same with --force',
  );
}

async function troubleNow(
  client: NonNullable<Awaited<ReturnType<typeof reachAgent>>['client']>,
): Promise<readonly string[]> {
  try {
    const { agent } = await client.ask('status', {});
    return isVitals(agent) ? troubleOf(agent) : ['it is just starting'];
  } finally {
    client.close();
  }
}

function requireKind(file: string, { kind }: Release, places: Places): void {
  if (isDpkgs(places) && kind === 'program')
    throw unfit(
      file,
      'dpkg has installed ppuri here, and would know nothing of this file',
      'give the .deb of that version: dpkg then installs it, and ppuri watches over its start',
    );
  if (!isDpkgs(places) && kind === 'deb')
    throw unfit(
      file,
      'ppuri was not installed by dpkg here',
      'give the single file, ppuri-…-linux-…',
    );
}

/** Checks everything and switches. Until the switch nothing of what runs has changed. */
export async function update(places: Places, request: UpdateRequest): Promise<Updated> {
  const { file, config, probation } = request;
  const { release, signer } = await readRelease(file, request.trust);
  requireKind(file, release, places);
  const from = currentVersion(places) ?? packageJson.version;
  requireFit(file, release, {
    version: from,
    arch: process.arch,
    storeLayout: migrations.length,
  });
  if (!request.force) await requireWell(request.store);
  // What an update before left, so that a small disk has room for this one.
  prune(realDisk, places);
  const begun = await withCopy(file, release, places, async (copy) => {
    const program = release.kind === 'deb' ? programOfDeb(copy) : copy;
    await tryProgram(program, release.version, config);
    if (release.kind === 'deb') return throughDpkg(places, copy, release.version);
    if (inOneFile()) await unpackBeside(program);
    putBeside(realDisk, places, program, release.version);
    linkCommand(realDisk, places);
    const step = { from, to: release.version, who: thisUser() };
    return switchTo(realDisk, places, step, probation);
  });
  return { release, signer, begun };
}

/** Its script calls `ppuri update adopt` of the new version, which switches. */
function throughDpkg(places: Places, deb: string, version: string): VersionState {
  installDeb(deb);
  const state = readState(places);
  if (state?.to === version) return state;
  // It may have been given back already.
  if (state?.change === 'return' && state.from === version)
    return { ...state, from: state.to, to: version };
  throw refused(
    join(places.versions, 'current'),
    `dpkg has ppuri ${version} installed, and the version before still runs`,
    'see what the package’s script printed; `sudo ppuri update adopt` tries it again',
  );
}
