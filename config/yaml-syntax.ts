/** YAML text to a document, or what is wrong with the text in plain words. */
import {
  type Document,
  isCollection,
  isScalar,
  type LineCounter,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import type { Problem } from './problem.ts';
import type { Source } from './source.ts';

/** More syntax errors than anyone reads: it is not a configuration. */
const maxSyntaxProblems = 50;

const spaces = 'YAML is indented with spaces: the same number for every line of one level';
const colon = 'write "key: value", with a space after the colon';
const syntax: Partial<Record<YAMLError['code'], [message: string, hint: string]>> = {
  TAB_AS_INDENT: ['a tab is used for indentation', 'replace it by spaces'],
  BAD_INDENT: ['the indentation is wrong here', spaces],
  BLOCK_AS_IMPLICIT_KEY: ['a second "key:" on one line, or wrong indentation', spaces],
  MULTILINE_IMPLICIT_KEY: ['this is not "key: value"', colon],
  MULTIPLE_DOCS: ['a second document starts here', 'remove the "---" line'],
  BAD_ALIAS: ['this "*" is not an alias', 'put text that starts with "*" or "&" in quotes'],
  TAG_RESOLVE_FAILED: ['a "!" tag is not known', 'put text that starts with "!" in quotes'],
  BAD_DIRECTIVE: ['this is not a YAML directive', 'put text that starts with "%" in quotes'],
};

/** Where one code stands for several mistakes, the text tells them apart. */
const byMessage: readonly (readonly [start: string, told: readonly [string, string]])[] = [
  ['Implicit map keys need to be followed', ['this is not "key: value"', colon]],
  ['Flow map in block', ['this "{" is not closed', 'add the "}"']],
  ['Flow sequence in block', ['this "[" is not closed', 'add the "]"']],
  ['Missing closing', ['this quote is not closed', 'add the closing quote']],
  ['Maximum call stack', ['nested too deeply', 'is it a configuration file?']],
];

/** Where the quote or bracket that an error finds unclosed was opened; else the error's place. */
function openedAt(document: Document.Parsed, error: YAMLError): number {
  const [at] = error.pos;
  let opened = at;
  const isQuote = error.message.startsWith('Missing closing');
  const isFlow = error.message.startsWith('Flow ');
  if (!isQuote && !isFlow) return at;
  visit(document, {
    Node(_key, node) {
      const start = node.range?.[0] ?? at;
      const fits = isScalar(node)
        ? isQuote && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE')
        : isFlow && isCollection(node) && node.flow === true && (node.range?.[1] ?? 0) >= at;
      if (fits && start < at) opened = start;
    },
  });
  return opened;
}

function syntaxProblem(source: Source, document: Document.Parsed, error: YAMLError): Problem {
  const special = byMessage.find(([start]) => error.message.startsWith(start));
  const [message, hint] = special?.[1] ??
    syntax[error.code] ?? [`YAML: ${error.message}`, 'look at this line and the one above'];
  const place = source.at(openedAt(document, error));
  return { file: source.file, path: '', ...place, message, hint };
}

/** One problem a line: what follows on the same line is mostly an echo of the first. */
export function syntaxProblems(source: Source, document: Document.Parsed): Problem[] {
  const byLine = new Map<number, Problem>();
  for (const error of [...document.errors, ...document.warnings]) {
    const problem = syntaxProblem(source, document, error);
    if (!byLine.has(problem.line)) byLine.set(problem.line, problem);
  }
  return [...byLine.values()].slice(0, maxSyntaxProblems);
}

/** Brackets open at once; the parser's time grows with their square. */
function openBrackets(text: string): number {
  let open = 0;
  let most = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    open = Math.max(0, open + (bracket === '[' || bracket === '{' ? 1 : -1));
    most = Math.max(most, open);
  }
  return most;
}

/** Null when the text is nested beyond sense. */
export function parseText(text: string, lines: LineCounter): Document.Parsed | null {
  if (openBrackets(text) > 100) return null;
  try {
    return parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  } catch (thrown) {
    if (thrown instanceof RangeError) return null;
    throw thrown;
  }
}
