/** Topics of the Sparkplug B namespace. */
import { PpuriError } from '../../../config/errors.ts';

export const namespace = 'spBv1.0';

export type NodeVerb = 'NBIRTH' | 'NDEATH' | 'NDATA' | 'NCMD';
export type DeviceVerb = 'DBIRTH' | 'DDEATH' | 'DDATA' | 'DCMD';

/** What makes an edge node unique: a group and a name in it. */
export interface NodeName {
  readonly group: string;
  readonly node: string;
}

/** Throws `config-invalid` unless `id` may be one level of a topic. */
export function assertTopicLevel(id: string, what: string): void {
  if (id !== '' && !/[+/#\0]/u.test(id) && id.isWellFormed()) return;
  throw new PpuriError('config-invalid', `${what} cannot be part of a Sparkplug topic`, {
    operation: 'name a Sparkplug topic',
    subject: id,
    hint: 'leave out +, / and #',
  });
}

export function nodeTopic(verb: NodeVerb, { group, node }: NodeName): string {
  return `${namespace}/${group}/${verb}/${node}`;
}

export function deviceTopic(verb: DeviceVerb, name: NodeName, device: string): string {
  return `${namespace}/${name.group}/${verb}/${name.node}/${device}`;
}

export function stateTopic(host: string): string {
  return `${namespace}/STATE/${host}`;
}
