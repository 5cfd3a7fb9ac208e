/** Completion for bash and zsh: one set of tables, which both can read, and a small driver for each. */
import { everyCommand, type TreeCommand, type TreeOption, type Values } from './command-tree.ts';

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** What the drivers know it by: `file`, `=ko en`. */
export function kindText(values: Values): string {
  return values.kind === 'choices' ? `=${values.choices.join(' ')}` : values.kind;
}

export const lastWord = (path: string): string => path.slice(path.lastIndexOf(' ') + 1);

/** A line for each, `name<tab>what it does`. */
function described(entries: readonly (readonly [string, string])[]): string {
  const lines = entries.map(([name, about]) => `${name}\t${about.replaceAll('\n', ' ')}`);
  return `printf '%s\\n' ${lines.map(quoted).join(' ')}`;
}

function chosen(name: string, on: string, cases: readonly (readonly [string, string])[]): string[] {
  if (cases.length === 0) return [`${name}() { :; }`];
  return [
    `${name}() {`,
    `  case ${on} in`,
    ...cases.map(([pattern, body]) => `    ${pattern}) ${body} ;;`),
    '  esac',
    '}',
  ];
}

const optionEntries = (options: readonly TreeOption[]) =>
  options.flatMap(({ names, about }) => names.map((name) => [name, about] as const));

/** Options of one kind together: `'check -c'|'check --config') echo file`. */
function kindCases(commands: readonly TreeCommand[]): (readonly [string, string])[] {
  const all = commands.flatMap(({ path, options }) =>
    options.flatMap(({ names, values }) =>
      values === null
        ? []
        : names.map((name) => ({ at: `${path} ${name}`, kind: kindText(values) })),
    ),
  );
  const byKind = Map.groupBy(all, ({ kind }) => kind);
  return [...byKind].map(
    ([kind, places]) =>
      [places.map(({ at }) => quoted(at)).join('|'), `echo ${quoted(kind)}`] as const,
  );
}

const walk = `# Words of a kind; those of the site are asked of ppuri itself.
_ppuri_words() {
  case "$1" in
    '='*) printf '%s\\n' "\${1#=}" | tr ' ' '\\n' ;;
    machine|bus|profile|model)
      if [ -n "$2" ]; then "$_ppuri_program" completion --values "$1" -c "$2" 2>/dev/null
      else "$_ppuri_program" completion --values "$1" 2>/dev/null; fi ;;
  esac
}
# Walks the words before the one at hand: sets _ppuri_path, _ppuri_config, _ppuri_kind, _ppuri_place.
_ppuri_walk() {
  _ppuri_path= _ppuri_config= _ppuri_kind= _ppuri_place=0
  local word option=
  for word in "$@"; do
    if [ "$word" = "=" ]; then continue; fi
    if [ -n "$_ppuri_kind" ]; then
      case "$option" in -c|--config) _ppuri_config=$word ;; esac
      _ppuri_kind=; continue
    fi
    case "$word" in
      --*=*) case "$word" in --config=*) _ppuri_config=\${word#*=} ;; esac; continue ;;
      -*) option=$word; _ppuri_kind=$(_ppuri_takes "$_ppuri_path" "$word"); continue ;;
    esac
    if [ "$_ppuri_place" = 0 ] && _ppuri_commands "$_ppuri_path" | cut -f1 | grep -qxF -- "$word"; then
      _ppuri_path=\${_ppuri_path:+$_ppuri_path }$word
    else _ppuri_place=$((_ppuri_place + 1)); fi
  done
}
# The kind of what is to be completed where no option waits for its value.
_ppuri_here() { _ppuri_arguments "$_ppuri_path" | sed -n "$((_ppuri_place + 1))p"; }`;

function tables(tree: TreeCommand): string[] {
  const commands = everyCommand(tree);
  const withCommands = commands.filter((command) => command.commands.length > 0);
  const withArguments = commands.filter((command) => command.arguments.length > 0);
  return [
    ...chosen(
      '_ppuri_commands',
      '"$1"',
      withCommands.map(({ path, commands: below }) => [
        quoted(path),
        described(below.map((one) => [lastWord(one.path), one.about])),
      ]),
    ),
    ...chosen(
      '_ppuri_options',
      '"$1"',
      commands.map(({ path, options }) => [quoted(path), described(optionEntries(options))]),
    ),
    '# What an option takes; nothing where it takes none.',
    ...chosen('_ppuri_takes', '"$1 $2"', kindCases(commands)),
    '# What stands at each place after the command, a line for each.',
    ...chosen(
      '_ppuri_arguments',
      '"$1"',
      withArguments.map((command) => [
        quoted(command.path),
        `printf '%s\\n' ${command.arguments.map(({ values }) => quoted(kindText(values))).join(' ')}`,
      ]),
    ),
    walk,
  ];
}

const bashDriver = `_ppuri() {
  local cur=\${COMP_WORDS[COMP_CWORD]} words kind
  _ppuri_program=\${COMP_WORDS[0]}
  _ppuri_walk "\${COMP_WORDS[@]:1:COMP_CWORD-1}"
  [ "$cur" = "=" ] && cur=
  kind=$_ppuri_kind
  words=
  if [ -z "$kind" ]; then
    if [[ $cur == -* ]]; then words=$(_ppuri_options "$_ppuri_path" | cut -f1)
    else
      [ "$_ppuri_place" = 0 ] && words=$(_ppuri_commands "$_ppuri_path" | cut -f1)
      kind=$(_ppuri_here)
    fi
  fi
  words="$words
$(_ppuri_words "$kind" "$_ppuri_config")"
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  case $kind in
    file|profile|model) compopt -o filenames; COMPREPLY+=($(compgen -f -- "$cur")) ;;
    dir) compopt -o filenames; COMPREPLY+=($(compgen -d -- "$cur")) ;;
  esac
}
complete -F _ppuri ppuri`;

const zshDriver = `_ppuri() {
  local kind words_ line
  local -a entries plain
  _ppuri_program=\${words[1]}
  _ppuri_walk "\${(@)words[2,CURRENT-1]}"
  kind=$_ppuri_kind
  if [[ -z $kind ]]; then
    if [[ \${words[CURRENT]} == -* ]]; then
      for line in "\${(@f)$(_ppuri_options "$_ppuri_path")}"; do
        entries+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
      done
      _describe -o option entries
      return
    fi
    if [[ $_ppuri_place == 0 ]]; then
      for line in "\${(@f)$(_ppuri_commands "$_ppuri_path")}"; do
        [[ -n $line ]] && entries+=("\${line%%$'\\t'*}:\${line#*$'\\t'}")
      done
      (( \${#entries} )) && _describe command entries
    fi
    kind=$(_ppuri_here)
  fi
  plain=("\${(@f)$(_ppuri_words "$kind" "$_ppuri_config")}")
  plain=("\${(@)plain:#}")
  (( \${#plain} )) && compadd -a plain
  case $kind in
    file|profile|model) _files ;;
    dir) _files -/ ;;
  esac
}
if [[ \${funcstack[1]} == _ppuri ]]; then _ppuri "$@"; else compdef _ppuri ppuri; fi`;

export function bashScript(tree: TreeCommand): string {
  const head = '# bash completion of ppuri, printed by `ppuri completion bash`.';
  return `${[head, ...tables(tree), bashDriver].join('\n')}\n`;
}

export function zshScript(tree: TreeCommand): string {
  const head = ['#compdef ppuri', '# zsh completion of ppuri, printed by `ppuri completion zsh`.'];
  return `${[...head, ...tables(tree), zshDriver].join('\n')}\n`;
}
