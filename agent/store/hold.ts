/** What the keep child holds in the directory of the store besides the file: a lock and a socket. */
import { closeSync, existsSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PpuriError } from '../../config/errors.ts';
import { type Answer, type ControlServer, serveControl } from './control.ts';
import { type StoreLock, takeLock } from './lock.ts';
import { storePaths } from './paths.ts';
import { makeDirectory } from './session.ts';
import { asStoreError } from './trouble.ts';

const lockWaitMs = 3000;

/** Makes a file and removes it. Throws what the file system says. */
function tryFile(dir: string): void {
  const path = join(dir, 'ppuri.try');
  closeSync(openSync(path, 'w', 0o640));
  rmSync(path);
}

/** No file can be made there, whoever asks: ext4 after an error says `rw` and lets nothing be written. */
function isDead(dir: string): boolean {
  try {
    tryFile(dir);
    return false;
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : '';
    return code === 'EROFS' || code === 'EIO';
  }
}

/** The directory, or of those above it the first that is there. */
const nearest = (dir: string): string => (existsSync(dir) ? dir : nearest(dirname(dir)));

export class StoreHold {
  readonly #dir: string;
  readonly #answer: Answer;
  /** Commands cannot reach this agent, because of that. */
  readonly #noControl: (why: string) => void;
  #lock: StoreLock | null = null;
  #control: ControlServer | null = null;
  #lockWaitMs = lockWaitMs;
  #device: number | null = null;
  #letGo = false;
  #saidNoControl = false;

  constructor(dir: string, answer: Answer, noControl: (why: string) => void) {
    this.#dir = dir;
    this.#answer = answer;
    this.#noControl = noControl;
  }

  /** Makes the directory and takes what is not held already. Throws PpuriError `store-*`. */
  async take(): Promise<void> {
    const paths = storePaths(this.#dir);
    this.#assertMounted(paths.database);
    makeDirectory(paths.dir);
    if (this.#letGo) tryFile(paths.dir);
    this.#letGo = false;
    this.#device = statSync(paths.dir).dev;
    const waitMs = this.#lockWaitMs;
    this.#lockWaitMs = 0;
    this.#lock ??= takeLock(paths.lock, waitMs);
    await this.#listen(paths.socket);
  }

  /** While its disk is not mounted another is in its place: a store begun there would be hidden later. */
  #assertMounted(database: string): void {
    if (this.#device === null || existsSync(database)) return;
    if (statSync(nearest(this.#dir)).dev === this.#device) return;
    throw new PpuriError('store-unavailable', 'the disk of the store is not mounted', {
      operation: 'open the store',
      subject: this.#dir,
      hint: 'mount it and the agent goes on; to begin a new store on another disk start the agent again',
    });
  }

  /** Without its socket the store still keeps; commands then read the file. */
  async #listen(path: string): Promise<void> {
    if (this.#control !== null) return;
    try {
      this.#control = await serveControl(path, this.#answer);
    } catch (thrown) {
      if (this.#saidNoControl) return;
      this.#saidNoControl = true;
      this.#noControl(asStoreError(thrown, 'open the control socket', path).message);
    }
  }

  /** A file system that turned read-only can be mounted anew only once nobody holds anything on it. */
  letGoIfDead(): void {
    if (!isDead(this.#dir)) return;
    this.#letGo = true;
    this.stopListening();
    this.release();
  }

  stopListening(): void {
    this.#control?.close();
    this.#control = null;
  }

  release(): void {
    this.#lock?.release();
    this.#lock = null;
  }
}
