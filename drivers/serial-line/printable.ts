import type { LineFault } from './line-framer.ts';

const longest = 40;

/** Text for people: control and high characters as \xNN, cut after 40 characters. */
export function printable(text: string): string {
  const head = text.slice(0, longest);
  const shown = head.replaceAll(/[^ -~]/g, (char) => {
    if (char === '\r') return '\\r';
    if (char === '\n') return '\\n';
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `"${shown}"${text.length > longest ? '…' : ''}`;
}

const faults: Record<LineFault, string> = {
  checksum: 'its checksum is wrong',
  parity: 'the parity of its characters is wrong',
  pause: 'it had a pause within',
  'too-long': 'it has no end',
  'out-of-step': 'something else stood before it',
};

export function describeFault(fault: LineFault): string {
  return faults[fault];
}
