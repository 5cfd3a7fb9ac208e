/** What the owner of the store may do over the control socket: as much as an administrator. */
import { textField } from '../body.ts';
import { PanelRefusal } from '../refusal.ts';
import type { Access, Actor } from './access.ts';

type Order = (access: Access, by: Actor, params: unknown) => unknown;

const passwordField = (params: unknown): string | null => {
  const given =
    typeof params === 'object' && params !== null ? Reflect.get(params, 'password') : null;
  return given === null || given === undefined ? null : textField(params, 'password');
};

const orders: Readonly<Record<string, Order>> = {
  'panel-claim': ({ claimCode }) => ({ code: claimCode }),
  'panel-users': ({ users, kiosks }) => ({ users, kiosks }),
  'panel-user-put': async (access, by, params) => {
    const [name, role] = [textField(params, 'name'), textField(params, 'role')];
    await access.putUser(by, { name, role, password: passwordField(params) });
    return {};
  },
  'panel-user-remove': async (access, by, params) => {
    await access.removeUser(by, textField(params, 'name'));
    return {};
  },
  'panel-kiosk-put': async (access, by, params) => ({
    token: await access.putKiosk(by, textField(params, 'name')),
  }),
  'panel-kiosk-remove': async (access, by, params) => {
    await access.removeKiosk(by, textField(params, 'name'));
    return {};
  },
};

/** Rejects with PanelRefusal, which is a PpuriError. `who` among the parameters is who asks. */
export async function obey(access: Access, method: string, params: unknown): Promise<unknown> {
  const order = Object.hasOwn(orders, method) ? orders[method] : undefined;
  if (order === undefined) throw new PanelRefusal('bad-request');
  return order(access, { who: textField(params, 'who', 64), from: 'cli' }, params);
}
