import { describe, expect, it } from 'vitest';
import { loadSpec } from '../../../../pipeline/pipeline-file/load-spec.ts';

/** What is wrong with stages, as `line: message`. */
function mistakesOf(stages: string): readonly string[] {
  const { diagnostics } = loadSpec('pipeline.yaml', `version: 1\nstages:\n${stages}`);
  return diagnostics.map(({ location, message }) => `${location.line}: ${message}`);
}

describe('keys of a stage that stand beside it', () => {
  it('are one mistake', () => {
    expect(
      mistakesOf(
        '  a:\n  command: x\n  outputs: { o: p }\n  b: { command: x, outputs: { o: q } }\n',
      ),
    ).toEqual(['4: the keys of stage "a" stand beside it: command, outputs']);
  });

  it('are stages where they are like one', () => {
    expect(mistakesOf('  a:\n  command: { command: x, outputs: { o: p } }\n')).toEqual([
      '3: stages.a is empty',
    ]);
  });
});

describe('a list where none can be', () => {
  it('is told with the form to write', () => {
    const hintsOf = (text: string) => loadSpec('p', text).diagnostics.map(({ hint }) => hint);
    expect(hintsOf('version: 1\nstages:\n  - { name: a }\n')).toEqual([
      expect.stringContaining('give each stage its name as a key'),
    ]);
    expect(hintsOf('version: 1\nstages: { a: { command: [x, y], outputs: { o: p } } }')).toEqual([
      expect.stringContaining('below `command: |`'),
    ]);
  });
});
