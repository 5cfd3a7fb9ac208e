/**
 * Takes from a 64-bit little-endian ELF program what only debuggers read: the sections that are not
 * loaded, symbol tables and debug information, which lie behind all others. As `strip` does, but the
 * same on every computer and for every architecture. To be done before anything is injected.
 */

const sectionBytes = 64;
const kind = { noBits: 8 } as const;
const flagAlloc = 2n;

interface Section {
  readonly raw: Uint8Array;
  readonly view: DataView;
  readonly name: string;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function sectionsOf(elf: Uint8Array): Section[] {
  const view = viewOf(elf);
  const at = Number(view.getBigUint64(40, true));
  const count = view.getUint16(60, true);
  const raws = Array.from({ length: count }, (_, i) =>
    elf.slice(at + i * sectionBytes, at + (i + 1) * sectionBytes),
  );
  const names = raws[view.getUint16(62, true)];
  if (names === undefined) throw new Error('the program has no section names');
  const namesAt = Number(viewOf(names).getBigUint64(24, true));
  return raws.map((raw) => {
    const start = namesAt + viewOf(raw).getUint32(0, true);
    const name = Buffer.from(elf.subarray(start, elf.indexOf(0, start))).toString('latin1');
    return { raw, view: viewOf(raw), name };
  });
}

function isLoaded({ view }: Section): boolean {
  return (view.getBigUint64(8, true) & flagAlloc) !== 0n;
}

/** Where the section ends in the file. */
function endOf({ view }: Section): number {
  const bytes = view.getUint32(4, true) === kind.noBits ? 0n : view.getBigUint64(32, true);
  return Number(view.getBigUint64(24, true) + bytes);
}

/** The same program without symbols. Throws for what is no such ELF file. */
export function stripElf(elf: Uint8Array): Buffer {
  if (viewOf(elf).getUint32(0) !== 0x7f454c46 || elf[4] !== 2 || elf[5] !== 1)
    throw new Error('this is no 64-bit little-endian ELF program');
  const [first, ...rest] = sectionsOf(elf);
  const loaded = rest.filter(isLoaded);
  const links = loaded.map((section) => section.view.getUint32(40, true));
  if (first === undefined || rest.slice(0, loaded.length).some((section) => !isLoaded(section)))
    throw new Error('sections that are loaded lie behind some that are not');
  if (links.some((link) => link > loaded.length))
    throw new Error('a section that is loaded needs one that is not');
  const end = Math.max(...loaded.map(endOf));
  const names = Buffer.from(
    `\0${[...loaded.map(({ name }) => name), '.shstrtab'].join('\0')}\0`,
    'latin1',
  );
  const table = Math.ceil((end + names.length) / 8) * 8;
  const stripped = Buffer.alloc(table + (loaded.length + 2) * sectionBytes);
  stripped.set(elf.subarray(0, end));
  stripped.set(names, end);
  writeTable(stripped.subarray(table), loaded, end, names);
  stripped.writeBigUInt64LE(BigInt(table), 40);
  stripped.writeUInt16LE(loaded.length + 2, 60);
  stripped.writeUInt16LE(loaded.length + 1, 62);
  return stripped;
}

/** The section headers: an empty one, those that stay, and the one of their names. */
function writeTable(
  table: Buffer,
  loaded: readonly Section[],
  namesAt: number,
  names: Buffer,
): void {
  let nameAt = 1;
  for (const [index, { raw, name }] of loaded.entries()) {
    const at = (index + 1) * sectionBytes;
    table.set(raw, at);
    table.writeUInt32LE(nameAt, at);
    nameAt += name.length + 1;
  }
  const at = (loaded.length + 1) * sectionBytes;
  table.writeUInt32LE(nameAt, at);
  table.writeUInt32LE(3, at + 4); // a string table
  table.writeBigUInt64LE(BigInt(namesAt), at + 24);
  table.writeBigUInt64LE(BigInt(names.length), at + 32);
  table.writeBigUInt64LE(1n, at + 48); // alignment
}
