/** A workspace with this project's commands, and small programs in the place of npm, pip and c++. */

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { REPOSITORY } from '../../fixtures/project.ts';
import { type CommandResult, makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';

/** A workspace that has the real commands, and nothing in its node_modules. */
export function makeCommandsWorkspace(): Workspace {
  const copied = ['pipeline.yaml', 'package.json', 'package-lock.json'].map((name) => [
    name,
    readFileSync(join(REPOSITORY, name), 'utf8'),
  ]);
  const workspace = makeWorkspace(Object.fromEntries(copied));
  for (const folder of ['commands', 'experiment', 'stages', 'templates']) {
    cpSync(join(REPOSITORY, folder), join(workspace.path, folder), { recursive: true });
  }
  return workspace;
}

/** Writes a program in Node into the workspace's folder `bin`, which {@link toolsOnly} puts on PATH. */
export function writeTool(workspace: Workspace, name: string, program: string): void {
  // The package above is one of ES modules, and these names have no ending.
  workspace.write('bin/package.json', '{ "type": "commonjs" }');
  workspace.write(`bin/${name}`, `#!${process.execPath}\n${program}`);
  chmodSync(join(workspace.path, 'bin', name), 0o755);
}

/** Variables with which only the programs of {@link writeTool}, and `more`, are found. */
export function toolsOnly(workspace: Workspace, ...more: string[]): Record<string, string> {
  return { PATH: [join(workspace.path, 'bin'), ...more].join(delimiter), CXX: '' };
}

/** `pipeline engines …args`, with the programs of the workspace only. */
export function engines(workspace: Workspace, args: readonly string[]): Promise<CommandResult> {
  const env = toolsOnly(workspace);
  return workspace.start(['engines', ...args], { env }).result;
}

/** Answers `--version`; on `npm ci` makes packages that only tell, by failing, what is in `deps`. */
export const FAKE_NPM = `
const { mkdirSync, writeFileSync } = require('node:fs');
const make = (path) => mkdirSync('node_modules/' + path, { recursive: true });
if (process.argv[2] === '--version') console.log('11.0.0');
else {
  make('node-api-headers/include');
  for (const name of ['tfjs-node', 'tfjs-node-gpu']) {
    const folder = 'node_modules/@tensorflow/' + name;
    make('@tensorflow/' + name);
    writeFileSync(folder + '/package.json', '{"version": "4.22.0", "main": "index.js"}');
    writeFileSync(folder + '/index.js', \`
      const deps = require('node:fs').readdirSync(__dirname + '/deps', { recursive: true });
      throw new Error('no kernels here, but ' + deps.sort().join(' '));
    \`);
  }
}
`;

/** A compiler of which every program is empty. */
export const FAKE_COMPILER = `
const { writeFileSync } = require('node:fs');
const args = process.argv.slice(2);
if (args[0] === '--version') console.log('c++ 12.2.0');
else writeFileSync(args[args.indexOf('-o') + 1], '');
`;

const realPython = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], {
  encoding: 'utf8',
});

/** The Python that reads and writes wheels; null where this machine has none. */
export const PYTHON = realPython.status === 0 ? realPython.stdout.trim() : null;

/** What a {@link writePython} pip reports and downloads. */
export interface FakeIndex {
  readonly wheel: Uint8Array;
  /** What the index says of the wheel; null where it says nothing. */
  readonly sha256: string | null;
}

const WHEEL = 'tensorflow_cpu-9.9.9-cp311-cp311-manylinux_2_27_x86_64.whl';

/** A Python without tensorflow, whose pip offers one wheel; other programs the real one runs. */
export function writePython(workspace: Workspace, { wheel, sha256 }: FakeIndex): void {
  workspace.write('index/wheel', wheel);
  const report = {
    install: [
      {
        metadata: { name: 'tensorflow-cpu', version: '9.9.9' },
        download_info: {
          url: `https://example.invalid/${WHEEL}`,
          archive_info: sha256 === null ? {} : { hashes: { sha256 } },
        },
      },
    ],
  };
  writeTool(
    workspace,
    'python3',
    `
const { spawnSync } = require('node:child_process');
const { copyFileSync, mkdirSync, writeFileSync } = require('node:fs');
const args = process.argv.slice(2);
const after = (name) => args[args.indexOf(name) + 1];
if (args.includes('--version')) console.log(args.includes('pip') ? 'pip 24.0' : 'Python 3.11.7');
else if (args[0] === '-c' && args.length === 2) console.log('');
else if (args[2] === 'install') writeFileSync(after('--report'), ${JSON.stringify(JSON.stringify(report))});
else if (args[2] === 'download') {
  mkdirSync(after('--dest'));
  copyFileSync(${JSON.stringify(join(workspace.path, 'index/wheel'))}, after('--dest') + '/${WHEEL}');
}
else process.exitCode = spawnSync(${JSON.stringify(PYTHON)}, args, { stdio: 'inherit' }).status;
`,
  );
}

/** The files of a wheel that has all that the binding needs. */
export const TENSORFLOW_FILES: Readonly<Record<string, string>> = {
  'tensorflow/libtensorflow_cc.so.2': 'code',
  'tensorflow/libtensorflow_framework.so.2': 'more code',
  'tensorflow/include/tensorflow/c/eager/c_api.h': '// declarations',
};

/** A wheel of these files with their digests in its RECORD, which `record` replaces. */
export function buildWheel(
  workspace: Workspace,
  files: Readonly<Record<string, string>>,
  record?: string,
): Uint8Array {
  const digest = (text: string) => createHash('sha256').update(text).digest('base64url');
  const lines = Object.entries(files).map(
    ([name, text]) => `${name},sha256=${digest(text)},${text.length}\n`,
  );
  const entries = { ...files, 'tensorflow_cpu-9.9.9.dist-info/RECORD': record ?? lines.join('') };
  const path = join(workspace.path, 'made.whl');
  const program = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    for name, text in json.loads(sys.argv[2]).items():
        wheel.writestr(name, text)
`;
  execFileSync(PYTHON ?? 'python3', ['-c', program, path, JSON.stringify(entries)]);
  return readFileSync(path);
}

/** A digest as an index tells it. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
