/** The pages of who may use the panel: login, claim, users, and the link of a kiosk. */

import { textField } from '../body.ts';
import type { Me } from '../contract.ts';
import { type CookieJar, setCookie } from '../cookies.ts';
import { PanelRefusal } from '../refusal.ts';
import { jsonReply, type PanelReply, type PanelRequest, type Route } from '../route.ts';
import type { Access, Actor } from './access.ts';

type Named = readonly [path: string, route: Route];

const done = (headers?: PanelReply['headers']): PanelReply => jsonReply({}, headers);

const actorOf = ({ visitor }: PanelRequest): Actor => ({
  who: visitor?.name ?? '?',
  from: 'panel',
});

function entryRoutes(access: Access, jar: CookieJar): Named[] {
  const begun = async (request: PanelRequest, secret: string): Promise<PanelReply> => {
    // A new login replaces the session that this browser had.
    if (request.key !== null && request.visitor?.kiosk === false)
      await access.logout(request.key, request.visitor.name);
    return done({ 'Set-Cookie': setCookie(jar, jar.session, secret) });
  };
  const login: Route = {
    method: 'POST',
    role: 'anyone',
    handle: async (request) => {
      const { body, address } = request;
      const [name, password] = [textField(body, 'name'), textField(body, 'password')];
      return begun(request, await access.login(name, password, address));
    },
  };
  const claim: Route = {
    method: 'POST',
    role: 'anyone',
    handle: async (request) => {
      const { body, address } = request;
      const given = { name: textField(body, 'name'), password: textField(body, 'password') };
      return begun(request, await access.claim(textField(body, 'code'), given, address));
    },
  };
  const logout: Route = {
    method: 'POST',
    role: 'viewer',
    handle: async ({ key, visitor }) => {
      if (key !== null && visitor !== null) await access.logout(key, visitor.name);
      return done({ 'Set-Cookie': setCookie(jar, jar.session, null) });
    },
  };
  return [
    ['/api/login', login],
    ['/api/claim', claim],
    ['/api/logout', logout],
  ];
}

function userRoutes(access: Access): Named[] {
  const put: Route = {
    method: 'POST',
    role: 'admin',
    handle: async (request) => {
      const { body } = request;
      const given =
        typeof body === 'object' && body !== null ? Reflect.get(body, 'password') : undefined;
      const password = given === null ? null : textField(body, 'password');
      const user = { name: textField(body, 'name'), role: textField(body, 'role'), password };
      await access.putUser(actorOf(request), user);
      return done();
    },
  };
  const remove: Route = {
    method: 'POST',
    role: 'admin',
    handle: async (request) => {
      await access.removeUser(actorOf(request), textField(request.body, 'name'));
      return done();
    },
  };
  const list: Route = {
    method: 'GET',
    role: 'admin',
    handle: () => jsonReply({ users: access.users, kiosks: access.kiosks }),
  };
  return [
    ['/api/users', list],
    ['/api/users/put', put],
    ['/api/users/remove', remove],
  ];
}

/** Routes of `access` for a server whose cookies `jar` names. */
export function accessRoutes(access: Access, jar: CookieJar): Named[] {
  const me: Route = {
    method: 'GET',
    role: 'anyone',
    handle: ({ visitor, token }) =>
      jsonReply({ visitor, claimable: access.claimCode !== null, token } satisfies Me),
  };
  const kiosk: Route = {
    method: 'GET',
    role: 'anyone',
    // Nothing changes here: the cookie is the token of the link, out of sight.
    handle: ({ query }) => {
      const token = query.get('token') ?? '';
      if (!access.isKiosk(token)) throw new PanelRefusal('login-needed');
      const cookie = setCookie(jar, jar.kiosk, token);
      const headers = { 'Set-Cookie': cookie, Location: '/' };
      return { status: 303, type: 'text/plain; charset=utf-8', body: '', headers };
    },
  };
  return [['/api/me', me], ['/kiosk', kiosk], ...entryRoutes(access, jar), ...userRoutes(access)];
}
