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
  'give --unit and --profile; `ppuri scan` shows more':
    '--unit과 --profile을 주세요. `ppuri scan`에 자세히 나옵니다',
};

/** Null: it has none here. */
export function koreanError(text: string): string | null {
  return words[text] ?? null;
}
