/** Signing in, and the first user of a gateway. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Text } from '../../records.ts';
import type { Answer, Api } from './api.ts';
import { html } from './element.ts';
import { wordsIn } from './page.ts';
import type { Language } from './settings.ts';

export interface LoginProps {
  readonly api: Api;
  readonly language: Language;
  readonly claimable: boolean;
  readonly signedIn: () => void;
}

function field(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
}

export function LoginPage({ api, language, claimable, signedIn }: LoginProps): VNode {
  const words = wordsIn(language);
  const [running, setRunning] = useState(false);
  const [problem, setProblem] = useState<Text | null>(null);
  const send = (form: FormData): Promise<Answer<unknown>> => {
    const who = { name: field(form, 'name').trim(), password: field(form, 'password') };
    return claimable
      ? api.post('/api/claim', { code: field(form, 'code').trim(), ...who })
      : api.post('/api/login', who);
  };
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (running) return;
    setRunning(true);
    setProblem(null);
    const answer = await send(new FormData(event.currentTarget as HTMLFormElement));
    setRunning(false);
    if (answer.ok) signedIn();
    else setProblem(answer.message);
  };
  const title = words(claimable ? 'claimTitle' : 'login');
  return html`<form class="login" onSubmit=${submit} aria-labelledby="login-title">
    <h1 id="login-title">${title}</h1>
    ${claimable && html`<p>${words('claimHelp')}</p>`}
    ${
      claimable &&
      html`<label>${words('claimCode')}<input name="code" required autocomplete="off" autocapitalize="characters" spellcheck=${false} /></label>`
    }
    <label>${words('name')}<input name="name" required autocomplete="username" spellcheck=${false} /></label>
    <label>${words('password')}<input name="password" type="password" required autocomplete=${claimable ? 'new-password' : 'current-password'} /></label>
    ${problem !== null && html`<p class="failure" role="alert">${words.of(problem)}</p>`}
    <button type="submit" class="touch main" aria-disabled=${running ? 'true' : 'false'}>${running ? words('working') : words(claimable ? 'claim' : 'login')}</button>
  </form>`;
}
