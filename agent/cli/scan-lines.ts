/** What `ppuri scan` prints. */
import type { Text } from '../records.ts';
import { koreanNote } from '../survey/notes.ts';
import { settingText } from '../survey/open.ts';
import type { Unasked } from '../survey/unasked.ts';
import type { ScannedUnit, ScanReport } from './scan-run.ts';
import { type Column, tableLines } from './table.ts';
import type { Language } from './words.ts';

function unaskedText(said: Unasked): Text | null {
  switch (said.kind) {
    case 'quiet':
      return null;
    case 'text':
      return {
        ko: `문자를 보내는 기기입니다 (저울, 바코드 등): ${said.sample}. 버스 종류는 serial-line 입니다.`,
        en: `an instrument that speaks text (scale, scanner …): ${said.sample}. Its bus is a serial-line.`,
      };
    case 'modbus': {
      const units = said.units.join(', ');
      return {
        ko: `묻지 않았는데 국번 ${units}의 프레임이 들립니다. 다른 마스터가 이 회선을 쓰고 있습니다. RTU 회선의 마스터는 하나여야 합니다.`,
        en: `frames of unit ${units} were heard although nothing was asked: another master uses this line, and an RTU line has one master.`,
      };
    }
    case 'noise':
      return {
        ko: `묻지 않았는데 프레임이 아닌 ${said.bytes}바이트가 들립니다: ${said.sample}`,
        en: `${said.bytes} bytes that are no frame were heard although nothing was asked: ${said.sample}`,
      };
  }
}

function answerText({ answered, exception, replies }: ScannedUnit, ko: boolean): string {
  const twice =
    replies > 1 ? (ko ? ', 두 번 응답: 국번 중복?' : ', answered twice: two devices?') : '';
  if (answered === 'words') return (ko ? '값' : 'value') + twice;
  return `${ko ? '예외' : 'exception'} ${exception}${twice}`;
}

function guessText({ maybe }: ScannedUnit, ko: boolean): string {
  if (maybe.length === 0) return '-';
  const all = maybe.map(({ profile, good, of }) => `${profile} (${good}/${of})`).join(', ');
  return ko ? `${all} 일 수 있음` : `maybe ${all}`;
}

function unitColumns(lang: Language): Column<ScannedUnit>[] {
  const ko = lang === 'ko';
  return [
    { title: ko ? '국번' : 'unit', align: 'right', text: ({ unit }) => String(unit) },
    { title: ko ? '응답' : 'answer', text: (unit) => answerText(unit, ko) },
    {
      title: ko ? '왕복 ms' : 'round trip ms',
      align: 'right',
      text: ({ roundTripMs }) => roundTripMs.toFixed(1),
    },
    { title: ko ? '장비' : 'device', text: (unit) => guessText(unit, ko) },
  ];
}

function nothingText(report: ScanReport): Text {
  const { unasked, tried, settings, asked, damaged } = report;
  if (damaged.length > 0) {
    const units = damaged.join(', ');
    return {
      ko: `국번 ${units}의 응답이 깨져서 왔습니다. 종단 저항, 접지, 통신 속도, 국번 중복을 확인하십시오.`,
      en: `replies of unit ${units} came damaged: check termination, earthing, baud rate and duplicate units.`,
    };
  }
  const [unfit] = report.unfit;
  if (unfit !== undefined) {
    const numbers = listed(report.unfit.map(({ unit }) => unit));
    return {
      ko: `국번 ${numbers}: ${unfit.text.ko}`,
      en: `unit ${numbers}: ${unfit.text.en}`,
    };
  }
  if (tried.length > 1 && settings === null) {
    return {
      ko: `설정 ${tried.length}가지를 해 보았지만 응답이 없습니다. 전원과 A/B(+/−) 극성을 확인하고, 국번이 16보다 크면 --units 1-247 로 다시 찾으십시오.`,
      en: `no answer at any of ${tried.length} settings. Check power and A/B (+/−) polarity; if the unit may be above 16, try again with --units 1-247.`,
    };
  }
  if (unasked.kind === 'text') return { ko: '', en: '' };
  if (report.type.startsWith('serial-line'))
    return {
      ko: '들은 것이 없습니다. 물어야 답하는 기기(A&D, PC-LINK 등)는 여기서 찾을 수 없습니다. 설정에 프로파일과 함께 적고 ppuri probe 로 확인하십시오.',
      en: 'nothing was heard. An instrument that speaks only when asked (A&D, PC-LINK …) is not found this way: put it into the configuration with its profile and use ppuri probe.',
    };
  const { ko, en } =
    checkFirst[report.type === 'modbus-tcp' ? 'tcp' : settings === null ? 'converter' : 'serial'];
  return {
    ko: `국번 ${asked}개에 물었지만 응답이 없습니다. ${ko}`,
    en: `none of ${asked} units answered. ${en}`,
  };
}

const checkFirst: Readonly<Record<'tcp' | 'converter' | 'serial', Text>> = {
  tcp: {
    ko: '포트 번호와 장비의 Modbus 서버 설정을 확인하십시오. RTU를 넘기는 변환기라면 rtu+tcp:// 로 다시 찾으십시오.',
    en: 'Check the port and that the Modbus server of the device is on; for a converter that passes RTU on, scan rtu+tcp:// instead.',
  },
  converter: {
    ko: '전원과 배선, 변환기에 설정된 통신 속도와 패리티를 확인하십시오. Modbus TCP 게이트웨이라면 tcp:// 로 다시 찾으십시오.',
    en: 'Check power, wiring, and the baud rate and parity that are set on the converter; for a gateway of Modbus TCP, scan tcp:// instead.',
  },
  serial: {
    ko: '전원, 배선, 통신 속도(--baud all)를 확인하십시오.',
    en: 'Check power, wiring, and the baud rate (--baud all).',
  },
};

const listed = (units: readonly number[]): string =>
  units.length > 12 ? `${units.slice(0, 12).join(', ')} … +${units.length - 12}` : units.join(', ');

/** More units than anyone wires to one endpoint, all of which answer alike. */
const suspicious = 200;

function remarks(report: ScanReport): Text[] {
  const { units, unreachable, damaged, complete } = report;
  const all: Text[] = [];
  if (units.length >= suspicious)
    all.push({
      ko: '거의 모든 국번이 응답합니다. 국번을 보지 않는 장비이므로 한 대로 보고 unit은 설명서의 값(보통 1)을 쓰십시오.',
      en: 'nearly every unit answers: it is one device that ignores the unit; use the manual’s, usually 1.',
    });
  if (unreachable.length > 0)
    all.push({
      ko: `변환기가 닿지 못한다고 답한 국번: ${listed(unreachable)}`,
      en: `units the gateway says it cannot reach: ${listed(unreachable)}`,
    });
  if (damaged.length > 0 && units.length > 0)
    all.push({
      ko: `응답이 깨져서 온 국번: ${listed(damaged)}. 종단 저항과 국번 중복을 확인하십시오.`,
      en: `units whose replies came damaged: ${listed(damaged)}; check termination and duplicate units.`,
    });
  if (report.error !== null)
    all.push({
      ko: `포트가 사라져 중단했습니다. 여기까지 찾은 것입니다. (${koreanNote(report.error.message)})`,
      en: `the port went away; this was found so far. (${report.error.message})`,
    });
  else if (!complete)
    all.push({
      ko: '중단했습니다. 여기까지 찾은 것입니다.',
      en: 'interrupted; this was found so far.',
    });
  return all;
}

function checkLines({ units }: ScanReport, ko: boolean): string[] {
  const seen = new Set<string>();
  return units.flatMap(({ maybe: [best] }) => {
    if (best === undefined || seen.has(best.profile) || best.check.length === 0) return [];
    seen.add(best.profile);
    const title = ko
      ? `${best.profile}: 현장에서 확인할 것 (영어 원문)`
      : `${best.profile}: to check on site`;
    return [title, ...best.check.map((item) => `  - ${item}`)];
  });
}

/** Many look-alike units are shown by the first few. */
const shownUnits = 40;

export function scanLines(report: ScanReport, lang: Language): string[] {
  const { bus, settings, unasked, units, yaml } = report;
  const ko = lang === 'ko';
  const said = unaskedText(unasked);
  const none = units.length === 0 ? nothingText(report)[lang] : '';
  const paste = ko
    ? '# ppuri.yaml에 붙여 넣으십시오 (devices는 machines 아래)'
    : '# to paste into ppuri.yaml (devices go under a machine)';
  return [
    settings === null ? bus : `${bus.replace(/\?.*/, '')}  ${settingText(settings)}`,
    ...(said === null ? [] : [said[lang]]),
    ...(none === '' ? [] : [none]),
    ...(units.length === 0 ? [] : tableLines(unitColumns(lang), units.slice(0, shownUnits))),
    ...(units.length > shownUnits ? [`… +${units.length - shownUnits}`] : []),
    ...remarks(report).map((text) => text[lang]),
    ...(yaml.length === 0 ? [] : ['', paste, ...yaml.slice(0, shownUnits)]),
    ...checkLines(report, ko),
  ];
}
