/** Why an instrument that speaks text is not understood: what the line says, as raw bytes. */
import type { BusConfig } from '../../config/schema.ts';
import { printable } from '../../drivers/serial-line/printable.ts';
import type { Text } from '../records.ts';
import { Asker } from './asker.ts';
import type { CauseId } from './causes.ts';
import { rawOpener } from './open.ts';
import { hex, judgeUnasked } from './unasked.ts';

export interface TextTrial {
  readonly cause: CauseId;
  readonly evidence: Text;
}

const listenMs = 1500;
const shownBytes = 40;
/** Bit 7 may be a parity bit. */
const mostlyText = 0.95;

/** Opens the port and closes it again. Rejects with `bus-unavailable`. */
export async function tryOpening(bus: BusConfig): Promise<void> {
  const asker = new Asker(rawOpener(bus), 'rtu');
  try {
    await asker.open();
  } finally {
    await asker.close();
  }
}

/**
 * Listens, and where the line is quiet asks as the profile does. `request`: what makes the
 * instrument speak; empty where it does so by itself. Rejects with `bus-unavailable`.
 */
export async function tryText(bus: BusConfig, request: string): Promise<TextTrial> {
  const asker = new Asker(rawOpener(bus), 'rtu');
  try {
    const unasked = await asker.listen(request === '' ? listenMs : listenMs / 3);
    if (unasked.length > 0 || request === '') return toldBy(unasked, '');
    return toldBy(await asker.say(request, Math.max(listenMs, 2 * bus.timeoutMs)), request);
  } finally {
    await asker.close();
  }
}

function toldBy(bytes: Uint8Array, request: string): TextTrial {
  const asked = printable(request);
  if (bytes.length === 0) {
    const ko = request === '' ? '' : `${asked}(이)라고 물었지만 `;
    const en = request === '' ? '' : ` after asking ${asked}`;
    return trial(
      'line-silent',
      `${ko}${listenMs} ms 동안 한 바이트도 오지 않음`,
      `not one byte came in ${listenMs} ms${en}`,
    );
  }
  const said = judgeUnasked(bytes);
  if (said.kind === 'modbus') {
    const units = said.units.join(', ');
    return trial('other-master', `국번 ${units}의 Modbus 프레임`, `Modbus frames of unit ${units}`);
  }
  const head = Buffer.from(bytes.subarray(0, shownBytes)).toString('latin1');
  if (head === request) return trial('echo', '보낸 것만 되돌아옴', 'nothing but the echo came');
  if (said.kind === 'text')
    return trial('wrong-message', `받은 글자 ${said.sample}`, `it says ${said.sample}`);
  if (isText(bytes)) {
    const shown = printable(head);
    const ko = `줄 끝이 없는 ${bytes.length}글자: ${shown}`;
    return trial('wrong-message', ko, `${bytes.length} characters, no end of line: ${shown}`);
  }
  return trial('baud-rate', `글자가 아닌 바이트: ${hex(bytes)}`, `no text: ${hex(bytes)}`);
}

function isText(bytes: Uint8Array): boolean {
  const printed = bytes.filter((byte) => (byte & 0x7f) >= 0x20 && (byte & 0x7f) < 0x7f).length;
  const framing = bytes.filter((byte) => (byte & 0x7f) < 7 || byte === 10 || byte === 13).length;
  return printed > 0 && printed + framing >= mostlyText * bytes.length;
}

function trial(cause: CauseId, ko: string, en: string): TextTrial {
  return { cause, evidence: { ko, en } };
}
