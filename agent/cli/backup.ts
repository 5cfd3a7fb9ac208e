/** `ppuri backup`: a copy of the store, with or without a running agent. */
import type { Command } from 'commander';
import { backUp } from '../store/backup.ts';
import { storePaths } from '../store/paths.ts';
import { action, type Output } from './output.ts';
import { addStoreFlags, placeOf, type StoreFlags } from './store-access.ts';
import { openStoreFile } from './store-file.ts';

const help = `
The copy is the store at one moment, checked before it gets its name; an agent goes on meanwhile.
To go back to it: stop the agent, move ppuri.db away, and copy the file to the store as ppuri.db.

--json prints {"file","bytes","records"}.

Examples:
  ppuri backup /mnt/usb/ppuri-2026-11-26.db -c ppuri.yaml
  ppuri backup ./copy.db --store /var/lib/ppuri`;

function run(output: Output, file: string, flags: StoreFlags): void {
  const { dir, lang } = placeOf(flags);
  const db = openStoreFile(storePaths(dir).database);
  try {
    const done = backUp(db, file);
    if (flags.json === true) {
      output.json(done);
      return;
    }
    const mib = (done.bytes / 2 ** 20).toFixed(1);
    output.line(
      lang === 'ko'
        ? `백업 완료: ${done.file} (기록 ${done.records}건, ${mib} MiB, 검사 통과)`
        : `backed up to ${done.file} (${done.records} records, ${mib} MiB, checked)`,
    );
  } finally {
    db.close();
  }
}

export function addBackup(program: Command): void {
  const command = program
    .command('backup')
    .description('copy the store to a file, also while an agent runs')
    .argument('<file>', 'the copy; must not exist');
  addStoreFlags(command, 'one JSON object')
    .addHelpText('after', help)
    .action(action('back up the store', run));
}
