import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type CiTimes, quoteCiTimes, readCiTimes, TIMED_STEPS } from '../../../bench/ci-times.ts';
import { REPOSITORY } from '../../fixtures/project.ts';
import { $ } from '../../fixtures/shell.ts';

const read = (path: string) => readFileSync(join(REPOSITORY, path), 'utf8');

it('README quotes the times that CI measured', () => {
  const times = JSON.parse(read('docs/ci-times.json')) as CiTimes;
  expect(quoteCiTimes(read('README.md'), times)).toBe(read('README.md'));
  for (const step of Object.keys(times.seconds)) expect(TIMED_STEPS).toContain(step);
});

it('CI prints its times as one line, which is found and put into words', async () => {
  // The end of .ci/run as it stands, with times of ours.
  const [, end = ''] = read('.ci/run').split('# Times, for README');
  const steps = TIMED_STEPS.map((step, i) => `"${step}": ${[12, 31, 75, 640, 1201][i]}`);
  const script = `ci_seconds='${steps.join(', ')}'\n${end.slice(end.indexOf('\n'))}`;
  const { stdout } = await $({ cwd: REPOSITORY })`bash -euo pipefail -c ${script}`;
  const times = readCiTimes(`1000 tests passed\n${stdout}done\n`);
  expect(times.commit ?? '0'.repeat(40)).toMatch(/^[0-9a-f]{40}$/);
  expect(times.machine.cores).toBeGreaterThan(0);
  const place = '<!-- times of CI -->\n<!-- end of times -->';
  expect(quoteCiTimes(`a\n${place}\nb`, { ...times, date: 'D' })).toContain(
    'cores ([D](docs/ci-times.json)): `npm ci` 12 s, `run figure1` 31 s, `run all` 1 min 15 s, `npm test` 11 min, all of CI 20 min.\n',
  );
  expect(() => readCiTimes('failed\n')).toThrow(/did it pass/);
});
