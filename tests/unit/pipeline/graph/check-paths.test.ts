import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { isWritablePath, normalizePath } from '../../../../pipeline/graph/check-paths.ts';
import { expandText } from '../../../fixtures/graph.ts';

/** Stages `s0`, `s1`, … with these outputs and file inputs; what is found, as `code: message`. */
function check(...stages: { outputs: string[]; inputs?: string[]; module?: string }[]): string[] {
  const name = (paths: string[]) => Object.fromEntries(paths.map((path, i) => [`n${i}`, path]));
  const text = stringify({
    version: 1,
    stages: Object.fromEntries(
      stages.map(({ outputs, inputs = [], module }, i) => [
        `s${i}`,
        {
          ...(module === undefined ? { command: 'x' } : { module }),
          inputs: name(inputs),
          outputs: name(outputs),
        },
      ]),
    ),
  });
  const result = expandText(text);
  return result.ok ? [] : result.diagnostics.map(({ code, message }) => `${code}: ${message}`);
}

describe('outputs', () => {
  it('that two nodes write are found, however they are spelt', () => {
    expect(check({ outputs: ['a/b'] }, { outputs: ['./a//x/../b/'] })).toEqual([
      'duplicate-output: s1 and s0 both write a/b',
    ]);
  });

  it('of one node may not be the same either', () => {
    expect(check({ outputs: ['a', 'a'] })).toHaveLength(1);
  });

  it('inside the output of another node are found', () => {
    expect(check({ outputs: ['a'] }, { outputs: ['a/b/c'] })).toEqual([
      'duplicate-output: s1 writes a/b/c inside a, an output of s0',
    ]);
    expect(check({ outputs: ['a'] }, { outputs: ['ab'] })).toEqual([]);
  });

  it.each(['../x', '/tmp/x', 'a/../../x', '.', '', '.pipeline/x', '.git/config'])(
    'outside what the pipeline may write are refused: %s',
    (path) => {
      const found = check({ outputs: [path] });
      expect(found.filter((text) => /^(outside-workspace|wrong-value)/.test(text))).toHaveLength(1);
    },
  );

  it("that would replace the user's own files are refused", () => {
    expect(check({ module: 'src/a.ts', outputs: ['src/a.ts'] })).toEqual([
      'duplicate-output: the output src/a.ts of s0 would replace the module of s0',
    ]);
    expect(check({ module: 'src/a.ts', outputs: ['src'] })).toHaveLength(1);
    expect(check({ outputs: ['pipeline.yaml'] })).toHaveLength(1);
    expect(check({ inputs: ['data/raw.csv'], outputs: ['data'] })).toHaveLength(1);
  });

  it('inside a folder that is read as an input are refused, since they would change it', () => {
    expect(check({ inputs: ['data'], outputs: ['data/out.csv'] })).toEqual([
      'duplicate-output: the output data/out.csv of s0 lies in the input "n0" of s0, which it would change',
    ]);
    expect(check({ inputs: ['.'], outputs: ['out'] })).toHaveLength(1);
    expect(check({ inputs: ['data'], outputs: ['database/out.csv'] })).toEqual([]);
  });
});

describe('inputs', () => {
  it('that are the output of a node must say so, so that it runs first', () => {
    const text = stringify({
      version: 1,
      stages: {
        a: { command: 'x', outputs: { out: 'made' } },
        b: { command: 'x', inputs: { i: 'made/part' }, outputs: { out: 'b' } },
      },
    });
    // Before the first run it is not there yet.
    for (const missing of [[], ['made/part']]) {
      const result = expandText(text, { missing });
      expect(result.ok ? [] : result.diagnostics).toMatchObject([
        { code: 'missing-input', hint: 'write { from: a, output: out }' },
      ]);
    }
  });
});

describe('normalised paths', () => {
  const path = fc
    .array(fc.constantFrom('a', 'b', '.', '..', '', '.pipeline'), { minLength: 1 })
    .map((steps) => steps.join('/'));

  it('are writable only if they stay in the workspace and out of its state', () => {
    fc.assert(
      fc.property(path, (text) => {
        // Walks as the kernel would, noting when it leaves.
        const stack: string[] = [];
        let left = text.startsWith('/');
        for (const step of text.split('/')) {
          if (step === '..') left ||= stack.pop() === undefined;
          else if (step !== '' && step !== '.') stack.push(step);
        }
        const inside = !left && stack.length > 0 && stack[0] !== '.pipeline';
        expect(isWritablePath(normalizePath(text))).toBe(inside);
      }),
    );
  });

  it('stay as they are when normalised again', () => {
    fc.assert(
      fc.property(path, (text) => normalizePath(normalizePath(text)) === normalizePath(text)),
    );
  });
});
