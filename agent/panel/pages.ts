/** The panel's pages as they are committed: bundled by build-pages.ts, served as they are. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shippedPath } from '../../config/shipped.ts';

export interface StaticPage {
  /** Content-Type. */
  readonly type: string;
  readonly body: Buffer;
}

const files: readonly (readonly [path: string, file: string, type: string])[] = [
  ['/', 'index.html', 'text/html; charset=utf-8'],
  ['/app.js', 'app.js', 'text/javascript; charset=utf-8'],
  ['/app.css', 'app.css', 'text/css; charset=utf-8'],
];

/** By path. Throws where the checkout or the program is not whole. */
export function panelPages(): ReadonlyMap<string, StaticPage> {
  const directory = shippedPath('agent/panel/web/dist');
  return new Map(
    files.map(([path, file, type]) => [path, { type, body: readFileSync(join(directory, file)) }]),
  );
}
