import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REPOSITORY } from '../../fixtures/project.ts';
import { removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';
import { makeCommandsWorkspace, toolsOnly, writeTool } from './engines-workspace.ts';

let workspace: Workspace;
beforeAll(() => {
  workspace = makeCommandsWorkspace();
  const modules = join(workspace.path, 'node_modules');
  mkdirSync(modules);
  symlinkSync(join(REPOSITORY, 'node_modules/onnxruntime-node'), join(modules, 'onnxruntime-node'));
  writeTool(workspace, 'c++', "console.log('c++ 12.2.0')");
});
afterAll(removeWorkspaces);

interface Report {
  readonly host: { readonly node: string; readonly threads: number };
  readonly engines: readonly {
    readonly engine: string;
    readonly packages: readonly { readonly name: string; readonly version: string }[];
    readonly devices: readonly {
      readonly device: string;
      readonly works: boolean;
      readonly detail: string;
      readonly remedy: string | null;
    }[];
  }[];
  readonly tools: readonly { readonly tool: string; readonly found: unknown }[];
}

const doctor = (...args: string[]) =>
  workspace.start(['doctor', ...args], { env: toolsOnly(workspace) }).result;
const report = async () => JSON.parse((await doctor('--json')).stdout) as Report;

describe('pipeline doctor', () => {
  it('lists engines, devices, versions and threads in 80 columns, and prints nothing else', async () => {
    const { code, stdout, stderr } = await doctor();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(new RegExp(`^Node +${process.versions.node}$`, 'm'));
    expect(stdout).toMatch(/^Threads +\d+,/m);
    expect(stdout).toMatch(/^Engine onnx: onnxruntime-node \d+\.\d+\.\d+$/m);
    expect(stdout).toMatch(/^ {2}cpu +works: (blocked|plain) layout/m);
    expect(stdout).toMatch(/^Engine tfjs: not installed$/m);
    expect(stdout).toContain('→ npx pipeline engines install tfjs-node --gpu');
    expect(stdout).toMatch(/^Engine webgpu: not installed$/m);
    expect(stdout).toContain('→ npm install --save-dev webgpu@');
    expect(stdout).toMatch(/^ {2}compiler +12\.2\.0 \(c\+\+\)$/m);
    expect(stdout).toMatch(/^ {2}npm +missing: npm, which comes with Node\.js/m);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('gives every device that does not work a reason and a remedy', async () => {
    const { engines, host, tools } = await report();
    expect(host.threads).toBeGreaterThan(0);
    expect(
      engines.map(({ engine, devices }) => [engine, ...devices.map((each) => each.device)]),
    ).toEqual([
      ['onnx', 'cpu', 'cuda'],
      ['tfjs', 'cpu', 'cuda'],
      ['webgpu', 'gpu'],
    ]);
    for (const { works, detail, remedy } of engines.flatMap(({ devices }) => devices)) {
      if (!works)
        expect([detail, remedy]).toEqual([expect.stringMatching(/./), expect.any(String)]);
    }
    expect(tools.filter(({ found }) => found !== null).map(({ tool }) => tool)).toEqual([
      'compiler',
    ]);
  });

  it('tells of an installed package that does not work why, and how to mend it', async () => {
    workspace.write(
      'node_modules/@tensorflow/tfjs-node/package.json',
      '{"version": "4.22.0", "main": "index.js"}',
    );
    workspace.write('node_modules/@tensorflow/tfjs-node/index.js', "throw new Error('no binding')");
    workspace.write('node_modules/@tensorflow/tfjs/package.json', '{"version": "4.21.0"}');
    const { engines } = await report();
    expect(engines[1]).toMatchObject({
      packages: [
        { name: '@tensorflow/tfjs-node', version: '4.22.0' },
        { name: '@tensorflow/tfjs', version: '4.21.0' },
      ],
      devices: [
        {
          device: 'cpu',
          works: false,
          detail: 'no binding',
          remedy: 'npx pipeline engines install tfjs-node',
        },
        { device: 'cuda', works: false },
      ],
    });
    workspace.remove('node_modules/@tensorflow/tfjs-node');
    const { stdout } = await doctor();
    expect(stdout).toMatch(/^ {2}cpu +works: in JavaScript alone/m);
    expect(stdout).toContain('→ npx pipeline engines install tfjs-node\n');
  });

  it('refuses an option that it does not know', async () => {
    const { code, stderr } = await doctor('--fix');
    expect(code).toBe(1);
    expect(stderr).toContain('Usage: pipeline doctor [--json]');
  });
});
