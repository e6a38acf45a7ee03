import { describe, expect, it } from 'vitest';
import { expandSound, mistakesOf } from '../../../fixtures/graph.ts';

const text = `
version: 1
params: { levels: [0, 1] }
profiles: { one: {}, two: {} }
stages:
  fetch: { profiles: [one], command: "touch {{ outputs.o }}", outputs: { o: fetched } }
  make: { profiles: [two], command: "touch {{ outputs.o }}", outputs: { o: made } }
  data:
    command: "cat {{ inputs.raw }} > {{ outputs.o }}"
    matrix: { p: { param: levels }, kind: [x, y] }
    inputs: { raw: { from: [fetch, make], output: o } }
    outputs: { o: "data/{{ name }}" }
  train:
    command: "cat {{ inputs.data }} > {{ outputs.o }}"
    matrix: { model: [A, B], p: { param: levels } }
    inputs: { data: { from: data, output: o, where: [{ kind: y }] } }
    needs: [extra]
    outputs: { o: "runs/{{ name }}" }
  extra: { command: "touch {{ outputs.o }}", outputs: { o: extra } }
  plot:
    command: "cat {{ inputs.runs }} > {{ outputs.o }}"
    inputs: { runs: { from: train, output: o } }
    outputs: { o: plot }
`;

function upstreamOf(node: string, profile = 'one'): readonly string[] {
  const { nodes } = expandSound(text, { profile });
  return [...nodes.values()].find(({ id }) => id === node)?.upstream ?? [];
}

describe('links between cells', () => {
  it('join cells with equal values on the axes that both stages have', () => {
    expect(upstreamOf('train/A_1')).toEqual(['extra', 'data/1_y']);
  });

  it('gather all cells over the axes that only the upstream stage has', () => {
    expect(upstreamOf('plot')).toEqual(['train/A_0', 'train/A_1', 'train/B_0', 'train/B_1']);
  });

  it('are narrowed by the values of a parameter', () => {
    const narrowed = text.replace('from: train, output: o', '$&, where: [{ p: { param: some } }]');
    const { nodes } = expandSound(narrowed.replace('levels: [0, 1]', '$&, some: [1]'));
    const plot = [...nodes.values()].find(({ id }) => id === 'plot');
    expect(plot?.upstream).toEqual(['train/A_1', 'train/B_1']);
  });

  it('lead to whichever of several stages the profile has', () => {
    expect(upstreamOf('data/0_x', 'one')).toEqual(['fetch']);
    expect(upstreamOf('data/0_x', 'two')).toEqual(['make']);
  });

  it.each([
    ['a filter of no value', 'where: [{ kind: y }]', 'where: [{ kind: z }]', 'unknown-value 16'],
    [
      'a filter of a value more',
      'where: [{ kind: y }]',
      'where: [{ kind: [y, z] }]',
      'unknown-value 16',
    ],
    [
      'a filter by an unknown parameter',
      'where: [{ kind: y }]',
      'where: [{ kind: { param: kinds } }]',
      'unknown-param 16',
    ],
    ['a filter on another axis', 'where: [{ kind: y }]', 'where: [{ kin: y }]', 'unknown-axis 16'],
    ['an unknown output', 'from: data, output: o', 'from: data, output: oo', 'unknown-output 16'],
    ['an unknown stage', 'from: data,', 'from: dta,', 'unknown-stage 16'],
    [
      'a stage named like a member of Object',
      'from: data,',
      'from: constructor,',
      'unknown-stage 16',
    ],
    ['an unknown need', 'needs: [extra]', 'needs: [toString]', 'unknown-stage 17'],
    ['an unknown profile', 'profiles: [two]', 'profiles: [too]', 'unknown-profile 7'],
    [
      'parameters from many nodes',
      'from: train, output: o',
      'from: train, output: o, as: params',
      'wrong-value 22',
    ],
  ])('refuse %s', (_, from, to, expected) => {
    expect(text).toContain(from);
    const mistakes = mistakesOf(text.replace(from, to), { profile: 'one' });
    expect(mistakes.map((mistake) => mistake.split(':')[0])).toContain(expected);
  });

  it('say so where the profile has no stage that makes an input', () => {
    const mistakes = mistakesOf(text.replace('from: [fetch, make]', 'from: [make]'), {
      profile: 'one',
    });
    expect(mistakes).toEqual(['no-match 11:15']);
  });
});

describe('the path of a module', () => {
  const chosen = `
version: 1
params: { engine: { name: fast } }
stages:
  train:
    module: "train/{{ engine.name }}.ts"
    matrix: { model: [A, B] }
    outputs: { o: "runs/{{ name }}" }
`;

  it('is filled in with parameters and axes', () => {
    const settings = [{ key: 'engine.name', text: 'slow' }];
    const [node] = expandSound(chosen, { settings }).nodes.values();
    expect(node?.action).toEqual({ kind: 'module', module: 'train/slow.ts' });
    expect(mistakesOf(chosen.replace('engine.name }}', 'engine.nam }}'))).toEqual([
      'unknown-variable 6:13',
    ]);
  });

  it('must exist once it is filled in', () => {
    expect(mistakesOf(chosen, { missing: ['train/fast.ts'] })).toEqual(['missing-file 6:13']);
  });
});
