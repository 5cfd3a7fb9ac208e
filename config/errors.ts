/**
 * The one table of errors. Every part of ppuri throws these and nothing else on purpose; a test
 * keeps this table, the code that throws and the README's list equal.
 */

export const exitCodes = {
  ok: 0,
  checkFailed: 1,
  usage: 2,
  configuration: 3,
  device: 4,
  store: 5,
  model: 6,
  interrupted: 130,
} as const;

interface ErrorEntry {
  readonly exit: number;
  readonly retryable: boolean;
  readonly meaning: string;
}

export const errorTable = {
  internal: { exit: 1, retryable: false, meaning: 'a fault in ppuri itself; please report it' },
  usage: { exit: 2, retryable: false, meaning: 'the command line is not one ppuri understands' },
  'unpack-failed': {
    exit: 1,
    retryable: true,
    meaning: 'no directory takes the parts that the single-file program unpacks',
  },
  'config-invalid': { exit: 3, retryable: false, meaning: 'the configuration has errors' },
  'config-unreadable': {
    exit: 3,
    retryable: false,
    meaning: 'the configuration file cannot be read',
  },
  'config-not-written': {
    exit: 3,
    retryable: false,
    meaning: '`ppuri init` writes no configuration: the file is there already, or cannot be made',
  },
  'profile-invalid': { exit: 3, retryable: false, meaning: 'a machine profile has errors' },
  'csv-invalid': {
    exit: 2,
    retryable: false,
    meaning: 'a CSV file lacks a column or holds a bad value',
  },
  'bus-unavailable': { exit: 4, retryable: true, meaning: 'the port or endpoint is not connected' },
  'bus-timeout': { exit: 4, retryable: true, meaning: 'no matching reply in time' },
  'bus-in-use': {
    exit: 4,
    retryable: true,
    meaning: 'another agent on this gateway works on this endpoint',
  },
  'bus-closed': { exit: 4, retryable: false, meaning: 'the bus was closed while a request waited' },
  'modbus-exception': {
    exit: 4,
    retryable: true,
    meaning: 'the device answered with an exception',
  },
  'modbus-malformed': { exit: 4, retryable: true, meaning: 'the reply did not fit the request' },
  'line-malformed': {
    exit: 4,
    retryable: true,
    meaning: 'a message on a serial line is damaged or not the one expected',
  },
  'out-of-range': {
    exit: 2,
    retryable: false,
    meaning: 'an address, count or value does not fit its register',
  },
  'write-refused': {
    exit: 4,
    retryable: false,
    meaning: 'no configured output owns this register',
  },
  'stop-unknown': {
    exit: 2,
    retryable: false,
    meaning: 'no such stop of a machine is kept',
  },
  'alert-unknown': {
    exit: 2,
    retryable: false,
    meaning: 'no such alert stands or was cleared lately',
  },
  'sync-unreachable': {
    exit: 1,
    retryable: true,
    meaning: 'a sync target is not reached or does not answer',
  },
  'sync-untrusted': {
    exit: 1,
    retryable: true,
    meaning: 'the TLS of a sync target is not accepted; nothing was sent',
  },
  'sync-denied': {
    exit: 1,
    retryable: true,
    meaning: 'a sync target does not take the name, password or certificate',
  },
  'sync-refused': {
    exit: 1,
    retryable: false,
    meaning: 'a sync target can never take this record',
  },
  'sync-host-away': {
    exit: 1,
    retryable: true,
    meaning: 'the primary host of a Sparkplug target is not online',
  },
  'sync-no-receiver': {
    exit: 1,
    retryable: true,
    meaning: 'a broker says that nobody subscribes to the records',
  },
  'sync-takes-nothing': {
    exit: 1,
    retryable: true,
    meaning: 'a sync target refuses whatever it is sent; nothing is given up',
  },
  'sync-taken-over': {
    exit: 1,
    retryable: true,
    meaning: 'another client connects to the broker under the same client id',
  },
  'secret-missing': {
    exit: 3,
    retryable: true,
    meaning: 'a secret or certificate that a sync target or webhook names cannot be read',
  },
  'sync-interrupted': {
    exit: 1,
    retryable: true,
    meaning: 'a connection ended before what was sent over it was confirmed',
  },
  'store-unavailable': {
    exit: 5,
    retryable: true,
    meaning: 'the store cannot be opened or written',
  },
  'store-corrupt': { exit: 5, retryable: false, meaning: 'the store file is damaged' },
  'store-full': {
    exit: 5,
    retryable: true,
    meaning: 'the store reached its cap or the disk is full',
  },
  'store-in-use': { exit: 5, retryable: true, meaning: 'another agent uses this store' },
  'store-newer': {
    exit: 5,
    retryable: false,
    meaning: 'the store was written by a newer version of ppuri',
  },
  'record-refused': { exit: 5, retryable: false, meaning: 'a record cannot be kept as it is' },
  'label-refused': {
    exit: 2,
    retryable: false,
    meaning: 'an inspection result names no shot, part or defect that is known',
  },
  'agent-unreachable': {
    exit: 5,
    retryable: true,
    meaning: 'no running agent answers on the control socket',
  },
  'agent-running': {
    exit: 2,
    retryable: true,
    meaning: 'an agent works on this gateway, and `ppuri bench` would disturb it',
  },
  'panel-refused': {
    exit: 1,
    retryable: false,
    meaning: 'the panel does not do what was asked, e.g. remove the last administrator',
  },
  'model-invalid': { exit: 6, retryable: false, meaning: 'the model or its bundle is refused' },
  'model-golden-mismatch': {
    exit: 6,
    retryable: false,
    meaning: 'the model does not reproduce its golden outputs',
  },
  'model-untrusted': {
    exit: 6,
    retryable: false,
    meaning: 'the bundle is not signed by a key that this site trusts',
  },
  'model-older': {
    exit: 6,
    retryable: false,
    meaning: 'a newer release of this model, signed by the same key, was in use already',
  },
  'model-slow': {
    exit: 6,
    retryable: false,
    meaning: 'the model takes longer than the machine’s deadline',
  },
  'model-unavailable': { exit: 6, retryable: true, meaning: 'inference is not available' },
  'release-untrusted': {
    exit: 1,
    retryable: false,
    meaning: 'a release of ppuri is not signed by a key that this gateway trusts for it',
  },
  'release-damaged': {
    exit: 1,
    retryable: false,
    meaning: 'a release of ppuri is not the file that was signed',
  },
  'release-unfit': {
    exit: 1,
    retryable: false,
    meaning: 'a release of ppuri is for another computer, or cannot follow the version that runs',
  },
  'release-none': {
    exit: 1,
    retryable: false,
    meaning: 'there is no other version of ppuri to go back to',
  },
  'update-refused': {
    exit: 1,
    retryable: true,
    meaning: 'ppuri is not updated now: the agent is not well, or another update is under way',
  },
  'update-returned': {
    exit: 1,
    retryable: false,
    meaning: 'the new version of ppuri did not prove itself, and the one before runs again',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

export interface ErrorDetails {
  /** What was being done, e.g. `read holding 12..24`. */
  readonly operation: string;
  /** To what, e.g. `tcp://127.0.0.1:502 unit 1`. */
  readonly subject: string;
  /** What to do about it. */
  readonly hint?: string;
  readonly cause?: unknown;
}

export class PpuriError extends Error {
  override readonly name = 'PpuriError';
  readonly code: ErrorCode;
  readonly operation: string;
  readonly subject: string;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.operation = details.operation;
    this.subject = details.subject;
    this.hint = details.hint ?? '';
  }

  get retryable(): boolean {
    return errorTable[this.code].retryable;
  }

  get exit(): number {
    return errorTable[this.code].exit;
  }
}
