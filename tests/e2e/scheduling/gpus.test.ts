import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

/** Each stage waits at a gate of its own, so that all that may run at once do. */
const command = (gate: string, more = '') =>
  `cat ${gate} > /dev/null; echo "[$CUDA_VISIBLE_DEVICES]"${more} > {{ outputs.o }}`;

describe('GPUs', () => {
  const workspace = makeWorkspace({
    'pipeline.yaml': `version: 1
params: { device: cuda, fast: [cuda, rocm] }
stages:
  one: { command: '${command('gate-{{ i }}')}', matrix: { i: [1, 2, 3] }, outputs: { o: "out/{{ i }}" }, resources: { gpus: 1 } }
  half: { command: '${command('gate-{{ i }}', '{{ gpus }}')}', matrix: { i: [1, 2, 3] }, outputs: { o: "out/half-{{ i }}" }, resources: { gpus: 0.5 } }
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

  it('are shared by nodes that ask for a part of one, and whole where they ask for whole ones', async () => {
    const gates = ['gate-1', 'gate-2', 'gate-3'];
    workspace.makeGate('gate-two');
    const { result } = workspace.start(['run', 'half', 'two', '--jobs', '8'], { env });
    const [first, second, third] = await Promise.all(gates.map((one) => workspace.arrival(one)));
    // On two of three GPUs, which is too few for who wants two. It goes where nothing is taken any more.
    await third?.close();
    await (await workspace.arrival('gate-two')).close();
    await first?.close();
    await second?.close();
    const end = await result;
    workspace.remove('gate-two');
    expect(end).toMatchObject({ code: 0, executed: 4 });
    const seen = [1, 2, 3].map((i) => workspace.read(`out/half-${i}`).trim());
    expect(seen).toEqual(['[4]1', '[4]1', '[7]1']);
    expect(workspace.read('out/two')).toBe('[7,GPU-ab]\n');
  });

  it('are given by --gpus, and a stage that asks for none sees none', async () => {
    workspace.write('gate-two', '');
    const args = ['two', 'none', '--force', '--gpus', '5,6'];
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

  it('are asked for whole, or as a part of one, and never more than there are', async () => {
    const stage = (gpus: string) =>
      `{ command: x, outputs: { o: "o-{{ name }}" }, resources: { gpus: ${gpus} } }`;
    const faulty = makeWorkspace({
      'pipeline.yaml': `version: 1
params: { x: 1 }
stages:
  more: ${stage('1.5')}
  less: ${stage('-0.5')}
  tiny: ${stage('0.005')}
  full: ${stage('0.999999')}
  none: ${stage('[{ count: 0, when: { x: 1 } }]')}
`,
    });
    const { code, stderr } = await faulty.run(['--gpus', 'none']);
    expect(code).toBe(2);
    const part = 'or the part of one GPU that it shares with others, from 0.01 to 0.99: 0.5';
    const told = stderr.split('\n').filter((line) => /^(pipeline| {2}expected| {2}fix)/.test(line));
    expect(told).toEqual([
      'pipeline.yaml:4:74: stages.more.resources.gpus is the number 1.5',
      `  expected: a whole number, ${part}`,
      '  fix: write 2: of more than one, GPUs are had whole',
      'pipeline.yaml:5:74: stages.less.resources.gpus is the number -0.5',
      `  expected: a whole number, ${part}`,
      'pipeline.yaml:6:74: stages.tiny.resources.gpus is the number 0.005',
      `  expected: a whole number, ${part}`,
      'pipeline.yaml:7:74: stages.full.resources.gpus is the number 0.999999',
      `  expected: a whole number, ${part}`,
      '  fix: write 1',
      'pipeline.yaml:8:84: stages.none.resources.gpus.0.count is the number 0',
      `  expected: a whole number from 1, ${part}`,
    ]);
    faulty.write('pipeline.yaml', `version: 1\nstages:\n  half: ${stage('0.5')}\n`);
    const shortage = await faulty.run(['--gpus', 'none']);
    expect(shortage.code).toBe(2);
    expect(shortage.stderr).toContain(
      'pipeline.yaml:3:74: stage "half" needs 0.5 of a GPU, and this run may use 0',
    );
    const { stdout } = await faulty.start(['plan', '--gpus', 'none']).result;
    expect(stdout).toContain('this machine has too few GPUs for half');
  });
});
