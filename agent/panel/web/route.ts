/** Which page is shown, by the part of the address behind `#`: the server knows one page only. */
export type Route =
  | { readonly page: 'overview' | 'history' | 'quality' | 'login' }
  | { readonly page: 'machine'; readonly id: string };

/** An address that somebody mistyped is a machine that is not there, and the page says so. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function routeOf(hash: string): Route {
  const [page, id] = hash.replace(/^#\/?/, '').split('/');
  if (page === 'machine' && id !== undefined && id !== '') return { page, id: decoded(id) };
  if (page === 'history' || page === 'quality' || page === 'login') return { page };
  return { page: 'overview' };
}

export const machineHref = (id: string): string => `#/machine/${encodeURIComponent(id)}`;
