import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { changeFile, type GuideStep, readGuide } from '../../fixtures/guide.ts';
import { REPOSITORY, runCommand } from '../../fixtures/project.ts';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

/** Does what a page says, from an empty folder beside the tarball on; the first step makes the folder `study`. */
async function follow(steps: readonly GuideStep[]): Promise<void> {
  const outer = makeWorkspace({});
  const study = join(outer.path, 'study');
  await runCommand(
    ['npm', 'pack', '--workspace', 'rederive', '--pack-destination', outer.path],
    REPOSITORY,
  );
  for (const [i, step] of steps.entries()) {
    if (step.kind !== 'commands') {
      changeFile(study, step);
      continue;
    }
    const folder = i === 0 ? outer.path : study;
    const { code, stdout, stderr } = await runCommand(['bash', '-euc', step.text], folder);
    expect(code, stdout + stderr).toBe(0);
    for (const line of step.printed) expect(stdout).toContain(line);
  }
}

const readPage = (path: string) => readFileSync(join(REPOSITORY, path), 'utf8');

it('goes from the tarball to a compared sweep, with the commands and the output of docs/first-sweep.md', async () => {
  const steps = readGuide(readPage('docs/first-sweep.md'));
  expect(steps.map(({ kind }) => kind)).toEqual([
    'commands',
    'commands',
    'commands',
    'edit',
    'commands',
  ]);
  await follow(steps);
});

it('reruns what an edit of Python code touches, with the commands and the output of docs/python.md', async () => {
  const [, session = ''] = /^## A session\n(.*?)^## /ms.exec(readPage('docs/python.md')) ?? [];
  const steps = readGuide(session);
  expect(steps.map(({ kind }) => kind)).toEqual([
    'commands',
    ...Array(6).fill('file'),
    'commands',
    'edit',
    'commands',
    'edit',
    'commands',
    'commands',
  ]);
  await follow(steps);
});
