/** Why something asked of an alert is not done. */
import { PpuriError } from '../../config/errors.ts';

export function noSuchAlert(id: string): PpuriError {
  return new PpuriError('alert-unknown', `no alert ${id} stands or was cleared lately`, {
    operation: 'handle an alert',
    subject: id,
    hint: '`ppuri alerts` lists those that stand',
  });
}

export function shelfTimeWrong(id: string): PpuriError {
  return new PpuriError('usage', 'an alert is put off for up to 8 h, with a reason', {
    operation: 'put an alert off',
    subject: id,
    hint: 'e.g. `ppuri alerts shelve ID --for 30m --reason "mold change"`',
  });
}
