/** Which page is shown, by the part of the address behind `#`: the server knows one page only. */
export type Route =
  | { readonly page: 'overview' | 'history' | 'quality' | 'login' }
  | { readonly page: 'machine'; readonly id: string };

export function routeOf(hash: string): Route {
  const [page, id] = hash.replace(/^#\/?/, '').split('/');
  if (page === 'machine' && id !== undefined && id !== '')
    return { page, id: decodeURIComponent(id) };
  if (page === 'history' || page === 'quality' || page === 'login') return { page };
  return { page: 'overview' };
}

export const machineHref = (id: string): string => `#/machine/${encodeURIComponent(id)}`;
