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
};

/** Null: it has none here. */
export function koreanError(text: string): string | null {
  return words[text] ?? null;
}
