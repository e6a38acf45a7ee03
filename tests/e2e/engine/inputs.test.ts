import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

describe('an input that is read as parameters', () => {
  const workspace = makeWorkspace({
    'pipeline.yaml': `version: 1
params: { rate: 0.1 }
stages:
  config: { template: config.njk, outputs: { o: config.yaml } }
  train:
    module: train.ts
    inputs: { config: { from: config, output: o, as: params } }
    outputs: { o: trained }
`,
    'config.njk': '# by hand\nrate: {{ rate }}\nlayers: [1, 2]\n',
    'train.ts':
      "import { writeFileSync } from 'node:fs';\nexport const run = (c) => writeFileSync(c.outputs.o, JSON.stringify([c.params, Object.keys(c.inputs)]));\n",
  });

  it('reaches the stage as values, and counts by its values alone', async () => {
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 2 });
    expect(JSON.parse(workspace.read('trained'))[0]).toEqual({
      config: { rate: 0.1, layers: [1, 2] },
    });
    workspace.write('config.njk', 'layers:\n  - 1\n  - 2\nrate: {{ rate }} # as the paper\n');
    expect(await workspace.run()).toMatchObject({ executed: 1, cached: 1 });
    expect(await workspace.run(['--set', 'rate=0.2'])).toMatchObject({ executed: 2 });
    expect(JSON.parse(workspace.read('trained'))[0]).toEqual({
      config: { rate: 0.2, layers: [1, 2] },
    });
  });

  it('fails the stage that reads it where it is no mapping', async () => {
    workspace.write('config.njk', '- {{ rate }}\n');
    const { code, stdout } = await workspace.run();
    expect(code).toBe(1);
    expect(stdout).toContain(
      'config.yaml:1:1: config.yaml is read as parameters but is not a YAML mapping',
    );
  });
});

describe('an input without content', () => {
  const workspace = makeWorkspace({
    'pipeline.yaml':
      'version: 1\nstages:\n  a:\n    command: ls {{ inputs.folder }} > {{ outputs.o }}\n    inputs: { folder: folder }\n    outputs: { o: listing }\n',
    'folder/a': 'a',
  });

  it.each([
    ['a broken link', 'link', (path: string) => symlinkSync('nowhere', path)],
    ['a pipe', 'fifo', (path: string) => execFileSync('mkfifo', [path])],
  ])('such as %s is named, with the place of the input', async (_, name, make) => {
    make(join(workspace.path, 'folder', name));
    const status = await workspace.start(['status']).result;
    expect(status).toMatchObject({ code: 2 });
    expect(status.stderr).toMatch(/^pipeline\.yaml:5:23: the input "folder" of a has no content/);
    expect(status.stderr).toContain(`folder/${name}`);
    const run = await workspace.run();
    expect(run).toMatchObject({ code: 1, stderr: '', failed: 1 });
    workspace.remove(`folder/${name}`);
    expect(await workspace.run(['--force'])).toMatchObject({ code: 0, executed: 1 });
  });
});
