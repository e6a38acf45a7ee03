import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

/** Writes down how many CPUs it may use, whenever that is another number, until a file says enough. */
const asking = `
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
export async function run(context) {
  let last = 0;
  const look = () => {
    const now = context.cpusNow();
    if (now !== last) appendFileSync(context.workspace + '/heard', now + '\\n');
    last = now;
  };
  // It starts to ask when its neighbours are there.
  while (!existsSync(context.workspace + '/ask')) await new Promise((resolve) => setTimeout(resolve, 5));
  while (!existsSync(context.workspace + '/enough')) {
    look();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  writeFileSync(context.outputs.o, String(context.cpus));
}
`;

const command = (gate: string) => `cat ${gate} > /dev/null; echo {{ cpus }} > {{ outputs.o }}`;

const PIPELINE = `version: 1
stages:
  asking: { module: asking.ts, outputs: { o: out/asking }, resources: { cpus: { least: 1, most: 3 } } }
  fixed: { command: '${command('gate-fixed')}', outputs: { o: out/fixed }, resources: { cpus: 1 } }
  late: { command: '${command('gate-late')}', needs: [fixed], outputs: { o: out/late }, resources: { cpus: { least: 2, most: all } } }
`;

describe('a stage whose CPUs are a range', () => {
  it('gets what is free, more when a neighbour ends, and gives it back to one that waits', async () => {
    const workspace = makeWorkspace({ 'pipeline.yaml': PIPELINE, 'asking.ts': asking });
    workspace.makeGate('gate-fixed');
    workspace.makeGate('gate-late');
    const { result } = workspace.start(['run', '--jobs', '3']);
    const heard = () => (workspace.exists('heard') ? workspace.read('heard').trim() : '');
    const fixed = await workspace.arrival('gate-fixed');
    workspace.write('ask', '');
    await workspace.until(() => heard() === '2');
    await fixed.close();
    // The late one wants two of three: it is there when the other has heard that one is left to it.
    const late = await workspace.arrival('gate-late');
    // Between the end of one and the start of the other nobody waits.
    expect(heard()).toMatch(/^2\n(3\n)?1$/);
    await late.close();
    await workspace.until(() => heard().endsWith('3'));
    workspace.write('enough', '');
    expect(await result).toMatchObject({ code: 0, executed: 3 });
    expect(workspace.read('out/asking')).toBe('2');
    // A command is told what it has at its start.
    expect(workspace.read('out/late')).toBe('2\n');
  });

  it('has as many as there are where it is alone, also where it does not ask, and one where many wait', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  many: { command: 'cat gate-{{ i }} > /dev/null; echo {{ cpus }} > {{ outputs.o }}', matrix: { i: [1, 2, 3, 4] }, outputs: { o: "out/{{ i }}" }, resources: { cpus: { most: all } } }
`,
    });
    for (const i of [1, 2, 3, 4]) workspace.write(`gate-${i}`, '');
    expect(await workspace.run(['many/1', '--jobs', '3'])).toMatchObject({ executed: 1 });
    expect(workspace.read('out/1')).toBe('3\n');
    workspace.remove('gate-1');
    workspace.remove('gate-2');
    workspace.remove('gate-3');
    for (const i of [1, 2, 3]) workspace.makeGate(`gate-${i}`);
    const { result } = workspace.start(['run', '--jobs', '3', '--force']);
    const gates = await Promise.all([1, 2, 3].map((i) => workspace.arrival(`gate-${i}`)));
    for (const gate of gates) await gate.close();
    expect(await result).toMatchObject({ executed: 4 });
    expect([1, 2, 3].map((i) => workspace.read(`out/${i}`))).toEqual(['1\n', '1\n', '1\n']);
  });

  it('enters no fingerprint with its CPUs, and is predicted by those that it had', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  alone: { command: 'echo {{ cpus }} > {{ outputs.o }}', outputs: { o: out }, resources: { cpus: { most: all } } }
`,
    });
    expect(await workspace.run(['--jobs', '4'])).toMatchObject({ executed: 1 });
    workspace.edit('pipeline.yaml', 'most: all', 'most: 2');
    expect(await workspace.run(['--jobs', '1'])).toMatchObject({ cached: 1 });
    expect(workspace.read('out')).toBe('4\n');
    // Its only earlier run, made long enough to tell.
    const [history = ''] = workspace.list('.pipeline/cache/history');
    const line = JSON.parse(workspace.read(history)) as { cpus: number; seconds: number };
    expect(line.cpus).toBe(4);
    workspace.write(history, `\n${JSON.stringify({ ...line, seconds: 100 })}`);
    const predict = async (jobs: number) => {
      const { stdout } = await workspace.run(['--force', '--dry-run', '--jobs', `${jobs}`]);
      return stdout.split('\n').flatMap((line) => /\b\d\d:\d\d\b(?!\))/.exec(line)?.[0] ?? []);
    };
    const seconds = ['06:40', '03:20', '03:20'];
    // Of four CPUs that it took 100 seconds with, it has one, or two.
    for (const [i, jobs] of [1, 2, 8].entries()) {
      expect(new Set(await predict(jobs))).toEqual(new Set([seconds[i]]));
    }
    workspace.edit('pipeline.yaml', 'most: 2', 'most: all');
    expect(new Set(await predict(8))).toEqual(new Set(['01:40']));
  });

  it('is refused, with its place, where it is none', async () => {
    const stage = (cpus: string) =>
      `version: 1\nstages:\n  a: { command: x, outputs: { o: o }, resources: { cpus: ${cpus} } }\n`;
    const workspace = makeWorkspace({});
    const mistakeIn = async (cpus: string) => {
      workspace.write('pipeline.yaml', stage(cpus));
      const { code, stderr } = await workspace.run();
      expect(code).toBe(2);
      const [first = '', , , expected = ''] = stderr.split('\n');
      return [first.replace('pipeline.yaml:', ''), expected.trim()];
    };
    expect(await mistakeIn('{ least: 4, most: 2 }')).toEqual([
      '3:76: stage "a" asks for at least 4 CPUs and at most 2',
      'expected: a number from 4, or all',
    ]);
    expect(await mistakeIn('{ most: lots }')).toEqual([
      '3:66: stages.a.resources.cpus.most is the string "lots"',
      'expected: a whole number, or all',
    ]);
    expect(await mistakeIn('{ least: 0, most: all }')).toEqual([
      '3:67: stages.a.resources.cpus.least is the number 0',
      'expected: a number from 1',
    ]);
    expect(await mistakeIn('{ least: 2 }')).toEqual([
      '3:52: the key "most" is missing in stages.a.resources.cpus',
      'expected: stages.a.resources.cpus.most to be set',
    ]);
    expect(await mistakeIn('{ min: 2, most: all }')).toEqual([
      '3:60: unknown key "min" in stages.a.resources.cpus',
      'expected: one of least or most',
    ]);
  });
});
