import { describe, expect, it } from 'vitest';
import type { Setting } from '../../../../pipeline/graph/read-setting.ts';
import { expandSound, expandText, placeOf } from '../../../fixtures/graph.ts';

const text = `
version: 1
default_profile: small
params:
  seed: 42
  url: null
  dataset: { train: 100, test: 10 }
  levels: [0, 1]
profiles:
  small: { params: { dataset: { train: 5 } } }
  large: {}
stages:
  a: { command: "echo {{ seed }} > {{ outputs.o }}", outputs: { o: o.txt } }
`;

function paramsOf(profile: string | undefined, ...settings: Setting[]) {
  return expandSound(text, { profile, settings }).params;
}

function refusalOf(...settings: Setting[]) {
  const result = expandText(text, { settings });
  if (result.ok) throw new Error('accepted');
  return result.diagnostics.map(({ code, location, message, hint }) => ({
    code,
    file: location.file,
    message,
    hint,
  }));
}

describe('parameters', () => {
  it("are the file's, changed by the default profile", () => {
    expect(paramsOf(undefined)).toEqual({
      overrides: [],
      seed: 42,
      url: null,
      dataset: { train: 5, test: 10 },
      levels: [0, 1],
    });
    expect(paramsOf('large')['dataset']).toEqual({ train: 100, test: 10 });
  });

  it('are changed last, and in order, by --set', () => {
    const params = paramsOf(
      'small',
      { key: 'dataset.train', text: '6' },
      { key: 'dataset.train', text: '7' },
      { key: 'levels', text: '[0.5]' },
      { key: 'url', text: 'file:x' },
    );
    expect(params).toMatchObject({ dataset: { train: 7, test: 10 }, levels: [0.5], url: 'file:x' });
  });

  it('keep their type, except where null was declared', () => {
    expect(refusalOf({ key: 'seed', text: 'x' }, { key: 'levels', text: '3' })).toMatchObject([
      {
        code: 'wrong-type',
        file: '--set seed',
        message: expect.stringContaining('"x", which is no number'),
      },
      {
        code: 'wrong-type',
        file: '--set levels',
        message: expect.stringContaining('which is no list'),
      },
    ]);
    expect(paramsOf('small', { key: 'url', text: '3' }, { key: 'url', text: 'a' })['url']).toBe(
      'a',
    );
  });

  it('must be declared, and the nearest name is offered', () => {
    expect(
      refusalOf({ key: 'dataset.trian', text: '1' }, { key: 'toString', text: '1' }),
    ).toMatchObject([
      { code: 'unknown-param', hint: 'did you mean "dataset.train"?' },
      { code: 'unknown-param' },
    ]);
  });

  it('of a profile must be declared too, and are found at their line', () => {
    const result = expandText(text.replace('{ train: 5 }', '{ trian: 5, test: x, toString: 1 }'));
    expect(result.ok ? [] : result.diagnostics.map(placeOf)).toEqual([
      'unknown-param 10:33',
      'wrong-type 10:43',
      'unknown-param 10:52',
    ]);
  });

  it('reach a node only where its stage declares or names them', () => {
    const graph = expandSound(text);
    expect([...graph.nodes.values()].map(({ params }) => params)).toEqual([{ seed: 42 }]);
  });

  it('cannot be hidden by an input that is read as parameters', () => {
    const more = `${text}  b: { module: m.ts, params: [seed], inputs: { INPUT: { from: a, output: o, as: params } }, outputs: { o: b } }
`;
    const mistakes = (input: string) => {
      const result = expandText(more.replace('INPUT', input));
      return result.ok ? [] : result.diagnostics.map(({ code }) => code);
    };
    expect(mistakes('seed')).toEqual(['reserved-name']);
    expect(mistakes('config')).toEqual([]);
  });

  it('of every profile are checked, whichever is chosen', () => {
    const result = expandText(text.replace('large: {}', 'large: { params: { sed: 1 } }'), {
      profile: 'small',
    });
    expect(result.ok ? [] : result.diagnostics).toMatchObject([{ hint: 'did you mean "seed"?' }]);
  });

  it('are merged as mappings by --set, and checked member by member', () => {
    const set = (value: string) => ({ key: 'dataset', text: value });
    expect(paramsOf('small', set('{test: 3}'))['dataset']).toEqual({ train: 5, test: 3 });
    expect(refusalOf(set('{tset: 3, train: x}'))).toMatchObject([
      { code: 'unknown-param', hint: 'did you mean "dataset.test"?' },
      { code: 'wrong-type', message: expect.stringContaining('"dataset.train" is set to "x"') },
    ]);
  });
});
