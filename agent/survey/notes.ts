/** What buses and readings say in English, in a technician's Korean. */

type Rule = readonly [RegExp, string];

/** Of whole errors, with or without their code before them. */
const errors: readonly Rule[] = [
  [/^(?:bus-unavailable: )?unit (\d+) does not answer.*$/, '국번 $1 응답 없음'],
  [/^(?:bus-timeout: )?no matching reply within (\d+) ms$/, '$1 ms 안에 응답 없음'],
  [
    /^(?:bus-timeout: )?no matching reply within (\d+) ms[;:,] ?(.*)$/,
    '$1 ms 안에 맞는 응답 없음: $2',
  ],
  [/^bus-timeout: /, '응답 없음: '],
  [/^bus-unavailable: /, '버스를 쓸 수 없음: '],
  [/^modbus-exception: /, '예외 응답: '],
  [/^(?:modbus|line)-malformed: /, '깨진 응답: '],
];

/** Of phrases within. */
const phrases: readonly Rule[] = [
  [
    /(?:only )?more than one reply: two devices with this unit number, or another master/g,
    '응답이 둘 이상: 국번 중복이거나 다른 마스터',
  ],
  [/: only (?=\S)/g, ': '],
  [/the reply came damaged/g, '응답이 깨져서 옴'],
  [/(\d+) bytes without end/g, '끝나지 않은 $1바이트'],
  [/exception (\d+)/g, '예외 $1'],
  [/(-?[\d.e+]+) above (-?[\d.e+]+)/g, '$1: 상한 $2 넘음'],
  [/(-?[\d.e+]+) below (-?[\d.e+]+)/g, '$1: 하한 $2 미만'],
  [/sentinel (-?\d+)/g, '값 없음 표시 $1'],
  [/decimal point (\S+):/g, '소수점 위치 $1:'],
  [/\(or /g, '(또는 '],
  [/before address 0/g, '주소 0보다 앞'],
  [/not-a-number/g, '숫자가 아님'],
  [/not in the message/g, '메시지에 없음'],
  [/not heard yet/g, '아직 들은 것 없음'],
  [/\bnot read\b/g, '읽지 않음'],
  [/(\d+) ms old/g, '$1 ms 전 값'],
  [/a message of another kind came/g, '다른 형식의 메시지가 옴'],
  [/two different replies/g, '서로 다른 응답 두 개'],
  [/a frame that may be a repeated one/g, '되풀이된 것일 수 있는 프레임'],
  [/the echo of the request/g, '보낸 것의 에코'],
  [/(\d+) bytes that are no reply/g, '응답이 아닌 $1바이트'],
  [/the reply does not fit the request/g, '응답이 물은 것과 맞지 않음'],
  [/(\w+) is (\w+), not (\w+)/g, '$1이(가) $2($3 아님)'],
];

export function koreanNote(note: string): string {
  const apply = (text: string, [rule, words]: Rule): string => text.replace(rule, words);
  return phrases.reduce(apply, errors.reduce(apply, note));
}
