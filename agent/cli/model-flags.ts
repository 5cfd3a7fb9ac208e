/** How flags of the model commands are read. */
import { InvalidArgumentError } from 'commander';

export interface Json {
  readonly json?: boolean;
}

export function list(text: string): string[] {
  return text.split(',').map((one) => one.trim());
}

export function pair(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const cut = text.lastIndexOf('=');
  if (cut <= 0) throw new InvalidArgumentError('write it as model-feature=profile-feature');
  return { ...before, [text.slice(0, cut).trim()]: text.slice(cut + 1).trim() };
}

export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('not a number');
  return value;
}

export function missingWord(text: string): 'nan' | 'refuse' | number {
  const word = text.toLowerCase();
  return word === 'nan' || word === 'refuse' ? word : number(text);
}

export function loops(text: string): 'bounded' | 'any' {
  if (text === 'bounded' || text === 'any') return text;
  throw new InvalidArgumentError('bounded or any');
}
