/** A draft as ppuri.yaml, with comments from which a technician goes on by hand. */
import { parse } from 'yaml';
import type { Profile } from '../../config/profile.ts';
import type { BusConfig } from '../../config/schema.ts';
import { endpointOf } from '../../drivers/registry.ts';
import { type Draft, type DraftMachine, namedBuses } from './init-draft.ts';
import type { Language } from './words.ts';

/** A profile by its id or path. */
export type ProfileOf = (reference: string) => Profile | null;

/** Quotes where YAML would read something else. */
function scalar(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  const plain = /^[\p{L}\d/][\p{L}\d ./_-]*$/u.test(value) && !value.endsWith(' ');
  return plain && parse(value) === value ? value : JSON.stringify(value);
}

const remarks: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  timeoutMs: { ko: '응답을 기다리는 최대 시간', en: 'longest wait for one reply' },
  baudRate: { ko: '통신 속도', en: 'bits per second' },
  parity: { ko: '패리티: none, even, odd', en: 'none, even, odd' },
  path: {
    ko: '/dev/serial/by-id/ 의 이름은 꽂는 순서가 바뀌어도 그대로입니다',
    en: 'names in /dev/serial/by-id/ stay when adapters change places',
  },
};

const unsaid = new Set(['echo=none', 'stopBits=1', 'dataBits=8']);

function busLines(name: string, bus: BusConfig, lang: Language): string[] {
  const keys = Object.entries(bus).filter(
    ([key, value]) => value !== undefined && !unsaid.has(`${key}=${value}`),
  );
  return [
    `  ${name}:`,
    ...keys.map(([key, value]) => {
      const remark = remarks[key]?.[lang];
      return `    ${key}: ${scalar(value)}${remark === undefined ? '' : ` # ${remark}`}`;
    }),
  ];
}

/** One limit of the profile, as an example of how to change it. */
function limitLines(profile: Profile | null, ko: boolean): string[] {
  const [first] = Object.entries(profile?.limits ?? {});
  if (first === undefined) return [];
  const [feature, { low, high }] = first;
  const bounds = Object.entries({ low, high })
    .filter(([, value]) => typeof value === 'number')
    .map(([key, value]) => `${key}: ${value}`);
  return [
    ko
      ? '    # 기준값을 현장에 맞출 때. 적지 않은 항목은 프로파일 값을 씁니다.'
      : '    # Your own limits; what is not listed stays the profile’s.',
    '    # limits:',
    `    #   ${feature}: { ${bounds.join(', ')} }`,
  ];
}

function modelLines({ model }: DraftMachine, ko: boolean): string[] {
  if (model !== null)
    return [
      `    model: ${scalar(model)} # ${ko ? '기준값과 함께 판정' : 'judges beside the limits'}`,
    ];
  return [
    ko
      ? '    # 모델이 없으면 기준값(리밋)으로만 판정합니다. 있는 모델: ppuri model list'
      : '    # Without a model rule limits alone judge. What there is: ppuri model list',
    '    # model: NAME',
  ];
}

function rejectLines({ reject }: DraftMachine, ko: boolean): string[] {
  const agreed = ko
    ? '    # 불량 판정 때 제품을 배출시키는 신호. PLC 담당자와 확인하세요.'
    : '    # The signal that diverts the part on `defect`. Agree on it with who programs the PLC.';
  if (reject === null) return [agreed, '    # reject: { device: plc, coil: 0, pulseMs: 500 }'];
  const [[key, value] = ['coil', 0]] = Object.entries(reject);
  return [agreed, `    reject: { device: plc, ${key}: ${value}, pulseMs: 500 }`];
}

type BusName = (bus: BusConfig) => string;

function deviceLines(
  machine: DraftMachine,
  busName: BusName,
  profileOf: ProfileOf,
  lang: Language,
) {
  const own = lang === 'ko' ? 'plc는 설비 자신' : 'plc is the machine itself';
  return [
    `      plc: { bus: ${busName(machine.bus)}, unit: ${machine.unit} } # ${own}`,
    ...machine.devices.map(({ name, bus, unit, profile }) => {
      const place = bus.type.startsWith('serial-line') ? '' : `, unit: ${unit}`;
      const title = profileOf(profile)?.title[lang] ?? profile;
      return `      ${name}: { bus: ${busName(bus)}${place}, profile: ${scalar(profile)} } # ${title}`;
    }),
  ];
}

function machineLines(
  machine: DraftMachine,
  busName: BusName,
  profileOf: ProfileOf,
  lang: Language,
): string[] {
  const ko = lang === 'ko';
  const profile = profileOf(machine.profile);
  const title = profile === null ? '' : ` # ${profile.title[lang]}`;
  const called = ko ? '작업자가 부르는 이름' : 'what operators call it';
  return [
    `  - id: ${machine.id}`,
    ...(machine.name === null ? [] : [`    name: ${scalar(machine.name)} # ${called}`]),
    `    profile: ${scalar(machine.profile)}${title}`,
    '    devices:',
    ...deviceLines(machine, busName, profileOf, lang),
    ...modelLines(machine, ko),
    ...limitLines(profile, ko),
    ...rejectLines(machine, ko),
  ];
}

function panelLines(panel: string | null, ko: boolean): string[] {
  const what = ko
    ? '# 현장 화면. 127.0.0.1은 이 컴퓨터에서만, 0.0.0.0은 다른 화면에서도 보입니다(tls를 함께 쓰세요).'
    : '# Pages of this gateway: 127.0.0.1 for this computer, 0.0.0.0 for others too (then add tls).';
  return panel === null
    ? [what, '# panel:', '#   listen: 127.0.0.1:8787']
    : [what, 'panel:', `  listen: ${JSON.stringify(panel)}`];
}

function moreLines(ko: boolean): string[] {
  return [
    ko
      ? '# 기록을 중앙으로 전송. 없으면 게이트웨이 안에만 보관합니다. 비밀번호는 파일에만 둡니다.'
      : '# Delivery of records; absent: they stay here. Passwords are in files of their own.',
    '# sync:',
    '#   - type: mqtt',
    '#     url: mqtts://broker.plant.example:8883',
    '#     username: NAME',
    '#     password: { file: /etc/ppuri/mqtt-password }',
    '',
    ko
      ? '# 경광등: PLC나 출력 모듈의 코일. heartbeat가 멈추면 PLC가 등을 꺼야 합니다.'
      : '# A stack light on coils. The PLC must put it out when heartbeat stands still.',
    '# outputs:',
    '#   light:',
    '#     type: stack-light',
    '#     bus: NAME',
    '#     unit: 9',
    '#     coils: { red: 0, yellow: 1, green: 2, heartbeat: 3 }',
  ];
}

/** `file`: what the next command is to be given. Throws `usage` as `namedBuses`. */
export function yamlText(draft: Draft, file: string, profileOf: ProfileOf): string {
  const { lang, machines } = draft;
  const ko = lang === 'ko';
  const buses = namedBuses(machines);
  const names = new Map([...buses].map(([name, bus]) => [endpointOf(bus), name]));
  const busName: BusName = (bus) => names.get(endpointOf(bus)) ?? '';
  const lines = [
    ko
      ? '# ppuri 설정. `ppuri init`으로 만들었고, 직접 고쳐도 됩니다. 고친 뒤에는 검사하세요:'
      : '# Configuration of ppuri, made by `ppuri init`; go on by hand, then check it:',
    `#   ppuri check -c ${file}`,
    '',
    ko
      ? '# 이 게이트웨이. id와 site는 모든 기록에 남습니다.'
      : '# This gateway; id and site go into every record.',
    'gateway:',
    `  id: ${draft.gateway}`,
    `  site: ${draft.site}`,
    `  locale: ${lang} # ${ko ? '작업자 알림 언어: ko, en' : 'language of operators’ alerts: ko, en'}`,
    '',
    ko
      ? '# 통신선: 호스트와 포트, 또는 시리얼 포트마다 하나.'
      : '# Buses: one for each host and port, or serial port.',
    'buses:',
    ...[...buses].flatMap(([name, bus]) => busLines(name, bus, lang)),
    '',
    ko ? '# 설비.' : '# Machines.',
    'machines:',
    ...machines.flatMap((machine, index) => [
      ...(index === 0 ? [] : ['']),
      ...machineLines(machine, busName, profileOf, lang),
    ]),
    '',
    ...panelLines(draft.panel, ko),
    '',
    ko ? '# 기록을 보관하는 폴더와 최대 용량.' : '# Where records are kept, and how much at most.',
    'store:',
    `  path: ${scalar(draft.store)}`,
    '  # maxMiB: 2048',
    '',
    ...moreLines(ko),
  ];
  return `${lines.join('\n')}\n`;
}
