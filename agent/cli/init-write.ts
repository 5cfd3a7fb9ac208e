/** Writes a new configuration: checked first, whole or not at all, never over another. */
import { constants, existsSync, readFileSync, statSync } from 'node:fs';
import { copyFile, type FileHandle, link, open, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { storeProblemPath } from '../../config/check.ts';
import { PpuriError } from '../../config/errors.ts';
import { type Problem, ProblemsError } from '../../config/problem.ts';
import { shippedPath } from '../../config/shipped.ts';
import { checkFile } from './check.ts';

/** Secrets stand in files of their own; the rest of the plant is nobody else's business either. */
const mode = 0o640;
const operation = 'write a configuration';

function notWritten(file: string, message: string, hint: string, cause?: unknown): PpuriError {
  return new PpuriError('config-not-written', message, { operation, subject: file, hint, cause });
}

function isThere(file: string): PpuriError {
  const hint =
    'move it away first (mv), give another FILE, or change it by hand: init never overwrites';
  return notWritten(file, 'there is already a file', hint);
}

/** The example that an installation puts there, as it came: nobody has anything to lose in it. */
function isUntouchedExample(file: string): boolean {
  const example = join(shippedPath('config/install'), '..', 'example.yaml');
  return statSync(file).isFile() && readFileSync(file).equals(readFileSync(example));
}

/**
 * Throws `config-not-written` for a file that is there, unless it is the untouched example, or a
 * directory that is not.
 */
export function requireNew(file: string): void {
  if (existsSync(file) && !isUntouchedExample(file)) throw isThere(file);
  const dir = dirname(file);
  if (!existsSync(dir))
    throw notWritten(file, 'its directory is not there', 'make the directory first: mkdir -p');
}

/** Group of the service, where it is installed and root writes: it must read what root owns. */
function serviceGroup(): number | null {
  if (process.getuid?.() !== 0) return null;
  const id = /^ppuri:[^:]*:(\d+):/m.exec(readFileSync('/etc/group', 'utf8'))?.[1];
  return id === undefined ? null : Number(id);
}

async function fill(handle: FileHandle, text: string): Promise<void> {
  const group = serviceGroup();
  if (group !== null) await handle.chown(0, group);
  // Whatever the umask took away.
  await handle.chmod(mode);
  await handle.writeFile(text);
  await handle.sync();
}

const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';

/** Gives the file its name; a name that is taken meanwhile stays the other's. */
async function place(fresh: string, file: string): Promise<void> {
  if (existsSync(file) && isUntouchedExample(file)) await rm(file);
  try {
    await link(fresh, file);
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') throw isThere(file);
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(codeOf(thrown))) throw thrown;
    // A file system without links, such as a memory stick's.
    await copyFile(fresh, file, constants.COPYFILE_EXCL);
  }
  const dir = await open(dirname(file), 'r');
  await dir.sync().finally(() => dir.close());
}

/** What concerns this user or this moment, not the file: `ppuri run` bears with it too. */
const isBearable = ({ path }: Problem): boolean => path === storeProblemPath;

/**
 * What is worth knowing about the written file. Throws `config-invalid` with every problem, or
 * `config-not-written`; there is no file then.
 */
export async function writeChecked(
  file: string,
  text: string,
  stopped: () => boolean,
): Promise<readonly Problem[]> {
  requireNew(file);
  // In its directory, since profiles by path are taken from there.
  const fresh = join(dirname(file), `.${basename(file)}.${process.pid}.new`);
  const own = (problem: Problem): Problem =>
    problem.file === fresh ? { ...problem, file } : problem;
  try {
    const handle = await open(fresh, 'wx', 0o600);
    await fill(handle, text).finally(() => handle.close());
    const { problems, warnings } = await checkFile(fresh);
    const faults = problems.filter((problem) => !isBearable(problem)).map(own);
    if (faults.length > 0) throw new ProblemsError('config-invalid', file, faults);
    if (!stopped()) await place(fresh, file);
    return [...problems.filter(isBearable), ...warnings].map(own);
  } catch (thrown) {
    if (thrown instanceof PpuriError) throw thrown;
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    const hint = 'choose a directory that this user may write, or use sudo';
    throw notWritten(file, `it cannot be written: ${why}`, hint, thrown);
  } finally {
    await rm(fresh, { force: true });
  }
}
