/**
 * Finds the imports of a TypeScript or JavaScript source by its tokens, so that an import inside a
 * comment or a string is none, and a dynamic or type import is one.
 */

export interface FoundImport {
  /** The specifier as written; null when a dynamic import computes it. */
  readonly specifier: string | null;
  readonly line: number;
}

interface Token {
  readonly kind: 'word' | 'string' | 'mark' | 'template';
  readonly text: string;
  readonly line: number;
}

/** After these a slash divides; after anything else it opens a regular expression. */
const dividesAfter = /^(?:[\w$]+|[)\]}])$/;
const wordsBeforeRegex = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'delete',
  'void',
  'await',
]);

const patterns: ReadonlyArray<readonly [Token['kind'] | 'skip', RegExp]> = [
  ['skip', /\s+/y],
  ['skip', /\/\/[^\n]*/y],
  ['skip', /\/\*[\s\S]*?\*\//y],
  ['string', /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y],
  ['word', /[\p{ID_Start}$_#][\p{ID_Continue}$]*|\d[\w.]*/uy],
  ['mark', /[\s\S]/y],
];
const regexLiteral = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const templateChars = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y;

function matchAt(pattern: RegExp, source: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0] ?? null;
}

function opensRegex(previous: Token | undefined): boolean {
  if (previous === undefined) return true;
  if (previous.kind === 'string' || previous.kind === 'template') return false;
  return !dividesAfter.test(previous.text) || wordsBeforeRegex.has(previous.text);
}

class Scanner {
  readonly tokens: Token[] = [];
  private readonly source: string;
  private at = 0;
  private line = 1;

  constructor(source: string) {
    this.source = source;
  }

  /** Reads to the end, or to the brace that closes a template's `${`. */
  scan(insideTemplate: boolean): void {
    let depth = 0;
    while (this.at < this.source.length) {
      const char = this.source[this.at];
      if (char === '`') this.template();
      else if (char === '/' && this.regex()) continue;
      else {
        if (char === '{') depth += 1;
        if (char === '}' && depth-- === 0 && insideTemplate) return;
        this.plain();
      }
    }
  }

  private advance(text: string): void {
    this.at += text.length;
    for (const char of text) if (char === '\n') this.line += 1;
  }

  private regex(): boolean {
    const next = this.source[this.at + 1];
    if (next === '/' || next === '*' || !opensRegex(this.tokens.at(-1))) return false;
    const text = matchAt(regexLiteral, this.source, this.at);
    if (text === null) return false;
    this.tokens.push({ kind: 'string', text: '', line: this.line });
    this.advance(text);
    return true;
  }

  private plain(): void {
    for (const [kind, pattern] of patterns) {
      const text = matchAt(pattern, this.source, this.at);
      if (text === null) continue;
      if (kind !== 'skip') this.tokens.push({ kind, text, line: this.line });
      this.advance(text);
      return;
    }
  }

  private template(): void {
    const line = this.line;
    const start = this.at;
    this.advance('`');
    for (;;) {
      this.advance(matchAt(templateChars, this.source, this.at) ?? '');
      if (this.source.startsWith('${', this.at)) {
        this.advance('${');
        this.scan(true);
        this.advance('}');
      } else break;
    }
    this.advance('`');
    this.tokens.push({ kind: 'template', text: this.source.slice(start, this.at), line });
  }
}

/** The text of a literal specifier; null for anything computed. */
function literal(token: Token | undefined): string | null {
  if (token === undefined) return null;
  if (token.kind === 'string' && token.text !== '') return token.text.slice(1, -1);
  if (token.kind === 'template' && !token.text.includes('${')) return token.text.slice(1, -1);
  return null;
}

const clausePart = /^(?:[\w$]+|[{},*])$/;

/** The specifier of `import … from '…'` or `export … from '…'` whose keyword is at `index`. */
function clauseSpecifier(tokens: readonly Token[], index: number): string | null {
  for (let at = index + 1; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined) return null;
    if (token.kind === 'string') {
      const direct = at === index + 1 && tokens[index]?.text === 'import';
      return direct || tokens[at - 1]?.text === 'from' ? literal(token) : null;
    }
    if (token.kind === 'template' || !clausePart.test(token.text)) return null;
  }
  return null;
}

/** Every static, type-only, re-exporting, dynamic and `require` import, in order. */
export function importsOf(source: string): FoundImport[] {
  const scanner = new Scanner(source);
  scanner.scan(false);
  const { tokens } = scanner;
  const found: FoundImport[] = [];
  tokens.forEach((token, index) => {
    if (token.kind !== 'word' || tokens[index - 1]?.text === '.') return;
    const { line } = token;
    const calls = tokens[index + 1]?.text === '(';
    if (calls && (token.text === 'import' || token.text === 'require')) {
      found.push({ specifier: literal(tokens[index + 2]), line });
    } else if (token.text === 'import' || token.text === 'export') {
      const specifier = clauseSpecifier(tokens, index);
      if (specifier !== null) found.push({ specifier, line });
    }
  });
  return found;
}
