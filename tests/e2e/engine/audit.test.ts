import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type CommandResult,
  makeWorkspace,
  parseEvents,
  removeWorkspaces,
  type Workspace,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const canTrace = spawnSync('strace', ['-D', '-f', '-o', '/dev/null', 'true']).status === 0;

/** What nodes were warned of: node → `kind path`, sorted. */
function undeclaredOf(result: CommandResult): Record<string, string[]> {
  const warnings: Record<string, string[]> = {};
  for (const event of parseEvents(result)) {
    if (event.type !== 'warning' || event.undeclared === undefined) continue;
    warnings[event.node ?? ''] = event.undeclared.map(({ kind, path }) => `${kind} ${path}`).sort();
  }
  return warnings;
}

/** Why nodes failed. */
function failuresOf(result: CommandResult): Record<string, string> {
  const failures = parseEvents(result).filter((event) => event.type === 'node-failed');
  return Object.fromEntries(failures.map(({ node, message }) => [node, message]));
}

/** A workspace of one module a stage, each of which runs some code and writes its output. */
function makeModules(
  codes: Readonly<Record<string, string>>,
  stageOf: (name: string) => string = () => '',
  files: Readonly<Record<string, string>> = {},
): Workspace {
  const stages = Object.keys(codes).map(
    (name) => `  ${name}: { module: ${name}.ts, outputs: { o: out/${name} }${stageOf(name)} }`,
  );
  const modules = Object.entries(codes).map(([name, code]) => [
    `${name}.ts`,
    `import * as fs from 'node:fs';
import { createReadStream, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
export async function run(c) {
  ${code}
  writeFileSync(c.outputs.o, c.node);
}
`,
  ]);
  return makeWorkspace({
    'pipeline.yaml': `version: 1\nstages:\n${stages.join('\n')}\n`,
    ...Object.fromEntries(modules),
    ...files,
  });
}

describe('what a module does without declaring it', () => {
  it('is seen however it does it, and only where there is something', async () => {
    const ways: Readonly<Record<string, string>> = {
      at_once: "readFileSync('in/a');",
      by_descriptor: "fs.readSync(fs.openSync(c.workspace + '/in/a', 'r'), Buffer.alloc(1));",
      by_url: "readFileSync(pathToFileURL('in/a'));",
      with_callback: "await new Promise((done) => fs.readFile('in/../in/a', done));",
      with_promise: "await readFile('in/a');",
      by_handle: "await (await fs.promises.open('in/a')).close();",
      as_stream: "for await (const part of createReadStream('in/a')) void part;",
      as_json: "createRequire(c.workspace + '/x.js')('./in/a.json');",
      copied: "fs.copyFileSync('in/a', c.outputs.o);",
      through_a_link: "readFileSync('link');",
      listed: "await readdir('in');",
      looked_for: "existsSync('in/a'); existsSync('gone'); existsSync('in');",
      missed: "try { readFileSync('gone'); } catch {}",
      elsewhere: "process.chdir('in'); readFileSync('a');",
      written: "writeFileSync('stray', '1'); readFileSync('stray'); fs.rmSync('stray');",
    };
    const cases = Object.entries(ways).map(([way, code]) => `case '${way}': ${code} break;`);
    const workspace = makeModules(
      { a: `switch (c.cell.way) { ${cases.join(' ')} }` },
      () => `, matrix: { way: [${Object.keys(ways).join(', ')}] }`,
      { 'in/a': 'text', 'in/a.json': '{}' },
    );
    workspace.edit('pipeline.yaml', 'out/a', '"out/{{ way }}"');
    symlinkSync('in/a', join(workspace.path, 'link'));
    const result = await workspace.run(['--json']);
    expect(result).toMatchObject({ code: 0, executed: Object.keys(ways).length });
    expect(undeclaredOf(result)).toEqual({
      'a/at_once': ['read in/a'],
      'a/by_descriptor': ['read in/a'],
      'a/by_url': ['read in/a'],
      'a/with_callback': ['read in/a'],
      'a/with_promise': ['read in/a'],
      'a/by_handle': ['read in/a'],
      'a/as_stream': ['read in/a'],
      'a/as_json': ['read in/a.json'],
      'a/copied': ['read in/a'],
      'a/through_a_link': ['read link'],
      'a/listed': ['list in'],
      'a/looked_for': ['look in/a'],
      'a/elsewhere': ['read in/a'],
      'a/written': ['write stray'],
    });
  });

  it('is nothing where it is handed to it: inputs, also through links, outputs, scratch, packages', async () => {
    const workspace = makeModules(
      {
        a: `
for (const path of ['in/folder/deep/x', 'link', 'real']) readFileSync(path);
fs.readdirSync(c.inputs.folder[0].path, { recursive: true });
fs.readdirSync(c.workspace + '/in/folder/linked');
readFileSync(c.workspace + '/in/folder/linked/y');
writeFileSync(c.outputs.o + '.part', '1'); fs.renameSync(c.outputs.o + '.part', c.outputs.o);
writeFileSync(c.scratch + '/kept', '1'); readFileSync(c.scratch + '/kept');
readFileSync('node_modules/some/data.txt');
existsSync('in'); existsSync(c.workspace);
readFileSync('/proc/self/stat');`,
      },
      () => ', inputs: { folder: in/folder, link: link }',
      {
        'in/folder/deep/x': 'x',
        'else/y': 'y',
        real: 'r',
        'node_modules/some/data.txt': 'd',
      },
    );
    symlinkSync('real', join(workspace.path, 'link'));
    symlinkSync('../../else', join(workspace.path, 'in/folder/linked'));
    expect(await workspace.run(['--strict'])).toMatchObject({ code: 0, executed: 1 });
    // The same by another name of the workspace.
    const folder = mkdtempSync(join(tmpdir(), 'pipeline-link-'));
    symlinkSync(workspace.path, join(folder, 'w'));
    const linked = await workspace.run(['-C', join(folder, 'w'), '--strict', '--force']);
    rmSync(folder, { recursive: true });
    expect(linked).toMatchObject({ code: 0, executed: 1 });
  });

  it('is told of the cell that does it, when one worker runs them all, and once in full', async () => {
    const workspace = makeModules(
      { a: "if (c.cell.i > 1) readFileSync('words'); console.log(process.pid);" },
      () => ', matrix: { i: [1, 2, 3] }',
      { words: 'text' },
    );
    workspace.edit('pipeline.yaml', 'out/a', '"out/{{ i }}"');
    const result = await workspace.run(['--json', '--jobs', '1']);
    expect(undeclaredOf(result)).toEqual({ 'a/2': ['read words'], 'a/3': ['read words'] });
    const events = parseEvents(result);
    const pids = events.flatMap((event) =>
      event.type === 'node-started' ? [workspace.read(event.log)] : [],
    );
    expect(new Set(pids).size).toBe(1);
    const texts = events.flatMap((event) => (event.type === 'warning' ? [event.text] : []));
    expect(texts.map((text) => text.includes('inputs:'))).toEqual([true, false]);
  });
});

describe('the report', () => {
  it('names the place and the YAML with which the stage is clean', async () => {
    const workspace = makeModules(
      { first: '', second: "readFileSync('in/some words.txt'); readFileSync('out/first');" },
      (name) => (name === 'second' ? ', needs: [first]' : ''),
      { 'in/some words.txt': 'text' },
    );
    const plain = await workspace.run();
    expect(plain.stdout).toContain(
      `[warning] second: reads in/some words.txt, out/first, which it does not declare; add to pipeline.yaml:4:11
[warning] second:   inputs:
[warning] second:     some_words: "in/some words.txt"
[warning] second:     o: { from: first, output: o }
`,
    );
    workspace.edit(
      'pipeline.yaml',
      'needs: [first]',
      'inputs: { some_words: "in/some words.txt", o: { from: first, output: o } }',
    );
    expect(await workspace.run(['--strict'])).toMatchObject({ code: 0, executed: 1, cached: 1 });
  });

  it('says where nothing could declare it', async () => {
    const workspace = makeModules(
      {
        a: "try { readFileSync('out/a'); readFileSync('out/b'); } catch {}\nfs.readdirSync('.');\nfs.readdirSync('.pipeline');",
        b: '',
      },
      (name) => (name === 'b' ? ', inputs: { o: { from: a, output: o } }' : ''),
    );
    await workspace.run();
    const { stdout } = await workspace.run(['--force']);
    expect(stdout).toContain('out/a: its own output, so that it cannot be an input');
    expect(stdout).toContain('out/b: made by b from it, so that it cannot be an input');
    expect(stdout).toContain('.pipeline: which cannot be an input');
    expect(stdout).not.toContain('inputs:');
  });
});

describe('--strict', () => {
  it('publishes no result of such a stage, and takes none from the cache', async () => {
    const workspace = makeModules(
      { a: "readFileSync('words');", b: '' },
      (name) => (name === 'b' ? ', needs: [a]' : ', retries: 2'),
      { words: 'text' },
    );
    const failed = await workspace.run(['--strict', '--json']);
    expect(failed).toMatchObject({ code: 1, executed: 0, failed: 1 });
    expect(failuresOf(failed)['a']).toMatch(/^reads words, .*pipeline\.yaml:3:6\n {2}inputs:/);
    expect(workspace.exists('out/a')).toBe(false);
    expect((await workspace.status()).map(({ state }) => state)).toEqual([
      'run',
      'depends-on-upstream',
    ]);
    // Without it there is a result, which a later run still says this of.
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 2 });
    expect(undeclaredOf(await workspace.run(['--json']))).toEqual({ a: ['read words'] });
    const hit = await workspace.run(['--strict', '--json']);
    expect(hit).toMatchObject({ code: 1, executed: 0, failed: 1 });
    expect(failuresOf(hit)['a']).toContain('reads words');
  });

  it('says once that commands are not audited where there is no strace', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  a: { command: "cat words > {{ outputs.o }}", outputs: { o: a } }
  b: { command: "cat words > {{ outputs.o }}", outputs: { o: b } }
`,
      words: 'text',
    });
    const bin = join(workspace.path, 'bin');
    mkdirSync(bin);
    for (const name of ['bash', 'cat']) {
      symlinkSync(spawnSync('which', [name], { encoding: 'utf8' }).stdout.trim(), join(bin, name));
    }
    const result = await workspace.run(['--strict'], { env: { PATH: bin } });
    expect(result).toMatchObject({ code: 0, executed: 2 });
    const warnings = result.stdout.split('\n').filter((line) => line.startsWith('[warning]'));
    expect(warnings.filter((line) => !/^\[warning\] [ab]:/.test(line))).toEqual([
      '[warning] what commands do is not audited, because there is no strace here: a or b',
    ]);
  });
});

describe.skipIf(!canTrace)('what a command does without declaring it (needs strace)', () => {
  it('is seen with --audit, in whatever folder and process, and not what failed', async () => {
    const odd = 'in/od"d <näme>';
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  read:
    command: |
      cat {{ inputs.known }} in/od* > {{ outputs.o }}
      (cd in && cat deep/../b > /dev/null)
      cat gone 2> /dev/null || true
      ./tool.sh > {{ outputs.o }}.part
      sleep 1000 &
    inputs: { known: known }
    outputs: { o: out/read }
  look: { command: "[ -f known ]; ls in/deep; echo 1 > {{ outputs.o }}; echo 2 > stray", outputs: { o: out/look } }
  clean: { command: "cat known | sort > {{ outputs.o }}", inputs: { known: known }, outputs: { o: out/clean } }
`,
      known: 'k',
      [odd]: 'o',
      'in/b': 'b',
      'in/deep/c': 'c',
      'tool.sh': '#!/bin/bash\ncat in/deep/c | cat\n',
    });
    chmodSync(join(workspace.path, 'tool.sh'), 0o755);
    const result = await workspace.run(['--audit', '--json']);
    expect(result).toMatchObject({ code: 0, executed: 3 });
    expect(undeclaredOf(result)).toEqual({
      // A pattern lists its folder, which stands for all that is read in it.
      // tool.sh is code of the command.
      read: ['list in'],
      look: ['list in/deep', 'look known', 'write stray'],
    });
    await workspace.untilDeserted();
  });

  it('fails with --strict, also where the cached result was never audited', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml':
        'version: 1\nstages:\n  a: { command: "cat words > {{ outputs.o }}", outputs: { o: a } }\n  b: { command: "echo 1 > {{ outputs.o }}", outputs: { o: b } }\n',
      words: 'text',
    });
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 2 });
    const strict = await workspace.run(['--strict', '--keep-going', '--json']);
    expect(strict).toMatchObject({ code: 1, executed: 1, failed: 1 });
    expect(failuresOf(strict)['a']).toContain('words: words');
    // What was found clean is taken from the cache from then on.
    expect(await workspace.run(['--strict', 'b'])).toMatchObject({ code: 0, cached: 1 });
  });
});
