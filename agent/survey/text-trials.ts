/** Why an instrument that speaks text is not understood: what the line says, as raw bytes. */
import type { BusConfig } from '../../config/schema.ts';
import type { Text } from '../records.ts';
import { Asker } from './asker.ts';
import type { CauseId } from './causes.ts';
import { rawOpener } from './open.ts';
import { judgeUnasked } from './unasked.ts';

export interface TextTrial {
  readonly cause: CauseId;
  readonly evidence: Text;
}

const listenMs = 1500;

/** Opens the port and closes it again. Rejects with `bus-unavailable`. */
export async function tryOpening(bus: BusConfig): Promise<void> {
  const asker = new Asker(rawOpener(bus), 'rtu');
  try {
    await asker.open();
  } finally {
    await asker.close();
  }
}

/** Null when it speaks text: then its profile is another's. Asks nothing. */
export async function tryText(bus: BusConfig): Promise<TextTrial | null> {
  const asker = new Asker(rawOpener(bus), 'rtu');
  try {
    const said = judgeUnasked(await asker.listen(listenMs));
    switch (said.kind) {
      case 'quiet':
        return {
          cause: 'line-silent',
          evidence: {
            ko: `${listenMs} ms 동안 한 바이트도 오지 않음`,
            en: `not one byte came in ${listenMs} ms`,
          },
        };
      case 'noise':
        return {
          cause: 'baud-rate',
          evidence: { ko: `글자가 아닌 바이트: ${said.sample}`, en: `no text: ${said.sample}` },
        };
      case 'modbus': {
        const units = said.units.join(', ');
        return {
          cause: 'other-master',
          evidence: { ko: `국번 ${units}의 Modbus 프레임`, en: `Modbus frames of unit ${units}` },
        };
      }
      case 'text':
        return null;
    }
  } finally {
    await asker.close();
  }
}
