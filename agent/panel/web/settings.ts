/** What one screen remembers for itself: its language and its brightness. */
export type Language = 'ko' | 'en';
export type Theme = 'auto' | 'light' | 'dark';

const languageKey = 'ppuri.language';
const themeKey = 'ppuri.theme';

/** A browser may forbid storage; the choice then lasts as long as the page. */
function recall(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Nothing to tell: the choice is in force, only not for the next visit.
  }
}

/** Null: this screen has not chosen; the gateway's own language counts. */
export function recallLanguage(): Language | null {
  const value = recall(languageKey);
  return value === 'ko' || value === 'en' ? value : null;
}

export function rememberLanguage(language: Language): void {
  remember(languageKey, language);
}

export function recallTheme(): Theme {
  const value = recall(themeKey);
  return value === 'light' || value === 'dark' ? value : 'auto';
}

export function rememberTheme(theme: Theme): void {
  remember(themeKey, theme);
}

/** Puts both on the document, where style sheets and screen readers find them. */
export function showSettings(language: Language, theme: Theme): void {
  document.documentElement.lang = language;
  document.documentElement.setAttribute('data-theme', theme);
}
