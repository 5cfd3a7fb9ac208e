/** What an agent tells of the models of one machine and mold. */

import type { Activation } from '../models/activation.ts';
import { identityOf, type ModelSlot } from './model-slot.ts';
import type { ModelIdentity } from './records.ts';

export interface SlotStatus {
  readonly machine: string;
  /** Null: every mold without a model of its own. */
  readonly mold: string | null;
  /** Decides now; null: nothing of its own. */
  readonly deciding: ModelIdentity | null;
  /** What `ppuri model rollback` goes back to; null: nothing. */
  readonly previous: Pick<ModelIdentity, 'name' | 'version'> | 'configured' | null;
  /** A new model under way. */
  readonly activation: Activation | null;
  /** The store was not there for the last step: what it holds is looked up once it tells. */
  readonly memory: 'known' | 'unsure';
}

export function slotStatus(slot: ModelSlot): SlotStatus {
  const { machine, mold, deciding, pointer, activation, base, unsure } = slot;
  const back =
    activation !== null
      ? base && identityOf(base)
      : pointer &&
        (pointer.previous ?? (slot.configured === null ? null : ('configured' as const)));
  const previous =
    back === null || back === 'configured' ? back : { name: back.name, version: back.version };
  return {
    ...{ machine: machine.id, mold, activation, previous },
    deciding: deciding === null ? null : identityOf(deciding),
    memory: unsure ? 'unsure' : 'known',
  };
}
