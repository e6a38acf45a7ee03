import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const PROBE = `import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
const device = join(import.meta.dirname, 'device');
export const probe = () => {
  appendFileSync(join(import.meta.dirname, 'asked'), 'once ');
  const adapter = readFileSync(device, 'utf8').trim();
  if (adapter === 'broken') throw new Error('the bus is stuck');
  return { facts: { adapter, select: process.env['DRI_PRIME'] ?? 'any' }, files: [device], variables: ['DRI_PRIME'] };
};
`;
const stages = (machine: string) => `version: 1
params: { engine: gpu }
stages:
  plain: { command: "echo plain > {{ outputs.o }}", outputs: { o: plain } }
  train:
    command: echo {{ i }} > {{ outputs.o }}
    matrix: { i: [1, 2, 3] }
${machine}
    outputs: { o: "trained-{{ name }}" }
`;

describe('what of the machine decides results', () => {
  const workspace = makeWorkspace({
    'pipeline.yaml': stages('    machine: { module: probe.ts, when: { engine: gpu } }'),
    'probe.ts': PROBE,
    device: 'Radeon 7900, driver 23',
  });
  const asked = () => workspace.read('asked').trim().split(' ').length;

  it('is asked once, counts for the stages that name it, and is told of in words', async () => {
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 4 });
    expect(asked()).toBe(1);
    expect(await workspace.run()).toMatchObject({ executed: 0, cached: 4 });
    expect(asked()).toBe(1);
    workspace.write('device', 'Radeon 7900, driver 24');
    const why = await workspace.start(['why', 'train/2']).result;
    expect(why.stdout).toContain(
      'train/2 will run: another adapter: Radeon 7900, driver 23 → Radeon 7900, driver 24',
    );
    expect(await workspace.run()).toMatchObject({ executed: 3, cached: 1 });
    expect(asked()).toBe(2);
    // Put back, what was made on it is there again.
    workspace.write('device', 'Radeon 7900, driver 23');
    expect(await workspace.run()).toMatchObject({ executed: 0, cached: 4 });
    expect(asked()).toBe(3);
  });

  it('is asked again where a variable is another, which it names', async () => {
    const other = await workspace.start(['status', 'train/1'], { env: { DRI_PRIME: '1' } }).result;
    expect(other.stdout).toContain('another select: any → 1');
    expect(await workspace.run()).toMatchObject({ executed: 0 });
    expect(asked()).toBe(4);
  });

  it('is asked again by each command where its answer is not to be kept', async () => {
    workspace.write('probe.ts', PROBE.replace(', files:', ', isKept: false, files:'));
    expect(await workspace.run()).toMatchObject({ executed: 0, cached: 4 });
    expect(await workspace.run()).toMatchObject({ executed: 0, cached: 4 });
    expect(asked()).toBe(6);
    workspace.write('probe.ts', PROBE.replace(', files:', ', isKept: 0, files:'));
    const wrong = await workspace.start(['status', 'train/1']).result;
    expect(wrong.stdout + wrong.stderr).toContain('its probe must give isKept, true or false');
    workspace.write('probe.ts', PROBE);
  });

  it('counts for nothing where its condition does not hold', async () => {
    const unmet = ['--set', 'engine=cpu'];
    workspace.write('pipeline.yaml', stages(''));
    expect(await workspace.run()).toMatchObject({ executed: 3, cached: 1 });
    workspace.write(
      'pipeline.yaml',
      stages('    machine: [{ module: probe.ts, when: { engine: gpu } }]'),
    );
    expect(await workspace.run(unmet)).toMatchObject({ executed: 0, cached: 4 });
    expect(asked()).toBe(7);
  });

  it('fails the nodes that need it where it cannot be told', async () => {
    workspace.write('device', 'broken');
    const run = await workspace.start(['run', '--keep-going']).result;
    expect(run.code).toBe(1);
    expect(run.stdout + run.stderr).toContain(
      'probe.ts: cannot tell of this machine: the bus is stuck',
    );
    workspace.write('probe.ts', 'export const probe = () => ({ facts: { adapter: 1 } });\n');
    const wrong = await workspace.start(['status', 'train/1']).result;
    expect(wrong.stdout + wrong.stderr).toContain('its probe must give facts, texts by name');
  });

  it('is missed where it stands in pipeline.yaml', async () => {
    workspace.write('pipeline.yaml', stages('    machine: [probe.ts, prob.ts]'));
    const { code, stderr } = await workspace.start(['status']).result;
    expect(code).toBe(2);
    expect(stderr).toContain('pipeline.yaml:8:25');
    expect(stderr).toContain('prob.ts');
  });
});
