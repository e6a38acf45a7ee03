import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { quoteArgument } from '../../../pipeline/shell/quote-argument.ts';
import { makeWorkspace, parseEvents, removeWorkspaces } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

describe('a value in a command', () => {
  it('reaches the program as it is, whatever its characters mean to a shell', () => {
    const character = fc.constantFrom(...'\'"\\$`!*?[](){}<>|&;#~= \n\tüa1-'.split(''));
    const text = fc.oneof(
      fc.string({ unit: character }),
      fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0')),
    );
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (values) => {
        const script = `printf '%s\\0' ${values.map(quoteArgument).join(' ')}`;
        const printed = execFileSync('bash', ['-euc', script], { encoding: 'utf8' });
        expect(printed.split('\0').slice(0, -1)).toEqual(values);
      }),
      { numRuns: 60 },
    );
  });

  it('runs nothing, in the name of a file, of a cell or of a parameter', async () => {
    const nasty = "a b'; touch hacked; $(touch hacked) `touch hacked`";
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
params: { nasty: ${JSON.stringify(nasty)} }
stages:
  show:
    command: 'printf "%s\\n" {{ nasty }} {{ x }} > {{ outputs.o }}; cat {{ inputs.i }} >> {{ outputs.o }}'
    matrix: { x: [${JSON.stringify(nasty)}] }
    name: one
    inputs: { i: ${JSON.stringify(`in/${nasty}`)} }
    outputs: { o: "out/$(touch hacked)" }
`,
      [`in/${nasty}`]: 'text\n',
    });
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 1 });
    expect(workspace.read('out/$(touch hacked)')).toBe(`${nasty}\n${nasty}\ntext\n`);
    expect(workspace.list('.').filter((path) => path.endsWith('hacked'))).toEqual([]);
  });
});

describe('a command', () => {
  it('may have functions, arguments and lines of its own, and be as long as it must', async () => {
    const names = Array.from({ length: 4000 }, (_, i) => `in/a-file-with-a-long-name-number-${i}`);
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  part: { command: "echo {{ i }} > {{ outputs.o }}", matrix: { i: [1, 2, 3] }, outputs: { o: "p/{{ i }}" } }
  own:
    command: |
      show() { echo "$1" && cat {{ inputs.parts }}; }
      set -- one two
      show "$2" > {{ outputs.o }}
      wait
    inputs: { parts: { from: part, output: o } }
    outputs: { o: own }
  long: { command: "echo ${names.join(' ')} | wc -w > {{ outputs.o }}", outputs: { o: long } }
`,
    });
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 5 });
    expect(workspace.read('own')).toBe('two\n1\n2\n3\n');
    expect(workspace.read('long').trim()).toBe('4000');
  });

  it.each([
    ['false | true', 'exited with status 1'],
    [
      'echo "$UNSET"',
      expect.stringMatching(/^exited with status 1: the variable UNSET is not set/),
    ],
    ['false; true', 'exited with status 1'],
    ['exit 7', 'exited with status 7'],
    ['kill -TERM $$', 'was ended by SIGTERM'],
  ])('fails where a part of it does: %s', async (command, message) => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1\nstages: { a: { command: ${JSON.stringify(command)}, outputs: { o: o } } }\n`,
    });
    const events = parseEvents(await workspace.run(['--json']));
    expect(events.find((event) => event.type === 'node-failed')).toMatchObject({ message });
  });

  it('ends with what it left running in the background', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml':
        'version: 1\nstages: { a: { command: "sleep 1000 & echo x > {{ outputs.o }}", outputs: { o: o } } }\n',
    });
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 1 });
    await workspace.untilDeserted();
  });
});
