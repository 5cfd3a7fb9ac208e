/** Errors that every command on a store may end with, in Korean: what is wrong, and what to do. */

const words: Readonly<Record<string, string>> = {
  'there is no store here': '이 위치에 저장소가 없습니다',
  'name it with --store DIR or -c FILE; `ppuri run` makes it':
    '--store DIR 또는 -c FILE로 지정하세요. 저장소는 `ppuri run`이 만듭니다',
  'this user may not read the store: permission denied':
    '이 사용자는 저장소를 읽을 권한이 없습니다',
  'run the command with sudo, or join the group that owns the directory of the store':
    'sudo로 실행하거나, 저장소 폴더를 소유한 그룹에 들어가세요',
  'this user may not read the store while no agent runs: permission denied':
    '에이전트가 실행 중이 아닐 때는 이 사용자에게 저장소를 읽을 권한이 없습니다',
  'run the command with sudo, or as the user of the agent':
    'sudo로, 또는 에이전트 사용자로 실행하세요',
  'an agent is at work on this gateway': '이 게이트웨이에서 에이전트가 실행 중입니다',
  'it would be disturbed, and so would the figures: stop it for these minutes, or give --while-running':
    '측정이 에이전트의 판정을 늦추고 측정값도 흐려집니다. 몇 분 동안 에이전트를 멈추거나(systemctl stop ppuri) --while-running을 붙이세요',
  'there is already a file': '파일이 이미 있습니다',
  'move it away first (mv), give another FILE, or change it by hand: init never overwrites':
    '먼저 옮기거나(mv) 다른 파일 이름을 주거나 직접 고치세요. init은 덮어쓰지 않습니다',
  'its directory is not there': '파일을 둘 폴더가 없습니다',
  'make the directory first: mkdir -p': '폴더를 먼저 만드세요: mkdir -p',
  'choose a directory that this user may write, or use sudo':
    '이 사용자가 쓸 수 있는 폴더를 고르거나 sudo로 실행하세요',
  'there is no terminal to ask at, and no --machine': '질문할 터미널도 --machine 옵션도 없습니다',
  'give --machine ID --profile ID --bus ADDRESS; `ppuri init --list` shows the profiles':
    '--machine 설비 --profile 종류 --bus 주소를 주세요. 종류는 `ppuri init --list`에 있습니다',
  'some flags are missing': '빠진 옵션이 있습니다',
  'give them; --scan finds profiles, and without any machine flag init asks at the terminal':
    '빠진 옵션을 주세요. --scan은 종류를 찾아 주고, 설비 옵션이 하나도 없으면 터미널에서 묻습니다',
  'the scan does not tell which unit the machine is':
    '찾은 결과만으로는 어느 국번이 이 설비인지 알 수 없습니다',
  'give days such as 2026-03-01..2026-03-31, or 2026-03-02,2026-03-04..2026-03-06':
    '2026-03-01..2026-03-31 또는 2026-03-02,2026-03-04..2026-03-06처럼 적으세요',
  'a day belongs to one period only': '하루는 한 기간에만 넣으세요',
  'the period after lies before the one before': '변경 후 기간이 변경 전 기간보다 앞섭니다',
  'swap the two': '두 기간을 바꾸어 적으세요',
  'two periods are compared': '비교할 두 기간이 필요합니다',
  'give --before 2026-01-01..2026-01-31 --after 2026-02-01..2026-02-28':
    '--before 2026-01-01..2026-01-31 --after 2026-02-01..2026-02-28처럼 적으세요',
  'no shots in that time': '그 기간에 샷이 없습니다',
  'the store has no shots yet': '저장소에 아직 샷이 없습니다',
  'the prices cannot be read': '단가 파일을 읽을 수 없습니다',
  'a prices file is YAML such as: scrapKrw: 3200, and on the next line kwhKrw: 145':
    '단가 파일은 YAML입니다. 한 줄에 하나씩 scrapKrw: 3200, kwhKrw: 145처럼 적으세요',
  'weekly looks need the number of days planned for the period after, 7 or more':
    '매주 점검하려면 변경 후 기간으로 계획한 일수(7일 이상)가 필요합니다',
  'give the number that was fixed before the start, e.g. --planned-days 56':
    '시작 전에 정한 일수를 --planned-days 56처럼 적으세요',
  'the file says itself which periods it is about': '기간은 그 파일에 이미 있습니다',
  'leave out --before and --after': '--before와 --after를 빼세요',
  'give the file that `ppuri report effect --csv FILE` wrote, as it is':
    '`ppuri report effect --csv FILE`이 쓴 파일을 그대로 주세요',
  'give --unit and --profile; `ppuri scan` shows more':
    '--unit과 --profile을 주세요. `ppuri scan`에 자세히 나옵니다',
};

/** Texts with a part of their own; `$1` is that part. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/^not a day: "(.*)"$/, '날짜가 아닙니다: "$1"'],
  [/^not a period: "(.*)"$/, '기간이 아닙니다: "$1"'],
  [/^(\S+) ends before it begins$/, '끝나는 날이 시작하는 날보다 앞섭니다: $1'],
  [/^(\S+) is longer than three years$/, '3년보다 긴 기간입니다: $1'],
  [/^(\S+) is named twice$/, '같은 날을 두 번 적었습니다: $1'],
  [/^(\S+) is in both periods$/, '두 기간에 같은 날이 있습니다: $1'],
  [/^(\S+) is in the future$/, '아직 오지 않은 날입니다: $1'],
  [/^end the period on (\S+) or earlier$/, '기간을 $1 이전에서 끝내세요'],
  [/^no shots in that time of (.+)$/, '그 기간에 샷이 없습니다: $1'],
  [/^the store has shots from (\S+) to (\S+)$/, '저장소에는 $1부터 $2까지의 샷이 있습니다'],
  [/^the prices do not fit: (.*)$/, '단가 파일의 내용이 맞지 않습니다: $1'],
];

/** Null: it has none here. */
export function koreanError(text: string): string | null {
  const fixed = words[text];
  if (fixed !== undefined) return fixed;
  const found = patterns.find(([pattern]) => pattern.test(text));
  return found === undefined ? null : text.replace(found[0], found[1]);
}
