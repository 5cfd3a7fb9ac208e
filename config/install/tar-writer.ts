/** Archives whose bytes follow from their content: sorted, owned by root, all of one time. */

export interface Entry {
  /** From the root of the archive; a directory ends with a slash. */
  readonly path: string;
  readonly mode: number;
  readonly bytes?: Uint8Array;
}

const block = 512;

function header({ path, mode, bytes }: Entry, seconds: number): Buffer {
  if (Buffer.byteLength(path) > 98) throw new Error(`too long a path for the archive: ${path}`);
  const head = Buffer.alloc(block);
  const octal = (value: number, at: number, length: number): void => {
    head.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  };
  head.write(`./${path}`, 0, 'utf8');
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(bytes?.length ?? 0, 124, 12);
  octal(seconds, 136, 12);
  head.write('        ', 148, 'latin1');
  head.write(path.endsWith('/') ? '5' : '0', 156, 'latin1');
  head.write('ustar\x0000', 257, 'latin1');
  head.write('root', 265, 'latin1');
  head.write('root', 297, 'latin1');
  const sum = head.reduce((all, byte) => all + byte, 0);
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return head;
}

/** With every directory above an entry, itself first. `seconds`: since 1970. */
export function writeTar(entries: readonly Entry[], seconds: number): Buffer {
  const all = new Map<string, Entry>();
  for (const entry of entries) {
    const parts = entry.path.split('/').slice(0, -1);
    for (const [index] of parts.entries()) {
      const path = `${parts.slice(0, index + 1).join('/')}/`;
      if (!all.has(path)) all.set(path, { path, mode: 0o755 });
    }
    all.set(entry.path, entry);
  }
  const sorted = [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  const pieces = sorted.flatMap((entry) => {
    const bytes = entry.bytes ?? new Uint8Array();
    const rest = (block - (bytes.length % block)) % block;
    return [header(entry, seconds), bytes, Buffer.alloc(rest)];
  });
  return Buffer.concat([...pieces, Buffer.alloc(2 * block)]);
}
