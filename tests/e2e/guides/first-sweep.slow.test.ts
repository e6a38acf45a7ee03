import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { changeFile, readGuide } from '../../fixtures/guide.ts';
import { REPOSITORY, runCommand } from '../../fixtures/project.ts';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

it('goes from the tarball to a compared sweep, with the commands and the output of docs/first-sweep.md', async () => {
  const outer = makeWorkspace({});
  const study = join(outer.path, 'study');
  await runCommand(
    ['npm', 'pack', '--workspace', 'rederive', '--pack-destination', outer.path],
    REPOSITORY,
  );
  const steps = readGuide(readFileSync(join(REPOSITORY, 'docs/first-sweep.md'), 'utf8'));
  expect(steps.map(({ kind }) => kind)).toEqual([
    'commands',
    'commands',
    'commands',
    'edit',
    'commands',
  ]);
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
});
