/**
 * `ppuri update adopt`: what the installation of a package calls. This program becomes one of the
 * versions; where another one runs, on probation, with that one to go back to.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, linkSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PpuriError } from '../../config/errors.ts';
import { inOneFile } from '../../config/shipped.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { realDisk, syncPath } from '../update/disk.ts';
import { putBeside, unpackBeside } from '../update/stage.ts';
import { prune, switchTo, usualProbation } from '../update/switch.ts';
import { currentVersion, isThere, type Places, programOf } from '../update/versions.ts';
import { thisUser } from './label-agent.ts';
import { linkCommand } from './update-host.ts';

const { version } = packageJson;

function sameFile(a: string, b: string): boolean {
  const [one, other] = [statSync(a), statSync(b)];
  if (one.ino === other.ino && one.dev === other.dev) return true;
  return one.size === other.size && readFileSync(a).equals(readFileSync(b));
}

/** A second name costs no room; a package manager puts its next version under a new file. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    // Another file system, or one without links.
    copyFileSync(from, to);
  }
  syncPath(to);
}

/** Gives what runs from the next start on and what ran before; null: nothing did. */
export async function adopt(
  places: Places,
  program = process.execPath,
): Promise<{ readonly to: string; readonly from: string | null }> {
  if (!inOneFile() && program === process.execPath)
    throw new PpuriError('usage', 'this is ppuri from source; only the single file is a version', {
      operation: 'adopt this version',
      subject: places.versions,
      hint: 'make it with npm run build:binary',
    });
  realDisk.makeFolder(places.versions);
  const current = currentVersion(places);
  const from = current !== null && isThere(places, current) ? current : null;
  if (from === version) replaceOwn(places, program);
  else await takeIn(places, program, from);
  linkCommand(realDisk, places);
  return { to: version, from };
}

/** The same version installed again, perhaps since its file was damaged. */
function replaceOwn(places: Places, program: string): void {
  const own = programOf(places, version);
  if (sameFile(program, own)) return;
  rmSync(`${own}.new`, { force: true });
  linkOrCopy(program, `${own}.new`);
  realDisk.rename(`${own}.new`, own);
}

async function takeIn(places: Places, program: string, from: string | null): Promise<void> {
  prune(realDisk, places);
  const folder = mkdtempSync(join(places.versions, '.new-'));
  try {
    linkOrCopy(program, join(folder, 'ppuri'));
    if (inOneFile()) {
      if (from !== null) tidyParts(programOf(places, from));
      await unpackBeside(join(folder, 'ppuri'));
    }
    putBeside(realDisk, places, join(folder, 'ppuri'), version);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (from === null) realDisk.link(`${version}/ppuri`, join(places.versions, 'current'));
  else switchTo(realDisk, places, { from, to: version, who: thisUser() }, usualProbation);
}

/** Parts of versions that are gone for good. */
function tidyParts(program: string): void {
  try {
    execFileSync(program, { env: { ...process.env, PPURI_ROLE: 'unpack' }, stdio: 'ignore' });
  } catch {
    // What they take of the disk is all that is lost.
  }
}
