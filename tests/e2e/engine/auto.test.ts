import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const canTrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;

describe.skipIf(!canTrace)('inputs: auto (needs strace for commands)', () => {
  it('takes what a stage was seen to read as its inputs: files, names in folders, what it missed', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  join:
    command: cat data/*.csv words.txt > {{ outputs.o }}; cat local.json >> {{ outputs.o }} 2> /dev/null || true
    inputs: { auto: true, words: words.txt }
    outputs: { o: out/join }
  size: { module: size.mjs, inputs: auto, outputs: { o: out/size } }
  next: { command: "cat {{ inputs.j }} > {{ outputs.o }}", inputs: { j: { from: join, output: o } }, outputs: { o: out/next } }
`,
      'data/a.csv': 'a\n',
      'data/b.csv': 'b\n',
      'words.txt': 'w\n',
      'unread.txt': '',
      'size.mjs': `import { existsSync, readFileSync, writeFileSync } from 'node:fs';
export const run = ({ outputs }) =>
  writeFileSync(outputs.o, readFileSync('data/a.csv', 'utf8').length + ' ' + existsSync('more.json'));
`,
    });
    const expectRun = async (executed: number, what: string) => {
      const result = await workspace.run();
      expect([result.code, result.executed], `${what}\n${result.stdout}`).toEqual([0, executed]);
      expect(result.stdout).not.toContain('[warning]');
    };
    await expectRun(3, 'at first');
    workspace.edit('unread.txt', '', 'x');
    await expectRun(0, 'a file that is not read');
    workspace.edit('data/a.csv', 'a', 'A');
    const why = (await workspace.start(['why', 'join']).result).stdout;
    expect(why).toContain('join will run: data/a.csv, which it reads, changed');
    await expectRun(3, 'a file that both read');
    workspace.write('local.json', '{}\n');
    await expectRun(2, 'a file that was looked for in vain');
    workspace.write('data/c.csv', 'c\n');
    await expectRun(2, 'a name in a folder that a pattern lists');
    expect(workspace.read('out/next')).toBe('A\nb\nc\nw\n{}\n');
    workspace.write('data/c.csv~', '');
    await expectRun(0, 'a name that does not count');
    workspace.edit('words.txt', 'w', 'v');
    await expectRun(2, 'a declared input');
    // As it was: each reading has its own result.
    workspace.edit('words.txt', 'v', 'w');
    workspace.remove('data/c.csv');
    workspace.remove('local.json');
    await expectRun(0, 'what was there before');
    expect(workspace.read('out/next')).toBe('A\nb\nw\n');
    const graph = (await workspace.start(['graph']).result).stdout;
    expect(graph).toContain('reads data/, data/a.csv, data/b.csv (auto)');
  });

  it('refuses what pipelines make, and stages that nobody can watch', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
params: { n: 1 }
stages:
  make: { command: "echo 1 > {{ outputs.o }}", outputs: { o: out/made } }
  use: { command: "cat out/made > {{ outputs.o }}", inputs: auto, needs: [make], outputs: { o: out/use } }
  run: { module: run.mjs, inputs: auto, outputs: { o: out/run } }
`,
      'run.mjs': `export const run = async ({ outputs, $ }) => { await $\`echo 1 > \${outputs.o}\`; };\n`,
    });
    const { stdout, failed } = await workspace.run(['--keep-going']);
    expect(failed, stdout).toBe(2);
    expect(stdout).toContain(
      "reads out/made of the pipeline's own outputs, for which inputs: auto does not wait; write at pipeline.yaml:5:53\n[failed] use:   inputs:\n[failed] use:     auto: true\n[failed] use:     o: { from: make, output: o }",
    );
    expect(stdout).toContain('it runs programs by $, which nobody watches');

    const bin = join(workspace.path, 'bin');
    mkdirSync(bin);
    symlinkSync('/bin/bash', join(bin, 'bash'));
    const blind = await workspace.run(['use'], { env: { PATH: bin } });
    expect(blind.code).toBe(2);
    expect(blind.stderr).toContain(
      'pipeline.yaml:5:53: stage "use" has inputs: auto, and nobody can see what it reads: there is no strace here',
    );

    workspace.write(
      'pipeline.yaml',
      `version: 1
params: { n: 1 }
stages:
  text: { template: t.njk, inputs: auto, outputs: { o: out/text } }
  longer: { command: "echo {{ n }} > {{ outputs.o }}", inputs: auto, extends: n, outputs: { o: out/longer } }
  wrong: { command: "echo > {{ outputs.o }}", inputs: all, outputs: { o: out/wrong } }
  no: { command: "echo > {{ outputs.o }}", inputs: { auto: false }, outputs: { o: out/no } }
`,
    );
    workspace.write('t.njk', '');
    const mistakes = await workspace.run();
    expect(mistakes.code).toBe(2);
    expect(mistakes.stderr.match(/^pipeline.*/gm)).toEqual([
      expect.stringMatching(/:4:28: stage "text" renders a template/),
      expect.stringMatching(/:5:70: stage "longer" has inputs: auto/),
      expect.stringContaining(':6:55: stages.wrong.inputs is the string "all"'),
      expect.stringContaining(':7:60: stages.no.inputs.auto is the boolean false'),
    ] as unknown[]);
  });
});
