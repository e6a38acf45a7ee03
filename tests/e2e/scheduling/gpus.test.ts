import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

/** Each stage waits at a gate of its own, so that all that may run at once do. */
const command = (gate: string) =>
  `cat ${gate} > /dev/null; echo "[$CUDA_VISIBLE_DEVICES]" > {{ outputs.o }}`;

describe('GPUs', () => {
  const workspace = makeWorkspace({
    'pipeline.yaml': `version: 1
params: { device: cuda, fast: [cuda, rocm] }
stages:
  one: { command: '${command('gate-{{ i }}')}', matrix: { i: [1, 2, 3] }, outputs: { o: "out/{{ i }}" }, resources: { gpus: 1 } }
  two: { command: '${command('gate-two')}', outputs: { o: out/two }, resources: { gpus: 2 } }
  none: { command: 'echo "[$CUDA_VISIBLE_DEVICES]" > {{ outputs.o }}', outputs: { o: out/none } }
  maybe: { command: 'echo "[$CUDA_VISIBLE_DEVICES]" > {{ outputs.o }}', outputs: { o: out/maybe }, resources: { gpus: [{ count: 2, when: { device: { param: fast } } }, { count: 1, when: { device: any } }] } }
`,
  });
  const env = { CUDA_VISIBLE_DEVICES: '4,7,GPU-ab' };

  it('are each one stage’s at a time, of those that the user sees', async () => {
    for (const gate of ['gate-1', 'gate-2', 'gate-3']) workspace.makeGate(gate);
    const { result } = workspace.start(['run', 'one', '--jobs', '8'], { env });
    const gates = await Promise.all([1, 2, 3].map((i) => workspace.arrival(`gate-${i}`)));
    // All three are running now.
    for (const gate of gates) await gate.close();
    expect(await result).toMatchObject({ code: 0, executed: 3 });
    const seen = [1, 2, 3].map((i) => workspace.read(`out/${i}`).trim());
    expect(seen.sort()).toEqual(['[4]', '[7]', '[GPU-ab]']);
  });

  it('are given by --gpus, and a stage that asks for none sees none', async () => {
    workspace.write('gate-two', '');
    const args = ['two', 'none', '--gpus', '5,6'];
    expect(await workspace.run(args, { env })).toMatchObject({ code: 0, executed: 2 });
    expect(workspace.read('out/two')).toBe('[5,6]\n');
    expect(workspace.read('out/none')).toBe('[]\n');
  });

  it('do not enter the fingerprint, neither their number nor their ids', async () => {
    workspace.edit('pipeline.yaml', 'resources: { gpus: 2 }', 'resources: { gpus: 3 }');
    expect(await workspace.run(['two'], { env })).toMatchObject({ code: 0, cached: 1 });
    // A result from the cache needs no GPU.
    expect(await workspace.run(['two', '--gpus', 'none'])).toMatchObject({ code: 0, cached: 1 });
  });

  it('may depend on parameters', async () => {
    const asked = await workspace.run(['maybe', '--gpus', '0']);
    expect(asked.code).toBe(2);
    expect(asked.stderr).toContain('stage "maybe" needs 2 GPUs, and this run may use 1');
    expect((await workspace.run(['maybe', '--gpus', '0', '--set', 'device=cpu'])).code).toBe(0);
    expect(workspace.read('out/maybe')).toBe('[]\n');
    const any = ['maybe', '--force', '--gpus', '0,3', '--set', 'device=any'];
    expect((await workspace.run(any)).code).toBe(0);
    expect(workspace.read('out/maybe')).toBe('[0]\n');
    expect((await workspace.run(['maybe', '--force', '--gpus', '0,3'])).code).toBe(0);
    expect(workspace.read('out/maybe')).toBe('[0,3]\n');
  });
});
