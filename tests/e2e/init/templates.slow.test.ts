import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { REPOSITORY, runCommand } from '../../fixtures/project.ts';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';
import { TYPESCRIPT, useTemplate } from './templates.ts';

afterAll(removeWorkspaces);

it('makes a workspace in TypeScript with a figure, which tsc accepts', async () => {
  const folder = await useTemplate(makeWorkspace({}), TYPESCRIPT);
  const tsc = join(REPOSITORY, 'node_modules/.bin/tsc');
  const { code, stdout } = await runCommand([tsc, '-p', '.'], folder);
  expect(code, stdout).toBe(0);
});

it('works as printed: from the tarball in the folder itself, and in another by the way that it names', async () => {
  const workspace = makeWorkspace({});
  const shell = async (line: string) => {
    const { code, stdout, stderr } = await runCommand(['bash', '-euc', line], workspace.path);
    expect(code, stdout + stderr).toBe(0);
    return stdout;
  };
  const pack = ['npm', 'pack', '--workspace', 'rederive', '--pack-destination', workspace.path];
  await runCommand(pack as [string, ...string[]], REPOSITORY);
  const [tarball] = readdirSync(workspace.path);
  await shell(`npm install --no-audit --no-fund ./${tarball}`);
  for (const init of ['init', 'init other -t shell', 'init python -t python']) {
    const lines = (await shell(`npx pipeline ${init}`))
      .split('\n')
      .filter((one) => /^ {2}/.test(one));
    const printed = await shell(lines.join('\n'));
    const counts = [...printed.matchAll(/^(\d+) executed, \d+ cached, 0 failed/gm)];
    expect(counts.map(([, executed]) => Number(executed) > 0)).toEqual([true, false]);
    expect(printed).toContain('[report] report.html');
  }
});
