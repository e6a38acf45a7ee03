/**
 * Notes the times of CI: `npx tsx bench/note-ci-times.ts ci.log`, where ci.log is what `.ci/run` printed.
 * Writes docs/ci-times.json and the sentence of README that quotes it.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { quoteCiTimes, readCiTimes } from './ci-times.ts';

const [, , log] = process.argv;
if (log === undefined) {
  process.stderr.write('usage: npx tsx bench/note-ci-times.ts <file with the output of .ci/run>\n');
  process.exitCode = 2;
} else {
  const times = readCiTimes(readFileSync(log, 'utf8'));
  writeFileSync('docs/ci-times.json', `${JSON.stringify(times, null, 2)}\n`);
  writeFileSync('README.md', quoteCiTimes(readFileSync('README.md', 'utf8'), times));
}
