/** Every word of the pages that the server does not send, Korean first, as a foundry says it. */
import type { Severity, Text } from '../../records.ts';
import type { Language } from './settings.ts';

export const severityWords: Readonly<Record<Severity, Text>> = {
  stop: { ko: '정지', en: 'Stop' },
  warning: { ko: '경고', en: 'Warning' },
  caution: { ko: '주의', en: 'Caution' },
  info: { ko: '안내', en: 'Info' },
};

export const outcomeWords = {
  ok: { ko: '양품', en: 'OK' },
  defect: { ko: '불량', en: 'Defect' },
  unscored: { ko: '판정 보류', en: 'Unscored' },
} satisfies Record<string, Text>;

export const roleWords = {
  viewer: { ko: '보기 전용', en: 'view only' },
  operator: { ko: '작업자', en: 'operator' },
  admin: { ko: '관리자', en: 'administrator' },
} satisfies Record<string, Text>;

/** Why somebody puts an alert off. The Korean words are what is kept as the reason. */
export const shelveReasons: readonly Text[] = [
  { ko: '조치 중', en: 'Being fixed' },
  { ko: '금형 교체·세팅 중', en: 'Mold change or set-up' },
  { ko: '부품·정비 대기', en: 'Waiting for parts or service' },
  { ko: '센서 점검 중', en: 'Sensor being checked' },
];

/** What the labels stand for; a recall means nothing without it. */
export const coverageWords = {
  none: { ko: '검사 결과 없음', en: 'no labels' },
  even: { ko: '고르게 검사', en: 'both verdicts alike' },
  selective: { ko: '한쪽 판정 위주', en: 'mostly one verdict' },
  'suspected-only': { ko: '의심 샷만', en: 'suspected shots only' },
  'too-few': { ko: '검사 부족', en: 'too few labels' },
} satisfies Record<string, Text>;

export const fitWords = {
  fits: { ko: '맞음', en: 'agrees' },
  'too-low': { ko: '모델이 낮게 봄', en: 'model says too little' },
  'too-high': { ko: '모델이 높게 봄', en: 'model says too much' },
  'too-few': { ko: '검사 부족', en: 'too few labels' },
} satisfies Record<string, Text>;

export const texts = {
  // Places
  overview: { ko: '현황', en: 'Overview' },
  history: { ko: '이력', en: 'History' },
  quality: { ko: '판정 품질', en: 'Quality' },
  machines: { ko: '설비', en: 'Machines' },
  alerts: { ko: '알림', en: 'Alerts' },
  pages: { ko: '화면 이동', en: 'Pages' },
  plantState: { ko: '교대·통신 상태', en: 'Shift and connections' },
  back: { ko: '현황으로', en: 'Back' },
  skip: { ko: '본문으로', en: 'Skip to content' },
  screenSettings: { ko: '화면 설정', en: 'Screen settings' },
  otherLanguage: { ko: 'English', en: '한국어' },
  themeAuto: { ko: '자동', en: 'Auto' },
  themeLight: { ko: '밝게', en: 'Light' },
  themeDark: { ko: '어둡게', en: 'Dark' },
  brightness: { ko: '화면 밝기: {now}', en: 'Theme: {now}' },

  // State of a machine
  normal: { ko: '정상', en: 'Normal' },
  linkLost: { ko: '통신두절', en: 'No link' },
  linkUnknown: { ko: '연결 대기', en: 'Not linked' },
  unknown: { ko: '응답 없음', en: 'No answer' },
  before: { ko: '이전: {state}', en: 'Was: {state}' },
  noShots: { ko: '샷 없음', en: 'No shots yet' },
  noModel: { ko: '모델 없음(한계값만)', en: 'Limits only' },
  shadowed: {
    ko: '새 모델 {model} 관찰 {shots}/{of}샷, 불일치 {differing}/{compared}',
    en: 'New model {model}: watched {shots}/{of} shots, differs on {differing}/{compared}',
  },
  onTrial: {
    ko: '새 모델 {model} 시험 적용 {shots}/{of}샷, 불일치 {differing}/{compared}',
    en: 'New model {model}: on trial {shots}/{of} shots, differs on {differing}/{compared}',
  },
  alertCount: { ko: '알림 {n}건', en: '{n} alerts' },
  alertCountOne: { ko: '알림 1건', en: '1 alert' },
  noAlerts: { ko: '조치할 알림이 없습니다.', en: 'Nothing needs attention.' },
  mold: { ko: '금형 {mold}', en: 'Mold {mold}' },
  shotNo: { ko: '{n}번', en: '#{n}' },
  lastShot: { ko: '마지막 샷', en: 'Last shot' },
  recent: {
    ko: '최근 {all}샷: 양품 {ok}, 불량 {defect}, 판정 보류 {unscored}',
    en: 'Last {all} shots: {ok} ok, {defect} defect, {unscored} unscored',
  },

  // Alerts
  sort: { ko: '{from}~{to}번 선별', en: 'Sort out {from} to {to}' },
  sortOne: { ko: '{to}번 선별', en: 'Sort out {to}' },
  action: { ko: '조치', en: 'Do' },
  noAction: { ko: '정해진 조치 없음. 담당자 확인.', en: 'No set action. Have someone look.' },
  times: { ko: '{n}회', en: '{n}×' },
  acknowledged: { ko: '확인함 · {who} {at}', en: 'Acknowledged · {who} {at}' },
  shelvedBy: {
    ko: '보류 · {reason} · {left}분 남음 · {who}',
    en: 'Shelved · {reason} · {left} min left · {who}',
  },
  falseBy: { ko: '오경보 처리 · {who} {at}', en: 'False alarm · {who} {at}' },
  cleared: { ko: '해제됨 · 확인 안 함', en: 'Cleared · not acknowledged' },
  clearedDone: { ko: '해제됨', en: 'Cleared' },
  stale: { ko: '하루 넘게 지속', en: 'Standing for a day' },
  grouped: { ko: '묶인 알림 {n}건', en: '{n} grouped alerts' },
  shelvedList: { ko: '보류 중 {n}건', en: '{n} shelved' },
  quietList: { ko: '참고 {n}건', en: '{n} for information' },
  since: { ko: '{at} 발생', en: 'since {at}' },
  acknowledge: { ko: '확인', en: 'Ack' },
  shelve: { ko: '보류', en: 'Shelve' },
  unshelve: { ko: '보류 해제', en: 'End shelving' },
  falseAlarm: { ko: '오경보', en: 'False alarm' },
  ok: { ko: '양품', en: 'OK part' },
  defect: { ko: '불량', en: 'Defect' },
  silence: { ko: '부저 정지', en: 'Silence buzzer' },
  silenced: { ko: '부저 정지됨', en: 'Buzzer silenced' },
  newAlert: { ko: '새 알림: {text}', en: 'New alert: {text}' },

  // Shelving and labels
  shelveTitle: { ko: '알림 보류', en: 'Shelve alert' },
  shelveWhy: { ko: '사유', en: 'Reason' },
  shelveFor: { ko: '얼마 동안', en: 'For how long' },
  minutes: { ko: '{n}분', en: '{n} min' },
  cancel: { ko: '취소', en: 'Cancel' },
  defectTitle: { ko: '{shot} 불량등록', en: 'Defect of {shot}' },
  okTitle: { ko: '{shot} 양품 등록', en: '{shot} is OK' },
  whichPart: { ko: '어느 제품(캐비티)', en: 'Which part (cavity)' },
  allParts: { ko: '전체', en: 'All' },
  whichType: { ko: '불량 유형', en: 'Type of defect' },
  typeUnknown: { ko: '유형 모름', en: 'Type not known' },
  register: { ko: '등록', en: 'Register' },
  labelled: { ko: '등록됨: {what}', en: 'Labelled: {what}' },
  unlabelled: { ko: '검사 결과 없음', en: 'not inspected' },
  chosenShot: { ko: '선택 샷', en: 'Shot' },
  older: { ko: '이전 샷', en: 'Older shot' },
  newer: { ko: '다음 샷', en: 'Newer shot' },
  shots: { ko: '최근 샷', en: 'Last shots' },
  probability: {
    ko: '불량 확률 {p} % (기준 {limit} %)',
    en: 'risk {p} % (limit {limit} %)',
  },

  // Trends
  drivers: { ko: '함께 달라진 값', en: 'Values that differed together' },
  driversNote: { ko: '원인 단정이 아님', en: 'not proof of a cause' },
  trends: { ko: '주요 값 추이', en: 'Main values' },
  band: { ko: '기준 {low}~{high}', en: 'normal {low} to {high}' },
  noBand: { ko: '기준 수집 중', en: 'no normal band yet' },
  tooHigh: { ko: '높음', en: 'high' },
  tooLow: { ko: '낮음', en: 'low' },
  inBand: { ko: '기준 안', en: 'within' },
  noValue: { ko: '값 없음', en: 'no value' },
  rising: { ko: '상승', en: 'rising' },
  falling: { ko: '하락', en: 'falling' },
  steady: { ko: '유지', en: 'steady' },
  share: { ko: '비중 {n} %', en: 'share {n} %' },

  // Shift and connections
  shift: { ko: '교대 {from}부터', en: 'Shift {from}' },
  noShift: { ko: '교대 집계 전', en: 'Shift not counted yet' },
  shiftShots: { ko: '샷', en: 'shots' },
  shiftAlerts: { ko: '발생 알림', en: 'alerts raised' },
  buses: { ko: '버스', en: 'Buses' },
  cloud: { ko: '클라우드', en: 'Cloud' },
  store: { ko: '저장', en: 'Store' },
  outputs: { ko: '출력', en: 'Outputs' },
  fine: { ko: '정상', en: 'ok' },
  none: { ko: '없음', en: 'none' },
  down: { ko: '끊김', en: 'down' },
  full: { ko: '가득 참', en: 'full' },
  pending: { ko: '대기 {n}건', en: '{n} pending' },
  fault: { ko: '이상', en: 'fault' },
  clockUnset: { ko: '시계 미설정: 시각 부정확', en: 'Clock not set: times may be wrong' },

  // Old data
  oldData: { ko: '데이터가 오래되었습니다', en: 'This data is old' },
  agentSilent: { ko: '에이전트 응답 없음', en: 'The agent does not answer' },
  oldLost: {
    ko: '화면과 게이트웨이의 연결이 끊겼습니다. 다시 연결하는 중입니다.',
    en: 'The connection to the gateway is lost. Trying again.',
  },
  oldSilent: { ko: '새 값이 오지 않습니다.', en: 'No new values arrive.' },
  oldLoop: {
    ko: '판정이 멈췄습니다. 담당자에게 알리십시오.',
    en: 'No verdicts are made. Tell the person in charge.',
  },
  lastHeard: { ko: '마지막 수신 {age}', en: 'last heard {age}' },
  neverHeard: { ko: '아직 받은 값 없음', en: 'nothing heard yet' },
  loading: { ko: '불러오는 중…', en: 'Loading…' },

  // Requests
  working: { ko: '처리 중…', en: 'Working…' },
  accepted: { ko: '접수됨', en: 'Accepted' },
  notDone: {
    ko: '연결이 끊겨 처리되지 않았습니다. 다시 누르십시오.',
    en: 'No connection: it was not done. Press again.',
  },
  noAnswer: {
    ko: '응답이 없어 처리되었는지 알 수 없습니다. 화면의 상태를 확인하십시오.',
    en: 'No answer: it may or may not be done. Check the state shown.',
  },
  noServer: { ko: '게이트웨이에 연결할 수 없습니다.', en: 'The gateway cannot be reached.' },
  refused: { ko: '처리하지 못했습니다.', en: 'It could not be done.' },
  shotChanged: {
    ko: '방금 새 샷으로 바뀌었습니다. 번호를 확인하고 다시 누르십시오.',
    en: 'A new shot has just come. Check the number and press again.',
  },
  someNotDone: {
    ko: '등록되지 않은 제품: {parts}. {why}',
    en: 'Not registered: {parts}. {why}',
  },

  // Signing in
  login: { ko: '로그인', en: 'Log in' },
  logout: { ko: '로그아웃', en: 'Log out' },
  name: { ko: '이름', en: 'Name' },
  password: { ko: '비밀번호', en: 'Password' },
  claimTitle: { ko: '최초 사용자 등록', en: 'Claim this gateway' },
  claimHelp: {
    ko: '게이트웨이 로그에 나온 등록 코드를 넣고 관리자 이름과 비밀번호를 정하십시오.',
    en: 'Enter the claim code from the gateway’s log, and choose the administrator’s name and password.',
  },
  claimCode: { ko: '등록 코드', en: 'Claim code' },
  claim: { ko: '등록', en: 'Claim' },
  kiosk: { ko: '현장 모니터', en: 'kiosk' },

  // History and quality
  deeds: { ko: '조작 기록', en: 'What people did' },
  when: { ko: '시각', en: 'When' },
  machine: { ko: '설비', en: 'Machine' },
  level: { ko: '등급', en: 'Level' },
  what: { ko: '내용', en: 'What' },
  handled: { ko: '처리', en: 'Handled' },
  who: { ko: '누가', en: 'Who' },
  detail: { ko: '상세', en: 'Detail' },
  open: { ko: '진행 중', en: 'standing' },
  allMachines: { ko: '전체 설비', en: 'All machines' },
  nothing: { ko: '기록이 없습니다.', en: 'Nothing is recorded.' },
  compared: { ko: '검사 결과와 비교', en: 'Compared with inspection' },
  model: { ko: '모델', en: 'Model' },
  shiftColumn: { ko: '교대', en: 'Shift' },
  labelledOf: { ko: '검사/판정 샷', en: 'Inspected / judged' },
  baseRate: { ko: '검사 중 불량률', en: 'Base rate of defects' },
  precision: { ko: '정밀도', en: 'Precision' },
  recall: { ko: '검출률', en: 'Recall' },
  missed: { ko: '미검출', en: 'Missed' },
  falseAlarms: { ko: '오경보', en: 'False alarms' },
  notKnown: { ko: '알 수 없음', en: 'not known' },
  weighted: { ko: '약 {value} (추정, {range})', en: 'about {value} (weighted, {range})' },
  limits: { ko: '한계값', en: 'limits' },
  moldColumn: { ko: '금형', en: 'Mold' },
  coverage: { ko: '검사 범위', en: 'What was inspected' },
  modelHealth: { ko: '모델 상태', en: 'Model health' },
  calibration: { ko: '모델 확률과 검사 결과', en: 'Probability and inspection' },
  calibrationNote: {
    ko: '검사한 샷끼리의 비교입니다. 눈에 띄는 불량만 골라 검사했다면 실제보다 높게 나옵니다.',
    en: 'Of labelled shots only: too high where only parts that looked bad were inspected.',
  },
  noLabelsYet: { ko: '검사 결과가 없어 알 수 없습니다.', en: 'No labels: not known.' },
  probabilityRange: { ko: '확률 구간', en: 'Probability' },
  allLabelled: { ko: '전체', en: 'all' },
  inspected: { ko: '검사 샷', en: 'Inspected' },
  expected: { ko: '모델 예상', en: 'Model expects' },
  found: { ko: '검사 결과', en: 'Inspection found' },
  fit: { ko: '판단', en: 'Reading' },

  // Production
  shiftFacts: { ko: '이번 교대 생산', en: 'Production of this shift' },
  sinceShift: { ko: '{time}부터', en: 'since {time}' },
  notProducing: { ko: '비가동', en: 'Stopped' },
  produced: { ko: '생산', en: 'Made' },
  oee: { ko: '설비종합효율', en: 'OEE' },
  availability: { ko: '시간가동률', en: 'Availability' },
  effectiveness: { ko: '성능가동률', en: 'Effectiveness' },
  goodRate: { ko: '양품률', en: 'Quality' },
  goodOf: { ko: '검사 {inspected}/{shots}', en: 'inspected {inspected}/{shots}' },
  energyUse: { ko: '전력량', en: 'Energy' },
  perShot: { ko: '{kwh} kWh/샷', en: '{kwh} kWh/shot' },
  perGood: { ko: '양품당 {kwh} kWh', en: '{kwh} kWh per good part' },
  peakDemand: { ko: '최대수요 {kw} kW', en: 'peak {kw} kW' },
  idleEnergy: { ko: '비가동 중 {share} %', en: '{share} % while stopped' },
  learnedPace: { ko: '기준 사이클: 학습값', en: 'ideal cycle: learned' },
  notSeen: { ko: '알 수 없는 시간 {time}', en: 'unknown for {time}' },
  standing: { ko: '비가동 {time}', en: 'Stopped for {time}' },
  unknownFor: { ko: '가동 여부 알 수 없음 {time}', en: 'Not known whether it runs, {time}' },
  whyStopped: { ko: '비가동 사유를 누르세요', en: 'Tap why it stopped' },
  unexplained: { ko: '사유 미입력 비가동 {n}건', en: 'Stops without a reason: {n}' },
  lastStops: { ko: '최근 비가동 {n}건', en: 'Last {n} stops' },
  noReason: { ko: '사유 미입력', en: 'no reason' },
  giveReason: { ko: '사유 입력', en: 'Give a reason' },
  changeReason: { ko: '사유 변경', en: 'Change the reason' },
  moldChanged: {
    ko: '지난번 이 금형({when}까지)과 다른 값 {n}개',
    en: '{n} values differ from the last run of this mold (to {when})',
  },
  moldSame: {
    ko: '지난번 이 금형({when}까지)과 다른 값 없음 ({n}개 비교)',
    en: 'No value differs from the last run of this mold (to {when}; {n} compared)',
  },
  moldNote: {
    ko: '중앙값 비교입니다. 다른 값일 뿐 원인이라는 뜻은 아닙니다.',
    en: 'Medians are compared: what differs, not what caused anything.',
  },
  wasBefore: { ko: '지난번 {before} ({low}~{high})', en: 'last time {before} ({low} to {high})' },
} satisfies Record<string, Text>;

export type TextKey = keyof typeof texts;

/** `{name}` in a text is replaced; a name that is not given stays visible as a mistake. */
export function fill(
  text: Text,
  language: Language,
  values: Record<string, string | number>,
): string {
  return text[language].replace(/\{(\w+)\}/g, (whole, name: string) =>
    String(values[name] ?? whole),
  );
}
