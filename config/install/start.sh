#!/bin/sh
# Which version of ppuri runs: /usr/lib/ppuri/start, before each start, as whoever owns the versions.
# A version on probation that was begun three times and did not prove itself gives way to the one
# before. What decides lies on the disk and is looked at here, so that it also holds after a power
# cut, and where the new version cannot even be begun. No part of it belongs to a version.
#   start              choose (ExecStartPre=)
#   start --ended      the service ended, $SERVICE_RESULT says how (ExecStopPost=)
#   start run -c FILE  choose, then become it: for supervisors other than systemd
set -u
# The unit's mask would hide the state from the agent, which reads there that it is on probation.
umask 022
LC_ALL=C
export LC_ALL
versions=${PPURI_VERSIONS:-/var/lib/ppuri-versions}
program=${PPURI_PROGRAM:-/usr/bin/ppuri}
state=$versions/state
own=${STATE_DIRECTORY:-/var/lib/ppuri}
health=${own%%:*}/version-health
most_starts=3

say() { echo "ppuri start: $*" >&2; }

# FILE NAME
value() { sed -n "/^$2=/{s///p;q}" "$1" 2>/dev/null; }

# NAME=VALUE …, kept by the time it returns: whole under another name first, then synced, then renamed.
put() {
  names=$(printf '%s\n' "$@" | sed 's/=.*//' | paste -s -d '|' -)
  { grep -v -E "^($names)=" "$state" 2>/dev/null; printf '%s\n' "$@"; } >"$state.new" &&
    sync "$state.new" && mv -f "$state.new" "$state" && sync "$versions" && return
  say "cannot write $state: this start is not counted"
  return 1
}

# VERSION
point() {
  rm -f "$versions/current.new"
  ln -s "$1/ppuri" "$versions/current.new" &&
    mv -f -T "$versions/current.new" "$versions/current" && sync "$versions"
}

# WHY. Cut short after its first step it is decided again; after its second one only tidied up.
give_back() {
  previous=$(value "$state" previous)
  if [ -z "$previous" ] || [ ! -x "$versions/$previous/ppuri" ]; then
    say "$version does not prove itself ($1), and there is no version to go back to"
    return
  fi
  id=$(value "$state" id)
  put change=return "id=${id%-return}-return" "from=$version" "to=$previous" "why=$1" \
    "at=$(date +%s)" starts=99 || return
  point "$previous" || return
  put probation= "previous=$(value "$state" before)" before= hung=
  say "$version did not prove itself ($1): back to $previous"
}

# What the version on probation said of its last start; the file is the service's own to write.
said() {
  [ -f "$health" ] && [ ! -h "$health" ] || return
  [ "$(value "$health" trial)" = "$(value "$state" id)" ] || return
  word=$(value "$health" state)
  if [ "$word" = passed ] || [ "$(value "$health" run)" = "$(value "$state" run)" ]; then echo "$word"; fi
}

judge() {
  starts=$(value "$state" starts)
  word=$(said)
  if [ "$(value "$state" hung)" = 1 ] && [ "$word" != healthy ]; then word=unhealthy; fi
  case $word in
    passed) put probation= before= hung=; return ;;
    unhealthy) give_back unhealthy; return ;;
    stopped) starts=0 ;;
  esac
  case $starts in '' | *[!0-9]*) starts=0 ;; esac
  if [ "$starts" -ge "$most_starts" ]; then give_back starts; return; fi
  put "starts=$((starts + 1))" "run=$(($(value "$state" run) + 1))" hung=
}

on_probation() { [ -n "$(value "$state" probation)" ]; }

if [ "${1:-}" = --ended ]; then
  if [ "${SERVICE_RESULT:-}" = timeout ] && on_probation; then
    case $(said) in healthy | passed | stopped) ;; *) put hung=1 ;; esac
  fi
  exit 0
fi

version=$(readlink "$versions/current" 2>/dev/null)
version=${version%/ppuri}
if on_probation; then
  if [ "$(value "$state" probation)" = "$version" ]; then
    judge
  else
    # The power went before the switch, or just after the one back.
    if [ "$(value "$state" change)" = update ]; then
      put probation= "previous=$(value "$state" before)" before= hung=
    elif [ "$(value "$state" starts)" = 99 ]; then
      put probation= "previous=$(value "$state" before)" before= starts=0 hung=
    fi
  fi
fi

if [ ! -x "$versions/current" ]; then
  mkdir -p "$versions"
  previous=$(value "$state" previous)
  if [ -n "$previous" ] && [ -x "$versions/$previous/ppuri" ]; then
    id=$(value "$state" id)
    put change=return "id=${id%-return}-return" "from=$version" "to=$previous" why=missing \
      "at=$(date +%s)" probation= previous= before=
    point "$previous"
    say "$version is gone or damaged: back to $previous"
  elif [ -x "$program" ]; then
    "$program" update adopt || ln -sfn "$program" "$versions/current"
  fi
fi
[ $# -gt 0 ] || exit 0

# A version on probation that hangs before it has said anything is ended, and gives way at the next start.
watch() {
  left=$(value "$state" healthy)
  # It judges itself by then, unless it hangs.
  left=$((${left:-90} * 4 / 3 + 5))
  while [ "$left" -gt 0 ]; do
    sleep 1
    kill -0 "$1" 2>/dev/null || return
    case $(said) in healthy | passed | stopped) return ;; esac
    left=$((left - 1))
  done
  put hung=1
  kill -KILL "$1"
}
if on_probation; then watch $$ </dev/null >/dev/null 2>&1 & fi
exec "$versions/current" "$@"
