#!/usr/bin/env node
/** What `ppuri` starts: first the check that must come before any addon, then the program. */
import './node-check.js';

import('./main.ts').catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
