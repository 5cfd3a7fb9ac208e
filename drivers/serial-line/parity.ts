/** Seven-bit text read eight bits wide: the eighth is parity, or nothing where the port took it off. */

export function withoutEighthBit(text: string): string {
  // Node's ascii is latin1 with the eighth bit cleared.
  return Buffer.from(text, 'latin1').toString('ascii');
}

/** The seven bits; null when the parity of some byte is not that of the others. */
export function sevenBits(message: string): string | null {
  const bytes = [...Buffer.from(message, 'latin1')];
  const plain = bytes.every((byte) => byte < 0x80);
  if (!plain && !bytes.every(isEven) && bytes.some(isEven)) return null;
  return withoutEighthBit(message);
}

function isEven(byte: number): boolean {
  let ones = 0;
  for (let rest = byte; rest > 0; rest >>= 1) ones += rest & 1;
  return ones % 2 === 0;
}
