/** Completion for fish, which reads no tables of other shells. */
import { everyCommand, type TreeCommand, type Values } from './command-tree.ts';
import { lastWord } from './completion-shell.ts';

const quoted = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** How `complete` is told what may stand there. */
function offer(values: Values): string {
  switch (values.kind) {
    case 'choices':
      return `-a ${quoted(values.choices.join(' '))}`;
    case 'file':
      return '-F';
    case 'dir':
      return `-a '(__fish_complete_directories)'`;
    case 'profile':
    case 'model':
      return `-F -a '(__ppuri_words ${values.kind})'`;
    case 'machine':
    case 'bus':
      return `-a '(__ppuri_words ${values.kind})'`;
    case 'text':
      return '';
  }
}

const at = (path: string): string => `-n ${quoted(`__ppuri_at ${quoted(path)}`)}`;

function linesOf({ path, commands, options, arguments: places }: TreeCommand): string[] {
  const names = options.map(({ names: all, about, values }) => {
    const shown = all.map((name) =>
      name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
    );
    const takes = values === null ? '' : ` -r ${offer(values)}`;
    return `complete -c ppuri ${at(path)} ${shown.join(' ')} -d ${quoted(about)}${takes}`.trimEnd();
  });
  const below = commands.map(
    (one) => `complete -c ppuri ${at(path)} -a ${lastWord(one.path)} -d ${quoted(one.about)}`,
  );
  // fish does not count places: whatever may stand at one of them is offered.
  const offers = [...new Set(places.map(({ values }) => offer(values)))].filter(
    (one) => one !== '',
  );
  return [...below, ...names, ...offers.map((one) => `complete -c ppuri ${at(path)} ${one}`)];
}

export function fishScript(tree: TreeCommand): string {
  const commands = everyCommand(tree);
  const paths = commands.map(({ path }) => quoted(path));
  const taking = commands.flatMap(({ path, options }) =>
    options.flatMap(({ names, values }) =>
      values === null ? [] : names.map((name) => quoted(`${path} ${name}`)),
    ),
  );
  return `${[
    '# fish completion of ppuri, printed by `ppuri completion fish`.',
    `set -g __ppuri_paths ${paths.join(' ')}`,
    `set -g __ppuri_taking ${taking.join(' ')}`,
    `function __ppuri_walk
    set -l words (commandline -opc)
    set -l path ''
    set -l option ''
    set -g __ppuri_config
    for word in $words[2..-1]
        if test -n "$option"
            contains -- $option -c --config; and set -g __ppuri_config $word
            set option ''
        else if contains -- "$path $word" $__ppuri_taking
            set option $word
        else if not string match -q -- '-*' $word
            set -l next (string trim -- "$path $word")
            contains -- $next $__ppuri_paths; or break
            set path $next
        end
    end
    echo $path
end
function __ppuri_at
    set -l here (__ppuri_walk)
    test "$here" = "$argv[1]"
end
function __ppuri_words
    set -l words (commandline -opc)
    __ppuri_walk >/dev/null
    if set -q __ppuri_config[1]
        $words[1] completion --values $argv[1] -c $__ppuri_config 2>/dev/null
    else
        $words[1] completion --values $argv[1] 2>/dev/null
    end
end
complete -c ppuri -f`,
    ...commands.flatMap(linesOf),
  ].join('\n')}\n`;
}
