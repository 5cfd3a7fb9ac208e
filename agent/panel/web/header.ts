/** Where one is, where one can go, and how this screen looks. */
import type { VNode } from 'preact';
import type { Visitor } from '../contract.ts';
import { html } from './element.ts';
import { clockTime } from './format.ts';
import { wordsIn } from './page.ts';
import type { Route } from './route.ts';
import type { Language, Theme } from './settings.ts';
import { roleWords } from './texts.ts';

export interface HeaderProps {
  readonly gateway: string | null;
  readonly nowWallMs: number | null;
  readonly route: Route;
  readonly language: Language;
  readonly theme: Theme;
  readonly visitor: Visitor | null;
  readonly setLanguage: (language: Language) => void;
  readonly setTheme: (theme: Theme) => void;
  readonly logout: () => void;
}

const nextTheme: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' };
const themeText = { auto: 'themeAuto', light: 'themeLight', dark: 'themeDark' } as const;
const pages = ['overview', 'history', 'quality'] as const;

export function Header(props: HeaderProps): VNode {
  const { gateway, nowWallMs, route, language, theme, visitor, setLanguage, setTheme, logout } =
    props;
  const words = wordsIn(language);
  const hrefs = { overview: '#/', history: '#/history', quality: '#/quality' };
  const other: Language = language === 'ko' ? 'en' : 'ko';
  const at = (page: string): string | undefined => (route.page === page ? 'page' : undefined);
  return html`<header>
    <p class="place"><strong>${gateway ?? 'ppuri'}</strong>${nowWallMs !== null && html`<span class="clock">${clockTime(nowWallMs)}</span>`}</p>
    ${
      visitor !== null &&
      html`<nav aria-label=${words('pages')}>${pages.map(
        (page) =>
          html`<a key=${page} href=${hrefs[page]} aria-current=${at(page)}>${words(page)}</a>`,
      )}</nav>`
    }
    <div class="screen" role="group" aria-label=${words('screenSettings')}>
      <button type="button" lang=${other} onClick=${() => setLanguage(other)}>${words('otherLanguage')}</button>
      <button type="button" aria-label=${words('brightness', { now: words(themeText[theme]) })} onClick=${() => setTheme(nextTheme[theme])}><span aria-hidden="true">◐</span> ${words(themeText[theme])}</button>
      ${visitor !== null && html`<span class="who">${visitor.name}<small>${visitor.kiosk ? words('kiosk') : words.of(roleWords[visitor.role])}</small></span>`}
      ${visitor !== null && visitor.role !== 'admin' && !visitor.kiosk && html`<a href="#/login" aria-current=${at('login')}>${words('login')}</a>`}
      ${visitor !== null && visitor.role === 'admin' && html`<button type="button" onClick=${logout}>${words('logout')}</button>`}
    </div>
  </header>`;
}
