import { afterAll, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

it('a command’s libraries use as many threads as it has CPUs, unless it says otherwise', async () => {
  const print = `echo "\${OMP_NUM_THREADS-none} $MKL_NUM_THREADS" > {{ outputs.o }}`;
  const workspace = makeWorkspace({
    'pipeline.yaml': `version: 1
stages:
  one: { command: '${print}', outputs: { o: out/one } }
  three: { command: '${print}', outputs: { o: out/three }, resources: { cpus: 3 } }
  own: { command: 'export OMP_NUM_THREADS=7; ${print}', outputs: { o: out/own } }
  passed: { command: '${print}', env: [OMP_NUM_THREADS], outputs: { o: out/passed } }
  module: { module: print.ts, outputs: { o: out/module } }
`,
    'print.ts': `import { writeFileSync } from 'node:fs';
export const run = async ({ outputs }) => writeFileSync(outputs.o, String(process.env.OMP_NUM_THREADS));`,
  });
  const args = ['--jobs', '4'];
  const read = (name: string) => workspace.read(`out/${name}`).trim();
  const first = await workspace.run(args, { env: { OMP_NUM_THREADS: '5' } });
  expect(first).toMatchObject({ code: 0, executed: 5 });
  expect(['one', 'three', 'own', 'passed', 'module'].map(read)).toEqual([
    '1 1',
    '3 3',
    '7 1',
    '5 1',
    'undefined',
  ]);
  workspace.edit('pipeline.yaml', 'cpus: 3', 'cpus: 2');
  const second = await workspace.run(args);
  // Only the one that declares it: it is unset now, and stays so.
  expect(second).toMatchObject({ code: 0, executed: 1, cached: 4 });
  expect(read('passed')).toBe('none 1');
});
