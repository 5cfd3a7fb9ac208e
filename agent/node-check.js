/**
 * Says what to do, in Korean and English, and exits 3 when this Node cannot run ppuri: an addon on
 * too old a Node ends the process without a word. Plain JavaScript that Node 12 can parse; import
 * it, or run it, before anything else.
 */
import fs from 'node:fs';

const RUN_WITH = './node_modules/.bin/node agent/ppuri.js';

/** What is missing, or null. Addons want N-API 10 (22.14); type stripping needs no flag from 22.18. */
function problem() {
  if (Number(process.versions.napi) < 10)
    return { ko: 'Node 22.14 이상이 필요합니다', en: 'ppuri needs Node 22.14 or newer' };
  if (!process.features.typescript)
    return {
      ko: '이 Node는 TypeScript를 바로 실행하지 못합니다 (22.18 이상, 또는 --experimental-strip-types)',
      en: 'this Node does not run TypeScript by itself (use 22.18 or newer, or --experimental-strip-types)',
    };
  return null;
}

/** Whether the Node that belongs to ppuri is where the steps below expect it. */
function installed() {
  return fs.existsSync(new URL('../node_modules/.bin/node', import.meta.url));
}

function resolvable() {
  try {
    return Boolean(import.meta.resolve('commander'));
  } catch (error) {
    if (error.code === 'ERR_MODULE_NOT_FOUND') return false;
    throw error;
  }
}

function refuse(lines) {
  fs.writeSync(2, `${lines.join('\n')}\n`);
  process.exit(3);
}

const found = problem();
if (found !== null) {
  const steps = installed() ? [] : ['  npm ci'];
  refuse([
    `ppuri: ${found.ko}. 지금은 ${process.version} (${process.execPath}) 입니다.`,
    `ppuri: ${found.en}. This is ${process.version} (${process.execPath}).`,
    '함께 설치되는 Node 26으로 실행하세요 / run it on the Node 26 that is installed with it:',
    ...steps,
    '  npm start',
    `  npm run ppuri -- <command>      or      ${RUN_WITH} <command>`,
  ]);
}
if (!resolvable()) {
  refuse([
    'ppuri: 패키지가 설치되어 있지 않습니다. 먼저 실행하세요: npm ci',
    'ppuri: its packages are not installed. Run first: npm ci',
  ]);
}
