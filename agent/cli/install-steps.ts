/** What an installation without a package manager does: the files of the package, at its paths. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';

export interface InstalledFile {
  /** Absolute, where it comes from. */
  readonly from: string;
  /** Absolute on the gateway. */
  readonly to: string;
  readonly mode: number;
  /** Stays as it is where it is there already, and when the program goes. */
  readonly configuration: boolean;
}

/** `program`: this executable. `shipped`: the folder that has `config/install` in it. */
export function installedFiles(program: string, shipped: string): InstalledFile[] {
  const own = (from: string, to: string, mode = 0o644): InstalledFile => ({
    from,
    to,
    mode,
    configuration: false,
  });
  const kit = join(shipped, 'config/install');
  return [
    own(program, '/usr/bin/ppuri', 0o755),
    own(join(kit, 'start.sh'), '/usr/lib/ppuri/start', 0o755),
    own(join(kit, 'ppuri.service'), '/usr/lib/systemd/system/ppuri.service'),
    own(join(kit, '60-ppuri-serial.rules'), '/usr/lib/udev/rules.d/60-ppuri-serial.rules'),
    own(join(kit, '60-ppuri-journald.conf'), '/usr/lib/systemd/journald.conf.d/60-ppuri.conf'),
    own(join(kit, 'ppuri.1'), '/usr/share/man/man1/ppuri.1'),
    {
      ...own(join(shipped, 'config/example.yaml'), '/etc/ppuri/ppuri.yaml'),
      configuration: true,
    },
  ];
}

/** A script of the package, to be given to a shell: its file may go while it runs. */
export function packageScript(shipped: string, name: 'postinst' | 'prerm' | 'postrm'): string {
  return readFileSync(join(shipped, 'config/install/debian', name), 'utf8');
}

/**
 * Whether it is to be put there; not over a configuration, nor the running program over itself.
 * `root`: before every path on the gateway, for another system's directory.
 */
export function isToCopy({ from, to, configuration }: InstalledFile, root = '/'): boolean {
  const target = join(root, to);
  return resolve(from) !== target && !(configuration && existsSync(target));
}

/** Under another name and then into place: the program may be running. Throws system errors. */
export function copyInPlace({ from, to, mode }: InstalledFile, root = '/'): void {
  const target = join(root, to);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(from, `${target}.new`);
  chmodSync(`${target}.new`, mode);
  renameSync(`${target}.new`, target);
}

/** Gives the paths that were there and are gone, with a directory left empty; configuration only if `all`. */
export function removeFiles(files: readonly InstalledFile[], all: boolean, root = '/'): string[] {
  const going = files.filter(({ configuration }) => all || !configuration).map(({ to }) => to);
  const there = going.filter((to) => existsSync(join(root, to)));
  for (const target of there.map((to) => join(root, to))) {
    rmSync(target);
    if (readdirSync(dirname(target)).length === 0) rmdirSync(dirname(target));
  }
  return there;
}
