/** Every cause that `ppuri probe` can name, in words for technicians. A test shows each by a device. */
import type { Text } from '../records.ts';

interface Cause {
  /** What is the matter. */
  readonly text: Text;
  /** What to do about it. */
  readonly action: Text;
}

export const causes = {
  'port-missing': {
    text: { ko: '시리얼 포트가 없습니다', en: 'there is no such serial port' },
    action: {
      ko: '어댑터가 꽂혀 있는지 보고, ls -l /dev/serial/by-id 에 나오는 이름을 path에 쓰십시오',
      en: 'see that the adapter is plugged in; put a name that ls -l /dev/serial/by-id shows into path',
    },
  },
  'port-forbidden': {
    text: { ko: '포트를 열 권한이 없습니다', en: 'this user may not open the port' },
    action: {
      ko: 'sudo usermod -aG dialout 사용자 를 실행한 뒤 다시 로그인하십시오',
      en: 'run sudo usermod -aG dialout USER, then log in again',
    },
  },
  'port-in-use': {
    text: { ko: '다른 프로그램이 포트를 쓰고 있습니다', en: 'another program has the port open' },
    action: {
      ko: 'fuser -v 포트 로 어느 프로그램인지 보고 끝내십시오. ppuri 에이전트면 systemctl stop ppuri',
      en: 'fuser -v PORT shows which; end it. If it is the ppuri agent: systemctl stop ppuri',
    },
  },
  'host-unknown': {
    text: { ko: '호스트 이름을 찾을 수 없습니다', en: 'the host name is not known' },
    action: { ko: '이름 대신 IP 주소를 쓰십시오', en: 'write the IP address instead of the name' },
  },
  'wrong-host': {
    text: { ko: '그 주소에서 아무 응답이 없습니다', en: 'nothing answers at that address' },
    action: {
      ko: 'IP 주소, 전원, 랜선, 게이트웨이와 같은 대역인지, 방화벽을 확인하십시오',
      en: 'check the IP address, power, cable, that the gateway is in the same subnet, and firewalls',
    },
  },
  'port-refused': {
    text: {
      ko: '장비는 있으나 그 TCP 포트가 닫혀 있습니다',
      en: 'the host is there, but that TCP port is closed',
    },
    action: {
      ko: '포트 번호(보통 502)와 장비의 Modbus 서버 설정을 확인하십시오. 연결 수 제한으로 거절하는 장비도 있습니다',
      en: 'check the port (usually 502) and that the device’s Modbus server is on; some refuse when all connections are taken',
    },
  },
  'connection-limit': {
    text: {
      ko: '연결되자마자 끊깁니다. 허용된 연결 수를 다 쓴 것 같습니다',
      en: 'it accepts and closes at once: most likely all its connections are taken',
    },
    action: {
      ko: 'HMI, SCADA, 실행 중인 에이전트처럼 같은 장비에 붙은 프로그램을 하나 끊고 다시 해 보십시오',
      en: 'end another program on this device (HMI, SCADA, a running agent) and try again',
    },
  },
  'baud-rate': {
    text: { ko: '통신 속도가 다릅니다', en: 'the baud rate is another one' },
    action: {
      ko: '장비의 통신 속도에 맞춰 baudRate를 고치십시오',
      en: 'set baudRate to that of the devices',
    },
  },
  parity: {
    text: {
      ko: '패리티, 정지 비트 또는 데이터 비트가 다릅니다',
      en: 'parity, stop bits or data bits are others',
    },
    action: {
      ko: '장비의 설정에 맞춰 parity와 stopBits를 고치십시오. Modbus RTU는 8 데이터 비트입니다',
      en: 'set parity and stopBits to those of the devices; Modbus RTU has 8 data bits',
    },
  },
  'line-silent': {
    text: { ko: '회선에서 아무 장비도 응답하지 않습니다', en: 'no device on this line answers' },
    action: {
      ko: '전원, A/B(+/−) 극성, 공통 접지를 확인하고, 통신 속도와 패리티를 찾으려면 --try-settings를 붙이십시오',
      en: 'check power, A/B (+/−) polarity and common ground; --try-settings looks for baud rate and parity',
    },
  },
  echo: {
    text: {
      ko: '보낸 것이 그대로 되돌아오고 응답은 없습니다',
      en: 'only our own request comes back',
    },
    action: {
      ko: '2선식 어댑터면 버스에 echo: cancel을 쓰고, 아니면 TX와 RX가 묶였는지 보십시오. 장비 응답이 없는 원인은 따로 찾아야 합니다',
      en: 'with a two-wire adapter set echo: cancel; otherwise see whether TX and RX are joined. That no device answers has another cause still',
    },
  },
  'not-modbus': {
    text: {
      ko: '이 회선의 장비는 Modbus가 아니라 문자로 말합니다',
      en: 'what speaks on this line is text, not Modbus',
    },
    action: {
      ko: '버스를 type: serial-line 으로 하고 저울, 바코드 등 문자 기기용 프로파일을 쓰십시오',
      en: 'make the bus a serial-line, with a profile for an instrument that speaks text',
    },
  },
  'wrong-framing': {
    text: {
      ko: '버스 종류(프레임 형식)가 다릅니다',
      en: 'the device speaks the other framing of Modbus',
    },
    action: {
      ko: '버스의 type을 고치십시오. modbus-tcp는 Modbus TCP 장비·게이트웨이, modbus-rtu-tcp는 RTU를 그대로 넘기는 변환기입니다',
      en: 'correct `type` of the bus: modbus-tcp for devices and gateways of Modbus TCP, modbus-rtu-tcp for converters that pass RTU on',
    },
  },
  'misfit-reply': {
    text: {
      ko: '응답이 오지만 물은 것과 맞지 않습니다',
      en: 'replies come, but they do not fit what was asked',
    },
    action: {
      ko: '장비나 변환기가 Modbus 규격대로 답하지 않습니다. 변환기 모드와 펌웨어를 확인하십시오. ppuri는 이런 값을 쓰지 않습니다',
      en: 'the device or converter does not keep to Modbus: check the converter’s mode and the firmware; ppuri takes no such value',
    },
  },
  'wrong-message': {
    text: {
      ko: '문자는 오지만 프로파일의 형식과 다릅니다',
      en: 'text comes, but not as the profile says',
    },
    action: {
      ko: '기기의 출력 형식, 번호, 체크섬(SUM), 데이터 비트·패리티를 프로파일과 맞추십시오',
      en: 'match the instrument’s output format, number, checksum (SUM), data bits and parity with the profile',
    },
  },
  'other-master': {
    text: {
      ko: '같은 회선에서 다른 마스터가 통신하고 있습니다',
      en: 'another master talks on this line',
    },
    action: {
      ko: 'HMI, PLC, 다른 수집기를 끊거나 게이트웨이를 따로 연결하십시오. RTU 회선의 마스터는 하나여야 합니다',
      en: 'disconnect the HMI, PLC or collector, or wire the gateway apart: an RTU line has one master',
    },
  },
  'wrong-unit': {
    text: { ko: '국번이 다릅니다', en: 'the device has another unit number' },
    action: { ko: '설정의 unit 을 고치십시오', en: 'correct unit in the configuration' },
  },
  'dead-unit': {
    text: {
      ko: '이 국번만 응답하지 않습니다',
      en: 'this unit does not answer, while the bus works',
    },
    action: {
      ko: '장비 전원, 통신선, 장비에 설정된 국번을 확인하십시오',
      en: 'check the device’s power, its wire, and the unit number set on it',
    },
  },
  'gateway-target': {
    text: {
      ko: '변환기는 응답하지만 그 뒤의 장비에 닿지 못합니다',
      en: 'the gateway answers, but does not reach the device behind it',
    },
    action: {
      ko: '국번과 변환기의 통신 속도·패리티, RS-485 배선을 확인하십시오',
      en: 'check the unit number, the gateway’s baud rate and parity, and its RS-485 wiring',
    },
  },
  'slow-device': {
    text: {
      ko: '응답이 제한 시간보다 늦습니다',
      en: 'it answers later than the time-out allows',
    },
    action: { ko: '버스의 timeoutMs를 늘리십시오', en: 'raise timeoutMs of the bus' },
  },
  'duplicate-unit': {
    text: {
      ko: '두 장비의 국번이 같은 것 같습니다',
      en: 'two devices seem to have this unit number',
    },
    action: {
      ko: '이 국번의 장비를 하나씩 끄고 다시 확인한 뒤 하나의 국번을 바꾸십시오',
      en: 'switch off the devices of this number one at a time, probe again, and renumber one of them',
    },
  },
  termination: {
    text: {
      ko: '회선 품질이 나쁩니다. 종단 저항이나 차폐 문제일 수 있습니다',
      en: 'the line damages frames: termination or shielding, most likely',
    },
    action: {
      ko: '회선 양 끝에만 120 Ω을 달고, 차폐는 한쪽만 접지하고, 분기선을 짧게 하십시오. 통신 속도를 낮추는 것도 방법입니다',
      en: 'fit 120 Ω at both ends of the line and nowhere else, earth the shield at one end, keep stubs short; a lower baud rate helps too',
    },
  },
  'wrong-table': {
    text: {
      ko: '레지스터 종류(기능 코드)가 다릅니다',
      en: 'the register is in another table (function code)',
    },
    action: { ko: '프로파일의 at을 고치십시오', en: 'correct `at` in the profile' },
  },
  'address-off-by-one': {
    text: { ko: '주소가 하나 어긋났습니다', en: 'the address is off by one' },
    action: {
      ko: '주소는 0부터 셉니다. 설명서의 40001은 holding 0입니다. 프로파일의 at을 고치십시오',
      en: 'addresses count from 0: a manual’s 40001 is holding 0. Correct `at` in the profile',
    },
  },
  'word-order': {
    text: { ko: '워드 순서가 다릅니다', en: 'the word order is another one' },
    action: { ko: '프로파일의 order를 고치십시오', en: 'correct `order` in the profile' },
  },
  'no-such-register': {
    text: {
      ko: '장비에 그 레지스터가 없습니다',
      en: 'the device has no such register',
    },
    action: {
      ko: '설명서의 주소와 이 모델·펌웨어에 있는 항목인지 확인하십시오',
      en: 'see the manual for the address, and whether this model and firmware have it',
    },
  },
  'device-busy': {
    text: { ko: '장비가 바쁘다고 답합니다', en: 'the device says that it is busy' },
    action: {
      ko: '덜 자주 읽거나 프로파일의 minRequestGapMs를 늘리십시오',
      en: 'read it less often, or raise minRequestGapMs in the profile',
    },
  },
  'sensor-fault': {
    text: {
      ko: '장비가 센서 이상 또는 값 없음을 알립니다',
      en: 'the device reports a broken sensor or no value',
    },
    action: {
      ko: '통신은 정상입니다. 센서 단선, 단자, 센서 종류 설정을 확인하십시오',
      en: 'communication is fine: check the sensor, its terminals and the sensor type that is set',
    },
  },
  'odd-value': {
    text: {
      ko: '읽히지만 범위를 벗어난 값입니다',
      en: 'it reads, but the value cannot be right',
    },
    action: {
      ko: '주소, 형식(type), 배율(scale)을 설명서와 견주고 ppuri read 로 모든 해석을 보십시오',
      en: 'compare address, type and scale with the manual; ppuri read shows every interpretation',
    },
  },
} as const satisfies Record<string, Cause>;

export type CauseId = keyof typeof causes;

/** One cause found, with what it was concluded from. */
export interface Diagnosis {
  readonly cause: CauseId;
  readonly bus: string;
  /** null: the whole bus. */
  readonly machine: string | null;
  readonly device: string | null;
  readonly unit: number | null;
  /** Signals it explains; empty: all of the device or bus. */
  readonly signals: readonly string[];
  readonly evidence: Text;
  /** The setting that works, as it is to be written: `order: CDAB`. */
  readonly remedy: string | null;
}
