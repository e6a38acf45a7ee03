import { afterAll, describe, expect, it } from 'vitest';
import { removeWorkspaces } from '../../fixtures/workspace.ts';
import { setAll, workspaceOf } from './small-workspace.ts';

afterAll(removeWorkspaces);

describe('exclude and where', () => {
  const stages = `  a:
    command: echo {{ k }} > {{ outputs.o }}
    matrix: { k: [1, 2], m: { param: models } EXCLUDE }
    outputs: { o: "{{ name }}.txt" }
  b:
    command: cat {{ inputs.i }} > {{ outputs.o }}
    inputs: { i: { from: a, output: o, where: WHERE } }
    outputs: { o: b.txt }`;
  const fill = (exclude: string, where: string) =>
    stages
      .replace(' EXCLUDE', exclude === '' ? '' : `, exclude: ${exclude}`)
      .replace('WHERE', where);
  const params = '{ models: [X, Y], rest: [] }';

  it('that filter nothing are mistakes, with what was meant', async () => {
    const workspace = workspaceOf(params, fill('[{ k: "1" }, { m: Z1 }]', '[{ k: [1, 9] }]'));
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    expect(stderr.split('\n').filter((line) => /^\S+:\d+:\d+: /.test(line))).toEqual([
      'pipeline.yaml:6:63: the axis "k" never is "1"',
      'pipeline.yaml:6:75: the axis "m" never is "Z1"',
      'pipeline.yaml:10:57: the axis "k" never is 9',
    ]);
    expect(stderr).toContain('fix: write 1 without quotes');
  });

  it('of cells that are not there, though each value is, are mistakes', async () => {
    const workspace = workspaceOf(params, fill('[{ m: Y, k: 1 }]', '[{ m: X }, { m: Y, k: [1] }]'));
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    expect(stderr).toContain('pipeline.yaml:10:58: no cell of a has m "Y" and k 1');
    expect(stderr).toContain('1 mistake found');
    workspace.edit('pipeline.yaml', 'k: [1] }', 'k: [1, 2] }');
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 4 });
    expect(workspace.read('b.txt')).toBe('1\n2\n2\n');
  });

  it('may name what is there in another profile, or is with other settings', async () => {
    const workspace = workspaceOf(
      params,
      fill('[{ m: Y, k: 1 }]', '[{ m: X }, { m: Y }, { k: 2 }]'),
    );
    expect(await workspace.run(setAll('models=[X]'))).toMatchObject({ code: 0, executed: 3 });
    const { stderr } = await workspace.run(setAll('models=[]'));
    expect(stderr).toContain('--set models: stage "a" has no cell: the parameter "models" is an');
    expect(stderr).toContain('1 mistake found');
  });

  it('by values of another kind are mistakes, also where a parameter or a shared axis has them', async () => {
    const workspace = workspaceOf(
      '{ best: "1", skip: ["2"], none: "" }',
      `  a:
    command: echo {{ k }} > {{ outputs.o }}
    matrix: { k: [1, 2], exclude: [{ k: { param: skip } }, { k: { param: none } }] }
    outputs: { o: "{{ name }}.txt" }
  b:
    command: cat {{ inputs.i }} > {{ outputs.o }}
    inputs: { i: { from: a, output: o, where: [{ k: { param: best } }] } }
    outputs: { o: b.txt }
  c:
    command: cat {{ inputs.i }} > {{ outputs.o }}
    matrix: { k: ["1", "2"] }
    inputs: { i: { from: a, output: o } }
    outputs: { o: "c/{{ name }}.txt" }`,
    );
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    expect(stderr.split('\n').filter((line) => /^\S+:\d+:\d+: /.test(line))).toEqual([
      'pipeline.yaml:2:17: the axis "k", which "best" filters, never is "1"',
      'pipeline.yaml:2:28: the axis "k", which "skip" filters, never is "2"',
      'pipeline.yaml:15:15: no cell of a matches the input "i" of c/1',
    ]);
    expect(stderr).toContain('fix: "k" is "1" here and 1 there: write both');
  });

  it('may find an axis of an included cell emptied', async () => {
    const workspace = workspaceOf(
      '{ extra: [B] }',
      `  a:
    command: echo {{ m }} > {{ outputs.o }}
    matrix: { m: [A], include: [{ m: { param: extra } }] }
    outputs: { o: "{{ name }}.txt" }
  b:
    command: cat {{ inputs.i }} > {{ outputs.o }}
    inputs: { i: { from: a, output: o, where: [{ m: A }, { m: { param: extra } }] } }
    outputs: { o: b.txt }`,
    );
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 3 });
    expect(await workspace.run(setAll('extra=[]'))).toMatchObject({ code: 0 });
    expect(workspace.read('b.txt')).toBe('A\n');
  });
});

describe('a matrix', () => {
  it('that cannot be made as it is written is told of with what is wrong in it', async () => {
    const workspace = workspaceOf(
      `{ n: [${Array.from({ length: 300 }, (_, i) => i).join(', ')}] }`,
      [
        '{ a: { param: n }, b: { param: n }, c: { param: n } }',
        '{ c: [1, 2], include: [{ c: 1, lr: 5 }] }',
        '{ c: [1, 2], d: [x], include: [{ c: 1 }] }',
        '{ color: [1, 2], include: [{ colour: 1 }] }',
        '{ c: [a, a_b], d: [b_c, c] }',
        '{ c: [1, "1"] }',
      ]
        .map(
          (matrix, i) =>
            `  s${i}: { command: "echo > {{ outputs.o }}", outputs: { o: "s${i}/{{ name }}" }, matrix: ${matrix} }`,
        )
        .join('\n'),
    );
    const { code, stderr } = await workspace.run();
    expect(code).toBe(2);
    for (const message of [
      'the matrix of stage "s0" has 27000000 cells, before exclude: a (300) × b (300) × c (300)',
      'pipeline.yaml:5:108: this cell has an axis that the matrix does not have, "lr"',
      'pipeline.yaml:6:116: this cell has no value for the axis "d"',
      'axis that the matrix does not have, "colour"\n',
      'fix: did you mean "color"?',
      'fix: use every axis in the name: name: "{{ c }}-{{ d }}"',
      'fix: leave one of them out: their values look the same',
      '6 mistakes found',
    ]) {
      expect(stderr).toContain(message);
    }
    expect(stderr).not.toContain('did you mean "c"');
  });
});
