/** `ppuri install` and `ppuri uninstall`: what the Debian package does, on systems without dpkg. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { PpuriError } from '../../config/errors.ts';
import { inOneFile, shippedPath } from '../../config/shipped.ts';
import {
  copyInPlace,
  installedFiles,
  isToCopy,
  packageScript,
  removeFiles,
} from './install-steps.ts';
import { action, type Output } from './output.ts';

interface Flags {
  readonly dryRun?: boolean;
  readonly purge?: boolean;
}

const installHelp = `
For systems without dpkg, from the single file of the archive, as root: puts the program, its unit, udev
rule, journal limits, manual and, where there is none, a configuration where the Debian package puts them; makes
the user ppuri and its store directory. Nothing is started: fit /etc/ppuri/ppuri.yaml first.

Examples:
  ./ppuri install --dry-run      what would be done, by anybody
  sudo ./ppuri install`;

const uninstallHelp = `
Ends the service and takes away what \`ppuri install\` put there. The configuration stays, and so do
the records in /var/lib/ppuri. --purge: the configuration and the user go too; the records never do.

Examples:
  sudo ppuri uninstall --dry-run
  sudo ppuri uninstall --purge`;

function refused(what: string, message: string, hint: string): PpuriError {
  return new PpuriError('usage', message, { operation: what, subject: 'this computer', hint });
}

/** Throws where it is not for this command to change the system. */
function mayChange(what: string): void {
  if (!inOneFile())
    throw refused(
      what,
      'this is ppuri from source; only the single file can be installed',
      'make it with npm run build:binary, or look with --dry-run',
    );
  if (existsSync('/var/lib/dpkg/info/ppuri.list'))
    throw refused(
      what,
      'the Debian package has installed it',
      'use apt: apt install ./ppuri_….deb, apt remove ppuri',
    );
  if (process.getuid?.() !== 0)
    throw refused(what, 'only root can do this', `sudo ${process.execPath} ${what}`);
}

/** What it prints is the user's to read. Throws `internal` where it fails. */
function shell(name: string, script: string, args: readonly string[]): void {
  const { status } = spawnSync('/bin/sh', ['-s', '--', ...args], {
    input: script,
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  if (status === 0) return;
  throw new PpuriError('internal', `${name} ended with ${status}`, {
    operation: name,
    subject: 'this computer',
    hint: 'see what it printed; what was done before it stays, and the command can be repeated',
  });
}

const shippedRoot = (): string => join(shippedPath('config/install'), '../..');

function install(output: Output, { dryRun = false }: Flags): void {
  if (!dryRun) mayChange('install');
  const shipped = shippedRoot();
  for (const file of installedFiles(process.execPath, shipped)) {
    const todo = isToCopy(file);
    output.line(todo ? `put   ${file.to} (0${file.mode.toString(8)})` : `keep  ${file.to}`);
    if (todo && !dryRun) copyInPlace(file);
  }
  output.line('make  user ppuri (group dialout), /var/lib/ppuri');
  output.line('make  /var/lib/ppuri-versions, /var/lib/ppuri-runtime');
  const script = packageScript(shipped, 'postinst');
  if (!dryRun) shell('install', script, ['configure', '']);
}

function uninstall(output: Output, { dryRun = false, purge = false }: Flags): void {
  if (!dryRun) mayChange('uninstall');
  const shipped = shippedRoot();
  const [before, after] = [packageScript(shipped, 'prerm'), packageScript(shipped, 'postrm')];
  const files = installedFiles(process.execPath, shipped);
  if (dryRun) {
    const going = files.filter(({ configuration }) => purge || !configuration);
    for (const { to } of going) output.line(`take  ${to}`);
    output.line('take  /var/lib/ppuri-versions, /var/lib/ppuri-runtime');
    if (purge) output.line('take  user ppuri');
    output.line('keep  /var/lib/ppuri');
    return;
  }
  shell('uninstall', before, ['remove']);
  for (const path of removeFiles(files, purge)) output.line(`took  ${path}`);
  shell('uninstall', after, [purge ? 'purge' : 'remove']);
}

export function addInstall(program: Command): void {
  program
    .command('install')
    .description('install this file as a service, where there is no package manager')
    .option('--dry-run', 'only say what would be done')
    .addHelpText('after', installHelp)
    .action(action('install', install));
  program
    .command('uninstall')
    .description('take away what install put there; the records stay')
    .option('--dry-run', 'only say what would be done')
    .option('--purge', 'the configuration and the user too')
    .addHelpText('after', uninstallHelp)
    .action(action('uninstall', uninstall));
}
