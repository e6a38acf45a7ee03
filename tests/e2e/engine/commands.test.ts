import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

describe('a command', () => {
  it('fails when anything in a pipe fails, a variable is unset or a line fails', async () => {
    const command = (text: string, output: string) => ({ command: text, outputs: { o: output } });
    const workspace = makeWorkspace({
      'pipeline.yaml': stringify({
        version: 1,
        stages: {
          pipe: command('printf x | false | cat > {{ outputs.o }}', 'pipe'),
          unset: command('echo "$UNDEFINED_HERE" > {{ outputs.o }}', 'unset'),
          lines: command('touch {{ outputs.o }}\nfalse\ntrue', 'lines'),
          fine: command('printf x | cat > {{ outputs.o }}', 'fine'),
        },
      }),
    });
    const { code, stdout } = await workspace.run(['--keep-going']);
    expect(code).toBe(1);
    expect(stdout).toContain('1 executed, 0 cached, 3 failed');
    expect(stdout).toMatch(/UNDEFINED_HERE: unbound variable/);
    expect(workspace.list('.').filter((path) => !path.startsWith('.pipeline'))).toEqual([
      'fine',
      'pipeline.yaml',
    ]);
  });

  it('gets every value as one argument, whatever is in it', async () => {
    const hostile = [
      'a b',
      "it's",
      'say "hi"',
      '$(touch injected)',
      '`touch injected`',
      '; touch injected #',
      '$HOME \\ back',
      'two\nlines',
      '*',
      '-n',
      'ünï',
      '',
    ];
    const workspace = makeWorkspace({
      'pipeline.yaml': stringify({
        version: 1,
        params: { values: hostile, p: 0, nested: { text: "x'$(touch injected)'" } },
        stages: {
          all: {
            command:
              "printf '%s\\0' {{ values }} {{ p | fixed(2) }} {{ nested.text }} > {{ outputs.o }}",
            outputs: { o: 'out/$(touch injected) it\'s "all"\nof it' },
          },
          cells: {
            command: "printf '%s' {{ value }} > {{ outputs.o }}",
            matrix: { value: { param: 'values' } },
            outputs: { o: 'cells/{{ value }}.txt' },
          },
          gather: {
            command:
              'cat {{ inputs.parts }} > {{ outputs.o }}; echo "$(wc -l < {{ outputs.o }})" >&2',
            inputs: { parts: { from: 'cells', output: 'o' } },
            outputs: { o: 'gathered' },
          },
        },
      }),
    });
    const { code, stdout, stderr } = await workspace.run();
    expect([code, stdout.slice(code === 0 ? -1 : -2000), stderr]).toEqual([0, '\n', '']);
    const [path = ''] = workspace.list('out');
    expect(path).toBe('out/$(touch injected) it\'s "all"\nof it');
    expect(workspace.read(path).split('\0')).toEqual([
      ...hostile,
      '0.00',
      "x'$(touch injected)'",
      '',
    ]);
    for (const value of hostile) expect(workspace.read(`cells/${value}.txt`)).toBe(value);
    expect(workspace.read('gathered')).toBe(hostile.join(''));
    expect(workspace.list('.').filter((name) => /(^|\/)injected$/.test(name))).toEqual([]);
  });
});
