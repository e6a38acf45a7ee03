import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CommandResult,
  makeWorkspace,
  removeWorkspaces,
  type Workspace,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

/** A stage module whose output is the JSON of an expression. */
function telling(expression: string, imports = ''): string {
  return `${imports}
import { writeFileSync as write } from 'node:fs';
export async function run(context: { outputs: { o: string }; workspace: string }): Promise<void> {
  write(context.outputs.o, JSON.stringify(${expression}) ?? 'undefined');
}
`;
}

/** A pipeline with a stage a module, named after its file; each has the output `o`. */
function pipelineOf(modules: readonly string[], extra = ''): string {
  const stages = modules.map((module) => {
    const name = nameOf(module);
    return `  ${name}: { module: ${module}, outputs: { o: out/${name}.json }${extra} }\n`;
  });
  return `version: 1\nstages:\n${stages.join('')}`;
}

function nameOf(module: string): string {
  return (module.split('/').at(-1) ?? '').replaceAll('.', '-');
}

const WORKER = `
import { parentPort, workerData } from 'node:worker_threads';
import { triple } from './triple.ts';
const answer: number = triple(workerData as number);
parentPort?.postMessage([answer, import.meta.url.split('/').at(-1)]);
`;

/** What a message of a worker, made by an expression, says. */
function askingWorker(expression: string): string {
  return telling(
    'await ask()',
    `import { Worker } from 'node:worker_threads';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
const ask = () => new Promise((resolve, reject) => {
  const worker = ${expression};
  worker.on('error', reject).on('message', resolve);
});`,
  );
}

const MODULES: Readonly<Record<string, string>> = {
  'stages/place.ts': telling(
    `[import.meta.url, import.meta.dirname, import.meta.filename, import.meta.resolve('./x.js'),
      words, helper, Object.keys(meta), "import.meta.url"]`,
    `import { readFileSync } from 'node:fs';
import { helper } from './lib/helper.ts';
const words = readFileSync(new URL('./words.txt', import.meta.url), 'utf8');
const meta = import.meta;`,
  ),
  'stages/lib/helper.ts':
    'const { filename } = import.meta;\nexport const helper = [filename, import.meta.dirname];\n',
  'stages/words.txt': 'pear\n',
  // CommonJS.
  'stages/common.ts': telling(
    '[all, two, one.tool(), named.size, dflt]',
    `import one, { two } from './tool.cjs';
import * as named from './tool.cjs';
import dflt from './marked.cjs';
const all = one.folder;`,
  ),
  'stages/tool.cjs': `#!/usr/bin/env node
'use strict';
const fs = require('node:fs');
const path = require('path');
const { name } = require('./name.json');
const other = require('./other.cjs');
const pad = require('left-pad');
module.exports = {
  tool: () => [typeof fs.readFileSync, path.basename(__filename), name, other.seen, pad, require.main === module],
  two: 2, size: 3, folder: [__dirname, module.filename, require.resolve('./name.json')],
};
`,
  'stages/name.json': '{ "name": "json" }\n',
  'stages/other.cjs': 'exports.seen = require("./tool.cjs").two === undefined;\n',
  'stages/marked.cjs': 'exports.__esModule = true;\nexports.default = 1;\nexports.other = 2;\n',
  'stages/entry.cjs':
    "const { writeFileSync } = require('node:fs');\nexports.run = (c) => writeFileSync(c.outputs.o, JSON.stringify(__dirname));\n",
  'stages/assigned.cjs':
    "module.exports = { run: async (c) => require('fs').writeFileSync(c.outputs.o, '\"assigned\"') };\n",
  'stages/typed.cts': `import fs = require('node:fs');
export = { run(c: { outputs: { o: string } }): void { fs.writeFileSync(c.outputs.o, '"cts"'); } };
`,
  'stages/plain.js':
    "const fs = require('fs');\nmodule.exports.run = (c) => fs.writeFileSync(c.outputs.o, '\"js\"');\n",
  'stages/module.mts': telling("'mts'"),
  // createRequire, packages, JSON.
  'stages/required.ts': telling(
    "[require('left-pad'), require('./tool.cjs').two, load('./name.json').name, require.resolve('./name.json'), direct, dual, require('dual')]",
    `import { createRequire, createRequire as make } from 'node:module';
import dual from 'dual';
const require = createRequire(import.meta.url);
const load = make(import.meta.filename);
const direct = createRequire(import.meta.url)('./other.cjs').seen;`,
  ),
  'stages/imported.ts': telling(
    "[name.name, pad, inner.size, (await import('./late.ts')).late, basename('a/b'), hash.length, self.mine, awaited]",
    `import name from './name.json' with { type: 'json' };
import pad from 'left-pad';
import * as inner from '#inner';
import { basename } from 'path';
import { createHash } from 'node:crypto';
import * as self from 'my-project/mine';
const hash = createHash('sha256').digest('hex');
const awaited = await Promise.resolve('awaited');`,
  ),
  'stages/late.ts': "export const late: string = 'late';\n",
  'stages/inner.ts': 'export const size = 4;\n',
  'stages/mine.ts': "export const mine: string = 'mine';\n",
  'stages/optional.ts': telling('found', "import found from './maybe.cjs';"),
  'stages/maybe.cjs':
    "try { module.exports = require('not-installed'); } catch (e) { module.exports = e.code; }\n",
  'stages/linked.ts': telling(
    '[shared(1), place]',
    "import { shared, place } from '@team/shared';",
  ),
  // Threads and processes.
  'stages/thread.ts': askingWorker(
    "new Worker(new URL('./w.ts', import.meta.url), { workerData: 2 })",
  ),
  'stages/joined.ts': askingWorker(
    "new Worker(join(import.meta.dirname, 'w.ts'), { workerData: 3 })",
  ),
  'stages/itself.ts': `import { writeFileSync } from 'node:fs';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
if (!isMainThread) parentPort?.postMessage('itself');
export async function run(context: { outputs: { o: string } }): Promise<void> {
  const worker = new Worker(fileURLToPath(import.meta.url));
  const message = await new Promise((resolve) => worker.once('message', resolve));
  writeFileSync(context.outputs.o, JSON.stringify(message));
}
`,
  'stages/inline.ts': askingWorker(
    `new Worker("require('node:worker_threads').parentPort.postMessage('inline')", { eval: true })`,
  ),
  'stages/forked.ts': telling(
    'await ask()',
    `import { fork } from 'node:child_process';
const ask = () => new Promise((resolve, reject) => {
  const child = fork(new URL('./child.mts', import.meta.url), ['7']);
  child.on('error', reject).on('message', resolve);
});`,
  ),
  'stages/spawned.ts': telling(
    'execFileSync(process.execPath, [child, "2"], { encoding: "utf8" })',
    `import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
const child = fileURLToPath(new URL('./printing.ts', import.meta.url));`,
  ),
  // Nothing to read, for itself and for who is started by it: not what the engine tells its worker.
  'stages/stdin.ts': telling(
    "[readFileSync(0, 'utf8'), execSync('cat', { stdio: ['inherit', 'pipe', 'inherit'] }).toString()]",
    "import { readFileSync } from 'node:fs';\nimport { execSync } from 'node:child_process';",
  ),
  'stages/printing.ts':
    "const text: string = process.argv[2] ?? '';\nprocess.stdout.write(text + import.meta.dirname);\n",
  'stages/child.mts':
    "import { triple } from './triple.ts';\nprocess.send?.([triple(Number(process.argv[2])), import.meta.dirname]);\n",
  'stages/w.ts': WORKER,
  'stages/triple.ts': 'export const triple = (n: number): number => n * 3;\n',
};

const PACKAGES: Readonly<Record<string, string>> = {
  '../node_modules/left-pad/package.json': '{ "name": "left-pad", "version": "1.3.0" }',
  '../node_modules/left-pad/index.js': "module.exports = 'padded';\n",
  '../node_modules/.pnpm/dual@2.0.0/node_modules/dual/package.json':
    '{ "name": "dual", "version": "2.0.0", "exports": { "import": "./i.mjs", "require": "./r.cjs" } }',
  '../node_modules/.pnpm/dual@2.0.0/node_modules/dual/i.mjs':
    "import dep from 'dep';\nexport default 'imported ' + dep;\n",
  '../node_modules/.pnpm/dual@2.0.0/node_modules/dual/r.cjs': "module.exports = 'required';\n",
  '../node_modules/.pnpm/dual@2.0.0/node_modules/dep/package.json':
    '{ "name": "dep", "version": "0.1.0" }',
  '../node_modules/.pnpm/dual@2.0.0/node_modules/dep/index.js': "module.exports = 'dep';\n",
  '../shared/package.json':
    '{ "name": "@team/shared", "version": "1.0.0", "type": "module", "exports": "./src/index.ts", "sideEffects": false }',
  '../shared/src/index.ts':
    "import './effect.ts';\nexport const shared = (n: number): number => n + (globalThis as never as { effect: number }).effect;\nexport const place: string = import.meta.filename;\n",
  '../shared/src/effect.ts': '(globalThis as never as { effect: number }).effect = 41;\n',
  '../package-lock.json': JSON.stringify({
    lockfileVersion: 3,
    packages: { 'node_modules/left-pad': { version: '1.3.0', integrity: 'sha512-x' } },
  }),
  'page.njk': '"{{ name }}"\n',
  'stages/own.cjs':
    'exports.main = ({ args }) => { console.log(__filename, args.join()); return 3; };\n',
  'package.json': JSON.stringify({
    name: 'my-project',
    type: 'module',
    imports: { '#inner': './stages/inner.ts' },
    exports: { './mine': './stages/mine.ts' },
  }),
  // A .js module below is CommonJS by its own package.json.
  'stages/package.json':
    '{ "name": "my-project", "imports": { "#inner": "./inner.ts" }, "exports": { "./mine": "./mine.ts" } }',
};

const STAGES = Object.keys(MODULES).filter((path) =>
  /function run|run\b.*=>|run\(c/.test(MODULES[path] ?? ''),
);

/** What else runs in a workspace: a shell, a template, a command of its own. */
const OTHERS = `  shell: { command: "cat {{ inputs.x }} > {{ outputs.o }}; cat stages/words.txt", inputs: { x: stages/words.txt }, outputs: { o: out/shell.json } }
  page: { template: page.njk, outputs: { o: out/page.json } }
commands: { own: { module: stages/own.cjs } }
`;

/** A name with everything that means something in addresses, shells, patterns or JSON. */
const ODD = `it's 100% #1 a?b [x] {y} "q" $HOME é;&*/ws`;

function makeProject(inner: string): Workspace {
  const workspace = makeWorkspace(
    { ...MODULES, ...PACKAGES, 'pipeline.yaml': pipelineOf(STAGES) + OTHERS },
    undefined,
    inner,
  );
  const modules = join(workspace.path, '../node_modules');
  symlinkSync('.pnpm/dual@2.0.0/node_modules/dual', join(modules, 'dual'));
  mkdirSync(join(modules, '@team'));
  symlinkSync('../../shared', join(modules, '@team/shared'));
  return workspace;
}

describe.each([
  ['a folder with an ordinary name', 'plain/ws'],
  ['a folder whose name has odd characters', ODD],
])('modules of stages, in %s', (_, inner) => {
  let workspace: Workspace;
  let result: CommandResult;
  beforeAll(async () => {
    workspace = makeProject(inner);
    result = await workspace.run(['--keep-going', '--audit']);
  }, 60_000);

  const told = (stage: string): unknown => JSON.parse(workspace.read(`out/${stage}.json`));
  const at = (path: string) => join(workspace.path, path);

  it('all run', () => {
    expect(result.stdout + result.stderr).not.toContain('[failed]');
    expect(result).toMatchObject({ code: 0, executed: STAGES.length + 2 });
    expect(workspace.read('out/shell.json')).toBe('pear\n');
    expect(told('page')).toBe('page');
  });

  it('are commands of the workspace too', async () => {
    const { code, stdout } = await workspace.start(['own', 'a', 'b']).result;
    expect({ code, stdout }).toEqual({ code: 3, stdout: `${at('stages/own.cjs')} a,b\n` });
  });

  it('know where they and their helpers are', () => {
    expect(told('place-ts')).toEqual([
      pathToFileURL(at('stages/place.ts')).href,
      at('stages'),
      at('stages/place.ts'),
      pathToFileURL(at('stages/x.js')).href,
      'pear\n',
      [at('stages/lib/helper.ts'), at('stages/lib')],
      expect.arrayContaining(['dirname', 'filename', 'resolve', 'url']),
      'import.meta.url',
    ]);
    const warnings = (result.stdout + result.stderr).match(/.*which it does not declare/g);
    expect(warnings).toEqual([expect.stringContaining('place-ts: reads stages/words.txt')]);
  });

  it('use CommonJS helpers, and may be CommonJS themselves', () => {
    expect(told('common-ts')).toEqual([
      [at('stages'), at('stages/tool.cjs'), at('stages/name.json')],
      2,
      ['function', 'tool.cjs', 'json', true, 'padded', false],
      3,
      { default: 1, other: 2, __esModule: true },
    ]);
    expect(told('entry-cjs')).toBe(at('stages'));
    expect(told('assigned-cjs')).toBe('assigned');
    expect(told('typed-cts')).toBe('cts');
    expect(told('plain-js')).toBe('js');
    expect(told('module-mts')).toBe('mts');
  });

  it('load packages, JSON and each other in every way of Node', () => {
    expect(told('required-ts')).toEqual([
      'padded',
      2,
      'json',
      at('stages/name.json'),
      false,
      'imported dep',
      'required',
    ]);
    expect(told('imported-ts')).toEqual(['json', 'padded', 4, 'late', 'b', 64, 'mine', 'awaited']);
    expect(told('optional-ts')).toBe('MODULE_NOT_FOUND');
    expect(told('linked-ts')).toEqual([42, join(dirname(workspace.path), 'shared/src/index.ts')]);
  });

  it('start threads and processes of modules beside them', () => {
    expect(told('thread-ts')).toEqual([6, 'w.ts']);
    expect(told('joined-ts')).toEqual([9, 'w.ts']);
    expect(told('itself-ts')).toBe('itself');
    expect(told('inline-ts')).toBe('inline');
    expect(told('forked-ts')).toEqual([21, at('stages')]);
    expect(told('stdin-ts')).toEqual(['', '']);
    expect(told('spawned-ts')).toBe(`2${at('stages')}`);
  });

  it('run nothing again in a second run, nor where the whole project has moved', async () => {
    expect(await workspace.run()).toMatchObject({ executed: 0, cached: STAGES.length + 2 });
    const moved = makeWorkspace({}, undefined, 'elsewhere');
    renameSync(dirname(workspace.path), moved.path);
    const there = join(moved.path, 'ws');
    const after = await moved.start(['run', '-C', there]).result;
    renameSync(moved.path, dirname(workspace.path));
    expect(after).toMatchObject({ executed: 0, cached: STAGES.length + 2 });
  });

  it('run again where what they reach changes', async () => {
    workspace.edit('stages/triple.ts', 'n * 3', 'n * 4');
    workspace.edit('stages/other.cjs', '.two === undefined', '.two !== 2');
    workspace.edit('../shared/src/effect.ts', '41', '1');
    const again = await workspace.run();
    expect(again.executed).toBe(6);
    expect(told('thread-ts')).toEqual([8, 'w.ts']);
    expect(told('forked-ts')).toEqual([28, at('stages')]);
    expect(told('linked-ts')).toEqual([2, expect.any(String)]);
  });
});

describe('a package', () => {
  const packageAt = (folder: string, value: string) => ({
    [`${folder}/package.json`]: `{ "name": "pad", "version": "${value}.0.0" }`,
    [`${folder}/index.js`]: `module.exports = ${value};\n`,
  });
  const files = {
    'pipeline.yaml': pipelineOf(['tools/a.ts', 'b.ts']),
    'tools/a.ts': telling(
      '[pad, outer]',
      "import pad from 'pad';\nimport { outer } from '../../lib/outer.ts';",
    ),
    '../lib/outer.ts': "import pad from 'pad';\nexport const outer: number = pad;\n",
    'b.ts': telling(
      '[pad, await ask()]',
      `import pad from 'pad';
import { Worker } from 'node:worker_threads';
const ask = () => new Promise((resolve, reject) => {
  new Worker(new URL('./w.ts', import.meta.url)).on('error', reject).on('message', resolve);
});`,
    ),
    'w.ts':
      "import pad from 'pad';\nimport { parentPort } from 'node:worker_threads';\nconst value: number = pad;\nparentPort?.postMessage([value, import.meta.filename]);\n",
    ...packageAt('node_modules/pad', '1'),
    ...packageAt('tools/node_modules/pad', '2'),
    ...packageAt('../lib/node_modules/pad', '3'),
  };

  it.each([false, true])(
    'is that which Node finds from who imports it, also where .pipeline is a link: %s',
    async (linked) => {
      const workspace = makeWorkspace(files, undefined, 'ws');
      if (linked) {
        mkdirSync(join(workspace.path, '../disk'));
        symlinkSync('../disk', join(workspace.path, '.pipeline'));
      }
      expect(await workspace.run(['--strict'])).toMatchObject({ code: 0, executed: 2 });
      expect(JSON.parse(workspace.read('out/a-ts.json'))).toEqual([2, 3]);
      const thread = [1, join(workspace.path, 'w.ts')];
      expect(JSON.parse(workspace.read('out/b-ts.json'))).toEqual([1, thread]);
      workspace.edit('../lib/node_modules/pad/package.json', '3.0.0', '4.0.0');
      expect(await workspace.run()).toMatchObject({ code: 0, executed: 1 });
    },
  );
});

describe('what cannot run as in Node is a mistake that says what to do', () => {
  it('paths of tsconfig.json, computed requires, packages that are nowhere', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': pipelineOf(['alias.ts', 'computed.ts', 'absent.ts']),
      'tsconfig.json': '{ // comment\n"compilerOptions": { "paths": { "@lib/*": ["./lib/*"] } } }',
      'alias.ts': telling('x', "import { x } from '@lib/x';"),
      'computed.ts': telling('x', "import x from './some.cjs';"),
      'some.cjs': 'const name = process.argv[9];\nmodule.exports = require(name);\n',
      'absent.ts': telling('x', "import x from 'left-pad';"),
    });
    const { code, stderr } = await workspace.run(['--keep-going']);
    expect(code).toBe(2);
    expect(stderr).toContain('alias.ts:1:19');
    expect(stderr).toContain(
      '"@lib/x" is a path of tsconfig.json ("@lib/*"), which Node does not resolve',
    );
    expect(stderr).toContain('"imports": { "#lib/*": … } in package.json');
    expect(stderr).toContain('some.cjs:2:18');
    expect(stderr).toContain('a computed require cannot be followed');
    expect(stderr).toContain('npm install left-pad');
  });

  it('CommonJS that is not written for strict mode', async () => {
    const files = {
      'pipeline.yaml': pipelineOf(['set.ts']),
      'set.ts': telling('count()', "import count from './count.cjs';"),
      'count.cjs': 'module.exports = () => { total = 0; return total; };\n',
    };
    const setting = makeWorkspace(files);
    const scoping = makeWorkspace({ ...files, 'count.cjs': 'with ({}) { module.exports = 1; }\n' });
    const [late, early] = await Promise.all([setting.run(), scoping.run()]);
    expect(late.stdout + late.stderr).toContain('a variable must be declared before it is set');
    expect(early.code).toBe(2);
    expect(early.stderr).toContain('fix: write it for strict mode');
  });

  it('an error of a stage names the line of the source, in helpers, threads and CommonJS too', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': pipelineOf(['a.ts', 'b.ts', 'c.ts']),
      'a.ts': telling('fail()', "import { fail } from './lib/fail.ts';"),
      'lib/fail.ts':
        'interface A { b: number }\n// import.meta\nexport function fail(): A {\n  console.log(import.meta.url);\n  throw new Error("helper broke");\n}\n',
      'b.ts': telling('fail()', "import fail from './fail.cjs';"),
      'fail.cjs':
        "const fs = require('fs');\n\nmodule.exports = () => { throw new Error('common broke'); };\n",
      'c.ts': askingWorker("new Worker(new URL('./broken.ts', import.meta.url))"),
      'broken.ts': 'interface A { b: number }\ntype B = A;\n\nthrow new Error("thread broke");\n',
    });
    const { code, stdout, stderr } = await workspace.run(['--keep-going']);
    expect(code).toBe(1);
    const text = stdout + stderr;
    for (const place of ['lib/fail.ts:5:9', 'fail.cjs:3:32', 'broken.ts:4:7']) {
      expect(text).toContain(join(workspace.path, place));
    }
  });
});

describe('a module behind a link', () => {
  it('is where the link leads, and another one where that changes', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': pipelineOf(['link.ts']),
      'a/stage.ts': telling('[v, import.meta.dirname]', "import { v } from './v.mjs';"),
      'a/v.mjs': "export const v = 'a';\n",
      'b/stage.ts': telling('[v, import.meta.dirname]', "import { v } from './v.mjs';"),
      'b/v.mjs': "export const v = 'b';\n",
    });
    const link = join(workspace.path, 'link.ts');
    for (const folder of ['a', 'b']) {
      rmSync(link, { force: true });
      symlinkSync(`${folder}/stage.ts`, link);
      expect(await workspace.run()).toMatchObject({ code: 0, executed: 1 });
      expect(JSON.parse(workspace.read('out/link-ts.json'))).toEqual([
        folder,
        join(workspace.path, folder),
      ]);
    }
  });
});
