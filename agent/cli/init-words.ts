/** What `ppuri init` asks and says. */
import type { Text } from '../records.ts';

export const initWords = {
  begin: {
    ko: '설정 파일을 만듭니다. Enter는 [ ] 안의 값, Ctrl-C는 아무것도 남기지 않고 그만둡니다.',
    en: 'This makes a configuration. Enter takes what is in [ ]; Ctrl-C leaves without a trace.',
  },
  gateway: { ko: '게이트웨이 이름', en: 'Name of this gateway' },
  site: { ko: '공장 이름', en: 'Name of the plant' },
  machine: { ko: '설비 번호 (예: dc-03)', en: 'Id of the machine (e.g. dc-03)' },
  machineName: { ko: '작업자가 부르는 이름 (예: 3호기)', en: 'What operators call it' },
  bus: { ko: '설비 주소', en: 'Its address' },
  busHelp: {
    ko: 'PLC: tcp://192.168.0.10:502  RS-485: rtu:///dev/ttyUSB0  변환기: rtu+tcp://192.168.0.20:4001  저울·바코드: line:///dev/ttyUSB1?baud=9600',
    en: 'PLC: tcp://192.168.0.10:502  RS-485: rtu:///dev/ttyUSB0  converter: rtu+tcp://192.168.0.20:4001  scale, scanner: line:///dev/ttyUSB1?baud=9600',
  },
  look: {
    ko: '이 주소에서 국번과 종류를 찾아볼까요? 읽기만 합니다 (국번 1~32)',
    en: 'Look for units and what they are? It only reads (units 1 to 32)',
  },
  looking: {
    ko: '찾는 중… Ctrl-C는 찾기만 멈춥니다',
    en: 'looking … Ctrl-C ends the search alone',
  },
  unit: { ko: '국번', en: 'Unit' },
  kind: {
    ko: '종류 (번호, 이름 또는 프로파일 파일)',
    en: 'What it is (number, id, or profile file)',
  },
  kinds: { ko: '종류:', en: 'Kinds:' },
  guessed: { ko: '추정', en: 'a guess' },
  model: { ko: '불량 예측 모델 (번호)', en: 'Model (number)' },
  models: {
    ko: '모델: 실제 불량을 맞히는지는 현장 데이터로 확인해야 합니다 (ppuri backtest)',
    en: 'Models: whether one is right here, data of this line must show (ppuri backtest)',
  },
  noModel: {
    ko: '없음. 기준값(리밋)으로만 판정하며 나중에 추가할 수 있습니다',
    en: 'none: rule limits alone judge; one can be added later',
  },
  reject: {
    ko: '불량 배출 신호 (예: coil:0, 없으면 Enter). PLC 담당자와 확인한 것만',
    en: 'Reject signal (e.g. coil:0, Enter for none). Only as agreed with who programs the PLC',
  },
  more: {
    ko: '이 설비에 전력량계, 온도조절기, 저울이 더 있습니까?',
    en: 'Is there a power meter, controller or scale beside it?',
  },
  device: { ko: '이름 (예: meter)', en: 'Its name (e.g. meter)' },
  another: { ko: '설비가 더 있습니까?', en: 'Another machine?' },
  panel: { ko: '현장 화면 (번호 또는 주소:포트)', en: 'Panel (number, or address:port)' },
  panelHere: { ko: '이 컴퓨터에서만', en: 'on this computer alone' },
  panelAll: {
    ko: '사내망의 다른 화면에서도 (암호화하려면 나중에 panel.tls)',
    en: 'for others on the network too (add panel.tls to encrypt it)',
  },
  panelNone: { ko: '없음', en: 'none' },
  store: { ko: '기록 폴더', en: 'Directory of the records' },
  write: { ko: '이대로 저장할까요?', en: 'Write it?' },
  yes: { ko: '예', en: 'y' },
  badName: {
    ko: '영문 소문자, 숫자, 하이픈만 씁니다',
    en: 'lower-case letters, digits and hyphens',
  },
  taken: { ko: '이미 쓴 이름입니다', en: 'that name is taken' },
  badUnit: { ko: '0~255의 수를 쓰십시오', en: 'a number from 0 to 255' },
  badChoice: { ko: '목록의 번호나 이름을 쓰십시오', en: 'a number or a name of the list' },
  notMachine: {
    ko: '설비가 아니라 계측기 프로파일입니다',
    en: 'that is the profile of a meter, not of a machine',
  },
  notDevice: {
    ko: '계측기가 아니라 설비 프로파일입니다',
    en: 'that is the profile of a machine, not of a meter',
  },
  wrongBus: {
    ko: '문자로 말하는 계측기는 line:// 주소, Modbus 기기는 그 외의 주소를 씁니다',
    en: 'what speaks text has a line:// address, what speaks Modbus another',
  },
  yesOrNo: { ko: 'y 또는 n', en: 'y or n' },
  badReject: { ko: 'coil:번호 또는 register:번호', en: 'coil:NUMBER or register:NUMBER' },
  badPanel: { ko: '127.0.0.1:8787 처럼 쓰십시오', en: 'write it as 127.0.0.1:8787' },
  badPath: { ko: '/로 시작하는 경로를 쓰십시오', en: 'a path from /' },
  left: { ko: '그만두었습니다. 아무것도 저장하지 않았습니다.', en: 'left; nothing was written.' },
  written: { ko: '저장했습니다', en: 'written' },
  next: { ko: '다음 순서:', en: 'next:' },
  nextCheck: { ko: '설정 검사', en: 'check it' },
  nextProbe: { ko: '설비의 값을 하나씩 읽어 확인', en: 'read each value from the machines once' },
  nextDoctor: { ko: '이 컴퓨터 점검', en: 'see whether this computer is fit' },
  nextRun: { ko: '실행', en: 'run it' },
  nextStore: { ko: '기록 폴더 만들기', en: 'make the directory of the records' },
} as const satisfies Record<string, Text>;
