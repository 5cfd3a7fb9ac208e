/** Names of this computer itself, as addresses and URLs write them. */
const names = new Set(['localhost', '127.0.0.1', '::1', '[::1]', '0:0:0:0:0:0:0:1']);

/** Whether `host` never leaves this computer. */
export const isLoopback = (host: string): boolean => names.has(host.toLowerCase());
