import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { isRoot, makeWorkspace, removeWorkspaces } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const hasPrlimit = canRun('prlimit', ['--nofile', 'true']);

function canRun(file: string, args: readonly string[]): boolean {
  try {
    execFileSync(file, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function limitFiles(count: number): { within: string[] } {
  return { within: ['prlimit', `--nofile=${count}:${count}`] };
}

describe.skipIf(!hasPrlimit)('a limit of open files (needs prlimit)', () => {
  const files = {
    'pipeline.yaml': `version: 1
stages:
  many:
    command: mkdir {{ outputs.o }}; cd {{ outputs.o }}; seq 400 | split -l 1 -a 5 - f
    outputs: { o: many }
  wide:
    command: cat gate.{{ k }} > {{ outputs.o }}
    matrix: { k: [1, 2, 3, 4, 5, 6, 7, 8] }
    outputs: { o: "wide/{{ k }}" }
  module:
    module: write.mjs
    matrix: { k: [1, 2, 3] }
    outputs: { o: "module/{{ k }}" }
`,
    'write.mjs': `import { writeFileSync } from 'node:fs';
export const run = ({ cell, outputs }) => writeFileSync(outputs.o, String(cell.k));
`,
    ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8].map((k) => [`gate.${k}`, `${k}\n`])),
  };

  it('keeps fewer stages going at a time, which is said first, and loses no result', async () => {
    const workspace = makeWorkspace(files);
    const run = await workspace.run(['--jobs', '40'], limitFiles(64));
    expect(run).toMatchObject({ code: 0, executed: 12, failed: 0, stderr: '' });
    expect(run.stdout).toMatch(
      /^\[warning\] no more than \d+ stages at a time: .* 64 files open \(ulimit -n\)\n/,
    );
    expect(workspace.list('many')).toHaveLength(400);
    // Putting a folder back is no other.
    workspace.remove('many');
    const again = await workspace.run(['--jobs', '40'], limitFiles(64));
    expect(again).toMatchObject({ code: 0, cached: 12 });
    expect(workspace.list('many')).toHaveLength(400);
  });

  it('that is too low for anything is told before the work', async () => {
    const workspace = makeWorkspace(files);
    const run = await workspace.run([], limitFiles(40));
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain('only 40 files open');
    expect(run.stderr).toContain('ulimit -n 1024');
    expect(workspace.exists('many')).toBe(false);
  });
});

describe('names', () => {
  const long = 'a'.repeat(245);

  it('may be as long as file systems let them: of outputs, of files in them, of cells, of stages', async () => {
    const wide = '漢'.repeat(82);
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  file: { command: "echo 1 > {{ outputs.o }}", outputs: { o: ${long}.txt } }
  tree:
    command: mkdir {{ outputs.o }}; echo 2 > {{ outputs.o }}/${long}; ln {{ outputs.o }}/${long} {{ outputs.o }}/b
    outputs: { o: ${long}.dir }
  cell:
    command: echo {{ k }} > {{ outputs.${long} }}; test -e ready
    matrix: { k: [${long}x, ${long}y, "${wide}"] }
    outputs: { ${long}: "cells/{{ k }}" }
    retries: { attempts: 1, backoff: 0.01s }
  ${long}: { command: "echo 3 > {{ outputs.o }}", outputs: { o: stage.txt } }
`,
    });
    const run = await workspace.run(['--keep-going']);
    expect(run).toMatchObject({ code: 1, executed: 3, failed: 3, stderr: '' });
    expect(workspace.read(`${long}.txt`)).toBe('1\n');
    expect(workspace.names(`${long}.dir`)).toEqual([long, 'b']);
    // Each attempt of each cell has a log of its own, and a cell what it wrote.
    const logs = workspace.list('.pipeline/runs').filter((path) => path.includes('/logs/cell--'));
    expect(logs.filter((path) => path.endsWith('.attempt-2.log'))).toHaveLength(3);
    expect(logs).toHaveLength(6);
    expect(workspace.names('.pipeline/failed')).toHaveLength(3);
    workspace.write('ready', '');
    for (const path of [`${long}.txt`, `${long}.dir`, 'cells']) workspace.remove(path);
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 3, cached: 3 });
    expect(workspace.read(`cells/${wide}`)).toBe(`${wide}\n`);
    expect(workspace.read(`${long}.txt`)).toBe('1\n');
    expect(workspace.names('.pipeline/failed')).toEqual([]);
  });

  it('that no file system takes are a mistake with its place, before anything runs', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  first: { command: "echo 1 > {{ outputs.o }}", outputs: { o: first } }
  far:
    command: echo 1 > {{ outputs.o }}
    matrix: { k: [${long}] }
    outputs: { o: "{{ k }}-${'b'.repeat(20)}.txt" }
  near: { command: "cat {{ inputs.i }} > {{ outputs.o }}", inputs: { i: ${'c'.repeat(300)} }, outputs: { o: near } }
`,
    });
    const run = await workspace.run();
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toMatch(
      /^pipeline\.yaml:7:19: no file can have the output path .* 270 bytes/,
    );
    expect(run.stderr).toMatch(/\npipeline\.yaml:8:\d+: the input "i" of near does not exist/);
    expect(workspace.exists('first')).toBe(false);
  });
});

describe('the text of a command', () => {
  it('may hold more than the system takes as an argument, however many bytes a character has', async () => {
    const values = {
      wide: '漢'.repeat(45_000),
      quoted: "'".repeat(40_000),
      plain: 'x'.repeat(300_000),
    };
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
params: ${JSON.stringify(values)}
stages:
  wide: { command: "echo {{ wide }} > {{ outputs.o }}", outputs: { o: wide } }
  quoted: { command: "echo {{ quoted }} > {{ outputs.o }}", outputs: { o: quoted } }
  plain: { command: "echo {{ plain }} > {{ outputs.o }}", outputs: { o: plain } }
`,
    });
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 3, stderr: '' });
    for (const [name, text] of Object.entries(values)) {
      expect(workspace.read(name) === `${text}\n`).toBe(true);
    }
  });
});

describe.skipIf(!isRoot || !hasPrlimit)('a limit of processes (needs root and prlimit)', () => {
  it('lets stages wait for each other', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  wide:
    command: sleep 0.2; echo {{ k }} > {{ outputs.o }}
    matrix: { k: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }
    outputs: { o: "wide/{{ k }}" }
`,
    });
    const user = 47_311;
    chownSync(workspace.path, user, user);
    chmodSync(workspace.path, 0o755);
    const within = ['prlimit', '--nproc=24:24'];
    const run = await workspace.run(['--keep-going', '--jobs', '10'], { user, within });
    expect(run).toMatchObject({ code: 0, executed: 10, failed: 0 });
  });
});
