/** What an update has to do with this computer: systemd, dpkg, whose the versions are. */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdtempSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PpuriError } from '../../config/errors.ts';
import { unsafe } from '../../config/runtime-place.ts';
import type { Disk } from '../update/disk.ts';
import { damaged } from '../update/release.ts';
import type { Places } from '../update/versions.ts';

const usualVersions = '/var/lib/ppuri-versions';
const command = '/usr/bin/ppuri';

export const updateConfig = '/etc/ppuri/ppuri.yaml';

/** Versions that the system's own service runs; others are of somebody's own supervisor. */
export function isSystems({ versions }: Places): boolean {
  return versions === usualVersions;
}

export function isDpkgs(places: Places): boolean {
  return isSystems(places) && existsSync('/var/lib/dpkg/info/ppuri.list');
}

function refused(what: string, subject: string, message: string, hint: string): PpuriError {
  return new PpuriError('usage', message, { operation: what, subject, hint });
}

/** Throws `usage` where ppuri was not installed. */
export function requireVersions({ versions }: Places, what: string): void {
  if (existsSync(versions)) return;
  throw refused(
    what,
    versions,
    'ppuri is not installed here: there are no versions',
    'apt install ./ppuri_….deb, or `sudo ./ppuri install` of the archive; a checkout is updated by git',
  );
}

/** Throws `usage` for who may not change the versions, or where others could. */
export function requireOwner(places: Places, what: string): void {
  requireVersions(places, what);
  const { versions } = places;
  if (lstatSync(versions).uid !== process.getuid?.())
    throw refused(
      what,
      versions,
      'only the owner of the versions can do this',
      `sudo ppuri ${what}`,
    );
  const why = unsafe(versions);
  if (why !== null)
    throw refused(what, versions, why, 'take the rights of others away: chmod go-w');
}

function systemctl(...args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) =>
    execFile('systemctl', [...args], (error) => resolve(error === null)),
  );
}

/** Whether systemd runs the agent of these versions, or is about to start it again. */
export async function runsAsService(places: Places): Promise<boolean> {
  if (!isSystems(places) || !existsSync('/run/systemd/system')) return false;
  const show = ['show', '-p', 'ActiveState', '--value', 'ppuri.service'];
  return new Promise((resolve) =>
    execFile('systemctl', show, (error, stdout) =>
      resolve(error === null && !['inactive', ''].includes(stdout.trim())),
    ),
  );
}

/** Begins the restart; how it ends is seen in the files of the versions. */
export async function restartService(): Promise<void> {
  if (await systemctl('--no-block', 'restart', 'ppuri.service')) return;
  throw new PpuriError('update-refused', 'systemd does not restart the service', {
    operation: 'restart ppuri',
    subject: 'ppuri.service',
    hint: 'the new version is in place and runs from the next start on: systemctl restart ppuri',
  });
}

/** The command follows the version that runs, where no package manager owns its file. */
export function linkCommand(disk: Disk, places: Places): void {
  if (!isSystems(places) || isDpkgs(places) || !existsSync(dirname(command))) return;
  const current = join(places.versions, 'current');
  const there = lstatSync(command, { throwIfNoEntry: false });
  if (there?.isSymbolicLink() === true && readlinkSync(command) === current) return;
  disk.link(current, command);
}

/** The program within a Debian package, in a folder of its own beside it. Throws `release-damaged`. */
export function programOfDeb(deb: string): string {
  const folder = mkdtempSync(join(dirname(deb), 'program-'));
  const program = join(folder, 'ppuri');
  const script =
    'set -e; dpkg-deb --fsys-tarfile "$1" >"$2.tar"; tar -x -O -f "$2.tar" ./usr/bin/ppuri >"$2"; rm "$2.tar"';
  const { status, stderr } = spawnSync('/bin/sh', ['-c', script, 'sh', deb, program], {
    encoding: 'utf8',
  });
  if (status !== 0)
    throw damaged(deb, `dpkg cannot read it: ${stderr.trim()}`, 'ask who made the release');
  chmodSync(program, 0o755);
  return program;
}

/** dpkg unpacks it, and its script begins the probation and restarts the service. */
export function installDeb(deb: string): void {
  try {
    // Its words are no result of ours.
    execFileSync('dpkg', ['-i', deb], { stdio: ['ignore', 2, 2] });
  } catch (cause) {
    throw new PpuriError('update-refused', 'dpkg could not install the package', {
      operation: 'update ppuri',
      subject: deb,
      hint: 'see what it printed; `dpkg --configure -a` or `apt install` of the old package repairs it',
      cause,
    });
  }
}
