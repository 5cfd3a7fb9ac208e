/** Puts the pages together: who looks, what was heard last, where one is. */
import type { VNode } from 'preact';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import type { Text } from '../../records.ts';
import type { Me, ShotView } from '../contract.ts';
import { Announcer } from './announcer.ts';
import { Api } from './api.ts';
import { Banner } from './banner.ts';
import { h, html } from './element.ts';
import { Footer } from './footer.ts';
import { freshness, type Heard, isOld } from './freshness.ts';
import { Header } from './header.ts';
import { HistoryView } from './history.ts';
import { followLive } from './live.ts';
import { LoginPage } from './login.ts';
import { MachineDetail } from './machine-page.ts';
import { OverviewPage } from './overview.ts';
import { type Page, PageContext, wordsIn } from './page.ts';
import { QualityView } from './quality.ts';
import { type Route, routeOf } from './route.ts';
import {
  type Language,
  recallLanguage,
  recallTheme,
  rememberLanguage,
  rememberTheme,
  showSettings,
  type Theme,
} from './settings.ts';
import { renewIfOld } from './version.ts';

const tickMs = 500;
const againMs = 1500;

function useRoute(): Route {
  const [route, setRoute] = useState(() => routeOf(location.hash));
  useEffect(() => {
    const changed = (): void => setRoute(routeOf(location.hash));
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return route;
}

function useNow(): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), tickMs);
    return () => clearInterval(timer);
  }, []);
  return now;
}

interface Session {
  readonly api: Api;
  readonly me: Me | null;
  readonly problem: Text | null;
  readonly ask: () => void;
}

/** Asks who is looking until there is an answer, and again whenever the server says 401. */
function useSession(): Session {
  const [me, setMe] = useState<Me | null>(null);
  const [problem, setProblem] = useState<Text | null>(null);
  const [asked, setAsked] = useState(0);
  const ask = useCallback(() => setAsked((n) => n + 1), []);
  const api = useMemo(() => new Api(ask), [ask]);
  useEffect(() => {
    let wanted = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    void api.me().then((answer) => {
      if (!wanted) return;
      setProblem(answer.ok ? null : answer.message);
      if (answer.ok) setMe(answer.value);
      else timer = setTimeout(ask, againMs);
    });
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [api, asked, ask]);
  return { api, me, problem, ask };
}

interface Stream {
  readonly heard: Heard;
  readonly pushed: Page['pushed'];
}

function useStream(wanted: boolean, api: Api, ask: () => void): Stream {
  const [heard, setHeard] = useState<Heard>({
    overview: null,
    atMs: performance.now(),
    connected: false,
  });
  const [pushed, setPushed] = useState<Page['pushed']>({
    shots: new Map<string, ShotView>(),
    opened: 0,
  });
  useEffect(() => {
    setHeard({ overview: null, atMs: performance.now(), connected: false });
    if (!wanted) return undefined;
    let again = false;
    return followLive({
      overview: (overview) => setHeard({ overview, atMs: performance.now(), connected: true }),
      shot: (machine, shot) =>
        setPushed((before) => ({ ...before, shots: new Map(before.shots).set(machine, shot) })),
      opened: () => {
        // A server that started anew has other tokens, and may have other pages.
        if (again) {
          void api.me();
          void renewIfOld();
        }
        again = true;
        setPushed((before) => ({ ...before, opened: before.opened + 1 }));
        setHeard((before) => ({ ...before, connected: true }));
      },
      lost: () => {
        setHeard((before) => ({ ...before, connected: false }));
        ask();
      },
    });
  }, [wanted, api, ask]);
  return { heard, pushed };
}

function Content({ route }: { route: Route }): VNode {
  if (route.page === 'machine') return h(MachineDetail, { key: route.id, id: route.id });
  if (route.page === 'history') return h(HistoryView, {});
  if (route.page === 'quality') return h(QualityView, {});
  return h(OverviewPage, {});
}

function Inside({ page, route }: { page: Page; route: Route }): VNode {
  return html`<${PageContext.Provider} value=${page}>
    <main id="main" tabindex="-1" class=${isOld(page.fresh) ? 'old' : ''}>${h(Content, { route })}</main>
    ${h(Footer, {})}
    ${h(Announcer, {})}
  <//>`;
}

export function App(): VNode {
  const route = useRoute();
  const now = useNow();
  const { api, me, problem, ask } = useSession();
  const visitor = me?.visitor ?? null;
  const { heard, pushed } = useStream(visitor !== null, api, ask);
  const [chosenLanguage, setLanguage] = useState(recallLanguage);
  const [theme, setTheme] = useState(recallTheme);
  const { overview } = heard;
  const language: Language = chosenLanguage ?? overview?.locale ?? 'ko';
  useEffect(() => showSettings(language, theme), [language, theme]);
  const words = wordsIn(language);
  const fresh = freshness(heard, now);
  const sinceMs = Math.max(0, now - heard.atMs);
  const logout = (): void => void api.post('/api/logout', {}).then(ask);
  const signedIn = (): void => {
    if (route.page === 'login') location.hash = '#/';
    ask();
  };
  const page: Page | null =
    visitor === null || overview === null
      ? null
      : { language, theme, visitor, api, overview, fresh, sinceMs, pushed };
  const asksLogin = me !== null && (visitor === null || route.page === 'login');
  const login = (): VNode =>
    html`<main id="main" tabindex="-1">${h(LoginPage, { api, language, claimable: me?.claimable ?? false, signedIn })}</main>`;
  const waiting = (): VNode =>
    html`<main id="main" tabindex="-1"><h1 class="unseen">ppuri</h1><p class="note" role="status">${problem === null ? words('loading') : words.of(problem)}</p></main>`;
  return html`<div class="app">
    <a class="skip" href="#main" onClick=${skip}>${words('skip')}</a>
    ${h(Header, {
      gateway: overview?.gateway ?? null,
      nowWallMs: overview === null ? null : overview.sentWallMs + sinceMs,
      route,
      language,
      theme,
      visitor,
      setLanguage: (next) => {
        rememberLanguage(next);
        setLanguage(next);
      },
      setTheme: (next: Theme) => {
        rememberTheme(next);
        setTheme(next);
      },
      logout,
    })}
    ${visitor !== null && h(Banner, { fresh, language })}
    ${asksLogin ? login() : page === null ? waiting() : h(Inside, { page, route })}
  </div>`;
}

/** The address behind `#` names the page; skipping must not change it. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}
