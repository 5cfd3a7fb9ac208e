/** The names by which figures are found again: `CONTESTANT: MEASURE`. */
export const measures = {
  snapshot: 'last snapshot byte → reject write',
  block: 'first reply with the block → reject write',
  change: 'counter change → reject write',
  shots: 'shots',
  defects: 'defects',
  answered: 'defects answered',
  missed: 'defects missed',
  wrong: 'good shots rejected',
  bytes: 'bytes per machine',
  requests: 'requests per machine',
  cpu: 'CPU',
  pss: 'memory (PSS)',
} as const;

export type Measure = keyof typeof measures;

/** Of contestants that are compared with each other. */
export const names = {
  own: 'ppuri, default',
  ownBlock: 'ppuri, 100 ms block',
  ownCounter: 'ppuri, 100 ms counter',
  c: 'C loop',
  python: 'Python loop, tuned',
  nodeRed: 'Node-RED, tuned',
} as const;
