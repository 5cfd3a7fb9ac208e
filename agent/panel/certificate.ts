/** The panel's own certificate, read again when its files change. */
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

export interface TlsFiles {
  /** Paths of PEM files. */
  readonly cert: string;
  readonly key: string;
}

export interface TlsPair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export const leastTls = 'TLSv1.2';

/** Throws what the file system or OpenSSL says, e.g. of a key that is another certificate's. */
export function readPair({ cert, key }: TlsFiles): TlsPair {
  const pair = { cert: readFileSync(cert), key: readFileSync(key) };
  createSecureContext({ ...pair, minVersion: leastTls });
  return pair;
}

function markOf({ cert, key }: TlsFiles): string {
  const marks = [cert, key].map((path) => {
    const { ino, size, mtimeNs } = statSync(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  });
  return marks.join(' ');
}

/** Looks at the files with each connection: whoever comes after a renewal meets the new pair. */
export class CertificateWatch {
  readonly #files: TlsFiles;
  readonly #use: (pair: TlsPair) => void;
  readonly #failed: (thrown: unknown) => void;
  #mark: string;

  constructor(files: TlsFiles, use: (pair: TlsPair) => void, failed: (thrown: unknown) => void) {
    this.#files = files;
    this.#use = use;
    this.#failed = failed;
    this.#mark = markOf(files);
  }

  /** While the files cannot be used the pair that was read last goes on. */
  look(): void {
    try {
      const mark = markOf(this.#files);
      if (mark === this.#mark) return;
      this.#mark = mark;
      this.#use(readPair(this.#files));
    } catch (thrown) {
      this.#failed(thrown);
    }
  }
}
