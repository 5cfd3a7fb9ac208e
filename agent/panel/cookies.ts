/** The two cookies of the panel. A browser keeps one set for all ports of a host, hence the port. */

export interface CookieJar {
  /** Name of the cookie → its value. */
  readonly session: string;
  readonly kiosk: string;
  /** `Secure` goes with TLS. */
  readonly secure: boolean;
}

export const cookieJar = (port: number, secure: boolean): CookieJar => ({
  session: `ppuri_session_${port}`,
  kiosk: `ppuri_kiosk_${port}`,
  secure,
});

/** How long a browser keeps them; the server ends sessions by itself, and much earlier. */
const keptS = 400 * 86_400;

/** A `Set-Cookie`; null takes the cookie away. No page's script reads it, no other site sends it. */
export function setCookie({ secure }: CookieJar, name: string, value: string | null): string {
  const age = value === null ? 0 : keptS;
  const end = secure ? '; Secure' : '';
  return `${name}=${value ?? ''}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Strict${end}`;
}

/** The value of the cookie `name`; null: there is none. */
export function cookieOf(header: string | undefined, name: string): string | null {
  for (const part of (header ?? '').split(';')) {
    const equals = part.indexOf('=');
    if (part.slice(0, equals).trim() === name) return part.slice(equals + 1).trim() || null;
  }
  return null;
}
