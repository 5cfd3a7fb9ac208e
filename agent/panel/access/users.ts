/** Adding, changing and removing users and kiosks: what is allowed, and what it is called after. */
import type { Role } from '../contract.ts';
import { PanelRefusal } from '../refusal.ts';
import { type AccessState, type Kiosk, roles, type User } from './file.ts';
import type { PasswordHash } from './password.ts';
import { fold } from './roster.ts';

const mostUsers = 100;
const mostKiosks = 20;

/** As it is kept. Throws the refusal `name-invalid`. */
export function nameOf(given: string): string {
  const name = given.normalize('NFC').trim();
  if (!/^[\p{L}\p{N}][\p{L}\p{N}._-]{0,31}$/u.test(name)) throw new PanelRefusal('name-invalid');
  return name;
}

export function roleOf(given: string): Role {
  const role = roles.find((each) => each === given);
  if (role === undefined) throw new PanelRefusal('role-invalid');
  return role;
}

export function assertPassword(password: string, name: string): void {
  const { length } = [...password];
  if (length < 8 || length > 128 || fold(password) === fold(name))
    throw new PanelRefusal('password-invalid');
}

const named = (name: string) => (each: { readonly name: string }) => fold(each.name) === fold(name);

function assertOtherAdmin(state: AccessState, user: User): void {
  if (!state.users.some((other) => other !== user && other.role === 'admin'))
    throw new PanelRefusal('last-admin');
}

function changeOf(before: User | undefined, role: Role, newPassword: boolean): string {
  if (before === undefined) return `added as ${role}`;
  const changes = [
    ...(before.role === role ? [] : [`role ${role}`]),
    ...(newPassword ? ['password'] : []),
  ];
  return changes.length === 0 ? 'unchanged' : changes.join(', ');
}

export interface UserChange {
  readonly name: string;
  readonly role: Role;
  /** Null: the password stays. */
  readonly hash: PasswordHash | null;
}

/** The state with this user, and what was done, for the audit. Throws refusals. */
export function withUser(
  state: AccessState,
  { name, role, hash }: UserChange,
): { readonly state: AccessState; readonly done: string } {
  const before = state.users.find(named(name));
  const password = hash ?? before?.password;
  if (password === undefined) throw new PanelRefusal('password-invalid');
  if (before === undefined && state.users.length >= mostUsers) throw new PanelRefusal('too-many');
  if (before?.role === 'admin' && role !== 'admin') assertOtherAdmin(state, before);
  const user = { name: before?.name ?? name, role, password };
  const users = [...state.users.filter((each) => each !== before), user];
  return { state: { ...state, users }, done: changeOf(before, role, hash !== null) };
}

/** Throws the refusals `no-such-user`, `is-kiosk` and `last-admin`. */
export function withoutUser(state: AccessState, name: string): AccessState {
  const user = state.users.find(named(name));
  if (user === undefined)
    throw new PanelRefusal(state.kiosks.some(named(name)) ? 'is-kiosk' : 'no-such-user');
  if (user.role === 'admin') assertOtherAdmin(state, user);
  return { ...state, users: state.users.filter((each) => each !== user) };
}

/** One of the same name is replaced. Throws the refusal `too-many`. */
export function withKiosk(state: AccessState, kiosk: Kiosk): AccessState {
  const rest = state.kiosks.filter((each) => !named(kiosk.name)(each));
  if (rest.length >= mostKiosks) throw new PanelRefusal('too-many');
  return { ...state, kiosks: [...rest, kiosk] };
}

/** Throws the refusal `no-such-kiosk`. */
export function withoutKiosk(state: AccessState, name: string): AccessState {
  const kiosks = state.kiosks.filter((each) => !named(name)(each));
  if (kiosks.length === state.kiosks.length) throw new PanelRefusal('no-such-kiosk');
  return { ...state, kiosks };
}
