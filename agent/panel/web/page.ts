/** What every part of the pages may ask for: the language, the time, who looks, and requests. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Text } from '../../records.ts';
import type { Overview, ShotView, Visitor } from '../contract.ts';
import type { Api } from './api.ts';
import type { Freshness } from './freshness.ts';
import type { Language, Theme } from './settings.ts';
import { fill, type TextKey, texts } from './texts.ts';

export interface Page {
  readonly language: Language;
  readonly theme: Theme;
  readonly visitor: Visitor;
  readonly api: Api;
  readonly overview: Overview;
  readonly fresh: Freshness;
  /** Since the overview came, ms; ages grow by it. */
  readonly sinceMs: number;
  /** The newest shot that was pushed of each machine, and how often the stream was opened. */
  readonly pushed: { readonly shots: ReadonlyMap<string, ShotView>; readonly opened: number };
}

export const PageContext = createContext<Page | null>(null);

export function usePage(): Page {
  const page = useContext(PageContext);
  if (page === null) throw new Error('used outside the page');
  return page;
}

export interface Words {
  readonly language: Language;
  /** A text of the table, with its `{names}` filled. */
  (key: TextKey, values?: Record<string, string | number>): string;
  of(text: Text): string;
}

export function wordsIn(language: Language): Words {
  const words = (key: TextKey, values: Record<string, string | number> = {}): string =>
    fill(texts[key], language, values);
  return Object.assign(words, { language, of: (text: Text) => text[language] });
}

export function useWords(): Words {
  return wordsIn(usePage().language);
}

/** What this visitor may do; the server has the last word. */
export function may({ role, kiosk }: Visitor): { acknowledge: boolean; change: boolean } {
  const acts = role !== 'viewer';
  return { acknowledge: acts || kiosk, change: acts && !kiosk };
}
