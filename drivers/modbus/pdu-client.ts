import type { EventEmitter } from 'node:events';
import modbusSerial from 'modbus-serial';
import { PpuriError } from '../../config/errors.ts';
import { describeRead, describeWrite, modbusException } from '../describe.ts';
import type { ReadRequest, WriteRequest } from '../driver.ts';

/** What modbus-serial needs of a port; ours pass up only replies that fit. */
export interface PduPort extends EventEmitter {
  readonly isOpen: boolean;
  readonly _transactionIdWrite: number;
  readonly _transactionIdRead: number;
  write(frame: Buffer): void;
}

export type PduDone = (error: PpuriError | null, words: readonly number[]) => void;

const nothing: readonly number[] = [];

/**
 * modbus-serial's codec on a strict port: requests to frames, frames to words. No time-outs here,
 * and no reply if the port is lost: the link above settles what is outstanding.
 */
export class PduClient {
  readonly #codec: InstanceType<typeof modbusSerial.default>;
  readonly #port: PduPort;
  readonly #endpoint: string;

  constructor(port: PduPort, endpoint: string) {
    this.#port = port;
    this.#endpoint = endpoint;
    const opened = Object.assign(port, { open: (callback: () => void) => callback() });
    this.#codec = new modbusSerial.default(opened);
    this.#codec.open();
  }

  read(request: ReadRequest, done: PduDone): void {
    const { unit, table, address, count } = request;
    const codec = this.#codec;
    const finish = (error: unknown, words: () => readonly number[]): void => {
      if (error) done(this.#error(error, describeRead(request), unit), nothing);
      else done(null, words());
    };
    if (table === 'holding')
      codec.writeFC3(unit, address, count, (e, r) => finish(e, () => r.data));
    else if (table === 'input') {
      codec.writeFC4(unit, address, count, (e, r) => finish(e, () => r.data));
    } else if (table === 'coil') {
      codec.writeFC1(unit, address, count, (e, r) => finish(e, () => bits(r.data, count)));
    } else codec.writeFC2(unit, address, count, (e, r) => finish(e, () => bits(r.data, count)));
  }

  /** One value as FC05 or FC06, several as FC15 or FC16. */
  write(request: WriteRequest, done: PduDone): void {
    const { unit, table, address, values } = request;
    const codec = this.#codec;
    const single = values.length === 1 ? values[0] : undefined;
    const finish = (error: unknown): void => {
      const failed = error ? this.#error(error, describeWrite(request), unit) : null;
      done(failed, nothing);
    };
    if (table === 'holding') {
      if (single !== undefined) codec.writeFC6(unit, address, single, finish);
      else codec.writeFC16(unit, address, [...values], finish);
    } else if (single !== undefined) codec.writeFC5(unit, address, single !== 0, finish);
    else {
      const states = values.map((value) => value !== 0);
      codec.writeFC15(unit, address, states, finish);
    }
  }

  /** modbus-serial's errors are strings, plain objects or Errors; ours are one kind. */
  #error(error: unknown, operation: string, unit: number): PpuriError {
    const subject = `${this.#endpoint} unit ${unit}`;
    if (error instanceof Error && 'modbusCode' in error && typeof error.modbusCode === 'number') {
      return modbusException(error.modbusCode, operation, subject);
    }
    const message = error instanceof Error ? error.message : String(error);
    if (!this.#port.isOpen) {
      return new PpuriError('bus-unavailable', 'not connected', { operation, subject });
    }
    return new PpuriError('modbus-malformed', `the reply cannot be decoded: ${message}`, {
      operation,
      subject,
      cause: error,
    });
  }
}

/** The codec gives whole bytes of booleans; `count` of them were asked for. */
function bits(states: readonly boolean[], count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => (states[i] ? 1 : 0));
}
