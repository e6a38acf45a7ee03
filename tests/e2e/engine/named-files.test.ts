import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const HAS_STRACE = spawnSync('strace', ['-V']).status === 0;

const FILES = {
  'words.txt': 'b\na\n',
  'data/x.csv': '1\n',
  'conf/a.json': '{}\n',
  'conf/b.json': '{}\n',
  'sub/y.txt': 'y\n',
  'train.py': 'print(1)\n',
  'junk.swp~': '',
  tool: '#!/bin/sh\ncat "$1"\n',
};

const COMMANDS = {
  count: '"sort words.txt > {{ outputs.o }}"',
  tool: '"./tool data/{{ which }}.csv --config conf/a.json --x=conf/b.json > {{ outputs.o }}"',
  loop: '"while read w; do echo $w; done < words.txt > {{ outputs.o }}"',
  inside: '"(cd sub && cat ../words.txt y.txt) > {{ outputs.o }}"',
  made: '"cat out/count > {{ outputs.o }}", needs: [count]',
  // Nothing of these is to be said.
  echo: '"echo words.txt; cat junk.swp~ /etc/hostname nowhere.txt 2>&1 > {{ outputs.o }} || :"',
  code: '"PYTHONDONTWRITEBYTECODE=1 python3 train.py --n 1 . data > {{ outputs.o }}"',
  whole: '"cat {{ inputs.d }}/x.csv data/x.csv > {{ outputs.o }}", inputs: { d: data }',
  copy: '"cp {{ inputs.w }} {{ outputs.o }}; cp {{ inputs.w }} words.txt || :", inputs: { w: words.txt }',
};

describe('files that a command names', () => {
  it('are told at each run where they are no inputs, with the YAML that declares them', async () => {
    const stages = Object.entries(COMMANDS).map(
      ([name, rest]) => `  ${name}: { command: ${rest}, outputs: { o: out/${name} } }`,
    );
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1\nparams: { which: x }\nstages:\n${stages.join('\n')}\n`,
      ...FILES,
    });
    chmodSync(join(workspace.path, 'tool'), 0o755);
    const expected = [
      'count: its command names words.txt, which is not among its inputs, so that a change of it runs nothing again; add to pipeline.yaml:4:10',
      'count:   inputs:',
      'count:     words: words.txt',
      'tool: its command names data/x.csv, conf/a.json, conf/b.json, which are not among its inputs, so that a change of them runs nothing again; add to pipeline.yaml:5:9',
      'tool:   inputs:',
      'tool:     x: data/x.csv',
      'tool:     a: conf/a.json',
      'tool:     b: conf/b.json',
      expect.stringContaining('loop: its command names words.txt, which'),
      'loop:   inputs:',
      'loop:     words: words.txt',
      expect.stringContaining('inside: its command names words.txt, sub/y.txt, which'),
      'inside:   inputs:',
      'inside:     words: words.txt',
      'inside:     y: sub/y.txt',
      expect.stringContaining('made: its command names out/count, which'),
      'made:   inputs:',
      'made:     o: { from: count, output: o }',
    ] as unknown[];
    const warningsOf = async () => {
      const { stdout, code, executed } = await workspace.run();
      const lines = stdout.split('\n').filter((line) => line.startsWith('[warning] '));
      const own = lines.map((line) => line.slice('[warning] '.length));
      const stagesOf = (line: string) => /^(\w+): /.exec(line)?.[1];
      const ordered = Object.keys(COMMANDS).flatMap((name) =>
        own.filter((line) => stagesOf(line) === name),
      );
      return { warnings: ordered, code, executed };
    };
    expect(await warningsOf()).toEqual({ warnings: expected, code: 0, executed: 9 });
    expect(await warningsOf()).toEqual({ warnings: expected, code: 0, executed: 0 });

    // A name counts from when there is a file of it; following the advice ends the word.
    workspace.write('nowhere.txt', '');
    workspace.edit(
      'pipeline.yaml',
      'outputs: { o: out/count }',
      'inputs: { words: words.txt }, outputs: { o: out/count }',
    );
    const { warnings } = await warningsOf();
    expect(warnings).not.toContain(expected[0]);
    expect(warnings).toContainEqual(
      expect.stringContaining('echo: its command names nowhere.txt, which'),
    );
  });

  it('and code that cannot be followed are told by looks too, and what an audit saw of them but once', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  count:
    command: 'sort words.txt > {{ outputs.o }}; [ -z "\${S:-}" ] || python3 "$S"'
    outputs: { o: out/count }
`,
      'words.txt': 'a\n',
    });
    const unclear =
      /^\[warning\] count: pipeline\.yaml:4:14: .*an edit behind it would go unnoticed/m;
    const named = /^\[warning\] count: its command names words\.txt, which is not among/m;
    const told = await workspace.start(['status', '--json']).result;
    expect([told.stderr, told.code]).toEqual([expect.stringMatching(unclear), 0]);
    expect(told.stderr).toMatch(named);
    const [count] = JSON.parse(told.stdout);
    expect(count.warnings).toEqual([
      expect.stringContaining('an edit behind it would go unnoticed'),
      expect.stringContaining('its command names words.txt'),
    ]);
    expect((await workspace.start(['plan']).result).stderr).toBe(told.stderr);

    await workspace.run(HAS_STRACE ? ['--audit'] : []);
    const again = await workspace.run();
    expect(again).toMatchObject({ code: 0, executed: 0, cached: 1 });
    expect(again.stdout.match(/words\.txt, which/g)).toHaveLength(1);
  });
});
