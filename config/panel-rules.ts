/** The panel's certificate, and what to think of before it is shown to a network. */
import { isLoopback } from './loopback.ts';
import type { PanelConfig } from './panel-schema.ts';
import type { Problem } from './problem.ts';
import type { Source } from './source.ts';
import { fileTrouble, pairTrouble } from './tls-files.ts';

/** Whether a problem of this path is about such a file: the agent runs, without its panel. */
export const concernsPanelFile = ({ path }: Problem): boolean =>
  /^panel\.tls\.(?:cert|key)$/.test(path);

/** What is wrong with the files of `panel.tls`, as far as this user may look. */
export function panelFileProblems(source: Source, panel: PanelConfig, nowMs: number): Problem[] {
  const { tls } = panel;
  if (tls === undefined) return [];
  const found = [
    ...(['cert', 'key'] as const).map((key) => fileTrouble(key, tls[key], nowMs)),
    pairTrouble(tls),
  ];
  return found.flatMap((trouble) =>
    trouble === null
      ? []
      : [source.atValue(['panel', 'tls', ...trouble.key], trouble.message, trouble.hint)],
  );
}

/** Nothing is wrong, but whoever writes it should know. */
export function panelWarnings(source: Source, { listen, tls }: PanelConfig): Problem[] {
  const host = listen.slice(0, listen.lastIndexOf(':')).replace(/^\[|\]$/g, '');
  if (tls !== undefined || isLoopback(host)) return [];
  const message = 'the panel is shown to the network without TLS: passwords cross it in the clear';
  return [source.atValue(['panel', 'listen'], message, 'add `panel.tls`, or keep to 127.0.0.1')];
}
