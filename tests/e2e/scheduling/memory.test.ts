import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const MEMORY = `
        - { amount: 1.5GB, when: { model: [big, huge], net.width: 1 } }
        - { amount: 800MB, when: { model: { param: middle } } }
        - 200MB`;

describe('memory that depends on the node', () => {
  const workspace = makeWorkspace({
    'pipeline.yaml': `version: 1
params: { net: { width: 1 }, middle: mid }
stages:
  train:
    matrix: { model: [big, mid, small], include: [{ model: huge }] }
    module: train.js
    outputs: { o: "out/{{ model }}" }
    resources:
      memory: ${MEMORY}
`,
    'train.js': `import { writeFile } from 'node:fs/promises';
export const run = ({ memory, outputs }) => writeFile(outputs.o, String(memory));
`,
  });
  const read = () => ['big', 'mid', 'small', 'huge'].map((name) => workspace.read(`out/${name}`));

  it('is that of the first case whose axes and parameters fit, and enters no fingerprint', async () => {
    expect(await workspace.run([])).toMatchObject({ code: 0, executed: 4 });
    expect(read()).toEqual(['1500000000', '800000000', '200000000', '1500000000']);
    workspace.edit('pipeline.yaml', '- 200MB', '- 300MB');
    expect(await workspace.run(['--set', 'net.width=2'])).toMatchObject({ code: 0, executed: 0 });
    // Unpacked from the memo of the graph.
    const forced = await workspace.run(['--set', 'net.width=2', '--force']);
    expect(forced).toMatchObject({ code: 0, executed: 4 });
    expect(read()).toEqual(['300000000', '800000000', '300000000', '300000000']);
  });

  it('names what there is, and nothing behind what holds for all', async () => {
    workspace.edit('pipeline.yaml', 'model: [big, huge], net.width: 1', 'modell: big');
    workspace.edit('pipeline.yaml', '{ param: middle }', 'middling');
    workspace.edit(
      'pipeline.yaml',
      '- 300MB',
      '- 300MB\n        - { amount: 1GB, when: { net.width: wide, net: 1 } }',
    );
    const { code, stderr } = await workspace.run([]);
    expect(code).toBe(2);
    expect(stderr).toContain('pipeline.yaml:10:36: unknown axis or parameter "modell"');
    expect(stderr).toContain('model');
    expect(stderr).toContain('the axis "model" never is "middling"');
    expect(stderr).toContain('the parameter "net.width" never is "wide"');
    expect(stderr).toContain(
      'pipeline.yaml:12:11: stage "train" has memory for all nodes before the end',
    );
  });
});
