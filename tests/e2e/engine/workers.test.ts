import { afterAll, describe, expect, it } from 'vitest';
import {
  makeWorkspace,
  nodesThat,
  parseEvents,
  removeWorkspaces,
  type Workspace,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

/** Five cells of a module, one after the other, each of which writes what it finds. */
function makeCells(code: string, extra = ''): Workspace {
  return makeWorkspace({
    'pipeline.yaml': `version: 1
stages:
  cell: { module: cell.ts, matrix: { i: [1, 2, 3, 4, 5] }, outputs: { o: "out/{{ i }}" }${extra} }
`,
    'cell.ts': `
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
let loads = 0;
loads += 1;
export async function run(c) {
  const write = (value) => fs.writeFileSync(c.outputs.o, JSON.stringify(value));
  ${code}
}
`,
  });
}

/** What the cells wrote, in the order of the cells. */
async function outputsOf(workspace: Workspace): Promise<unknown[]> {
  const result = await workspace.run(['--jobs', '1']);
  expect(result).toMatchObject({ code: 0, executed: 5, stderr: '' });
  return workspace.list('out').map((path) => JSON.parse(workspace.read(path)) as unknown);
}

describe('a worker process', () => {
  it('is used for one cell after the other, each of which finds its module as new', async () => {
    const written = await outputsOf(makeCells('write([process.pid, loads]);'));
    expect(new Set(written.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(written[0]).toEqual([expect.any(Number), 1]);
  });

  it('is one for each stage that asks for it', async () => {
    const written = await outputsOf(makeCells('write(process.pid);', ', process: fresh'));
    expect(new Set(written).size).toBe(5);
  });

  it('is one for the cells of a stage that shares it, whatever they leave, but for no others and not where it has GPUs', async () => {
    const code = 'write([process.pid, globalThis.left ?? null]); globalThis.left = c.cell.i;';
    const workspace = makeCells(code, ', process: shared');
    workspace.write(
      'pipeline.yaml',
      `${workspace.read('pipeline.yaml')}  own: { module: cell.ts, needs: [cell], outputs: { o: own } }
  gpu: { module: cell.ts, process: shared, resources: { gpus: 1 }, matrix: { i: [1, 2] }, outputs: { o: "gpu/{{ i }}" } }
`,
    );
    const result = await workspace.run(['--jobs', '1', '--gpus', '0']);
    expect(result).toMatchObject({ code: 0, executed: 8 });
    const written = workspace
      .list('out')
      .map((path) => JSON.parse(workspace.read(path)) as [number, unknown]);
    expect(new Set(written.map(([pid]) => pid)).size).toBe(1);
    expect(new Set(written.map(([, left]) => left)).size).toBe(5);
    expect(JSON.parse(workspace.read('own'))).toEqual([expect.any(Number), null]);
    for (const path of workspace.list('gpu')) {
      expect(JSON.parse(workspace.read(path))).toEqual([expect.any(Number), null]);
    }
  });

  it('is another one where the environment or the code differs', async () => {
    const stage = (name: string, more: string) =>
      `  ${name}: { module: ${name}.ts, outputs: { o: out/${name} }${more} }`;
    const code =
      "import { writeFileSync } from 'node:fs';\nexport const run = (c) => writeFileSync(c.outputs.o, JSON.stringify([process.pid, process.env.MODE ?? null]));\n";
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1\nstages:\n${[
        stage('a', ''),
        '  b: { module: a.ts, env: [MODE], outputs: { o: out/b } }',
        '  c: { module: a.ts, outputs: { o: out/c } }',
        stage('d', ''),
      ].join('\n')}\n`,
      'a.ts': code,
      'd.ts': `${code}export const other = 1;\n`,
    });
    const result = await workspace.run(['--jobs', '1'], { env: { MODE: 'fast' } });
    expect(result).toMatchObject({ code: 0, executed: 4 });
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(
      (name) => JSON.parse(workspace.read(`out/${name}`)) as [number, string | null],
    );
    expect([a?.[1], b?.[1], c?.[1]]).toEqual([null, 'fast', null]);
    expect(c?.[0]).toBe(a?.[0]);
    expect(new Set([a?.[0], b?.[0], d?.[0]]).size).toBe(3);
  });

  it.each([
    ['a variable', "write(process.env.LEFT ?? null); process.env.LEFT = 'x';"],
    ['another folder', 'write(process.cwd() === c.workspace ? null : 1); process.chdir("/");'],
    ['a global', 'write(globalThis.left ?? null); globalThis.left = 1;'],
    ['a changed method', 'write([].left ?? null); Array.prototype.left = 1;'],
    [
      'a changed function of Node',
      'const own = createRequire(c.workspace + "/x")("node:fs"); write(own.left ?? null); own.left = 1;',
    ],
    ['a listener', 'write(process.listenerCount("exit") || null); process.on("exit", () => {});'],
    [
      'a timer',
      'write(process.getActiveResourcesInfo().includes("Timeout") || null); setInterval(() => {}, 1000);',
    ],
  ])('is not used again by a stage that would find %s left behind', async (_, code) => {
    expect(await outputsOf(makeCells(code))).toEqual(Array(5).fill(null));
  });

  it('ends with the child processes that its stage left running', async () => {
    const workspace = makeCells(
      'spawn("sleep", ["1000"], { stdio: "inherit", cwd: c.workspace }); write(1);',
    );
    await outputsOf(workspace);
    await workspace.untilDeserted();
  });

  it('writes into the log of the stage that it runs, child processes included', async () => {
    const workspace = makeCells(
      'console.log("out", c.cell.i); console.error("err", c.cell.i); write(process.pid);',
    );
    const events = parseEvents(await workspace.run(['--jobs', '1', '--json']));
    const logs = events.flatMap((event) =>
      event.type === 'node-started' ? [workspace.read(event.log)] : [],
    );
    expect(logs).toEqual([1, 2, 3, 4, 5].map((i) => `out ${i}\nerr ${i}\n`));
    expect(new Set(workspace.list('out').map((path) => workspace.read(path))).size).toBe(1);
  });

  it('takes down no stage but its own', async () => {
    const workspace = makeCells(
      'if (c.cell.i === 2) process.exit(5); if (c.cell.i === 3) process.kill(process.pid, "SIGKILL"); if (c.cell.i === 4) throw new Error("broken"); write(1);',
    );
    const result = await workspace.run(['--jobs', '1', '--keep-going', '--json']);
    const events = parseEvents(result);
    expect(nodesThat(events, 'failed')).toEqual(['cell/2', 'cell/3', 'cell/4']);
    expect(nodesThat(events, 'executed')).toEqual(['cell/1', 'cell/5']);
    const messages = events.flatMap((event) =>
      event.type === 'node-failed' ? [event.message] : [],
    );
    expect(messages).toEqual([
      'exited with status 5',
      'was ended by SIGKILL (by the system where memory ran out, or by hand)',
      'exited with status 1',
    ]);
    expect(workspace.processes()).toEqual([]);
  });
});
