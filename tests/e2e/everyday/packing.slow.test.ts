import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { REPOSITORY, runCommand } from '../../fixtures/project.ts';

const folder = mkdtempSync(join(tmpdir(), 'an empty project '));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(command: readonly [string, ...string[]], cwd = folder) {
  const { code, stdout, stderr } = await runCommand(command, cwd);
  expect([code, code === 0 ? '' : `${stdout}${stderr}`]).toEqual([0, '']);
  return stdout;
}

it('is installed from its tarball with the npm registry alone, and makes a workspace that runs', async () => {
  const name = (await run(['npm', 'pack', '--pack-destination', folder], REPOSITORY)).trim();
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const quiet = ['--no-audit', '--no-fund'];
  await run(['npm', 'install', ...quiet, `./${name.split('\n').at(-1)}`]);
  expect(await run(['npx', 'pipeline', '--help'])).toContain('Usage: pipeline');

  await run(['npx', 'pipeline', 'init', 'study']);
  const study = join(folder, 'study');
  await run(['npm', 'install', ...quiet], study);
  expect(await run(['npx', 'pipeline', 'run'], study)).toMatch(/ executed, 0 cached, 0 failed/);
  expect(existsSync(join(study, 'results'))).toBe(true);

  // The experiment itself comes with it; what trains is not installed unless asked for.
  const experiment = join(folder, 'node_modules/rethinking-generalization');
  await run(['npx', 'pipeline', 'run', 'expressivity', '-C', experiment]);
  const train = ['npx', 'pipeline', 'run', 'train/MLP1_0.0_none', '-C', experiment] as const;
  const { code, stdout } = await runCommand(train, folder);
  expect(code).toBe(1);
  expect(stdout).toMatch(/onnxruntime-node.*run "npm install --ignore-scripts onnxruntime-node@/);
});
