/** One name for one TCP endpoint, so that two buses on it are seen as such. */
export function tcpEndpoint({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): string {
  return `tcp://${canonicalHost(host)}:${port}`;
}

function canonicalHost(host: string): string {
  const plain = host
    .trim()
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
  if (plain === 'localhost' || plain === '::1') return '127.0.0.1';
  return plain.includes(':') ? `[${plain}]` : plain;
}
