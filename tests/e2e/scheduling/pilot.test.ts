import { afterAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../pipeline/progress/events.ts';
import {
  makeWorkspace,
  nodesThat,
  parseEvents,
  removeWorkspaces,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const files = {
  'pipeline.yaml': `version: 1
params: { size: 1000 }
profiles:
  main: { pilot: { size: 1 } }
stages:
  make: { command: 'seq {{ size }} > {{ outputs.o }}', outputs: { o: out/data } }
  part: { module: part.ts, matrix: { i: [1, 2, 3] }, inputs: { i: { from: make, output: o } }, outputs: { o: "out/{{ i }}" } }
  all: { command: 'cat {{ inputs.i }} > {{ outputs.o }}', inputs: { i: { from: part, output: o } }, outputs: { o: out/all } }
`,
  'part.ts': `
import { readFileSync, writeFileSync } from 'node:fs';
export function run(c) {
  const lines = readFileSync(c.inputs.i[0].path, 'utf8').trim().split('\\n').length;
  writeFileSync(c.outputs.o, 'part ' + c.cell.i + ' of ' + lines + '\\n');
}
`,
};

/** The events of the pilot and those of the run itself. */
function splitRuns(events: readonly RunEvent[]): RunEvent[][] {
  const end = events.findIndex(({ type }) => type === 'run-finished') + 1;
  return [events.slice(0, end), events.slice(end)];
}

describe('run --pilot', () => {
  it('tries one node of each stage with the pilot’s values, apart, and then runs all', async () => {
    const workspace = makeWorkspace(files);
    const result = await workspace.run(['--pilot', '--json']);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const [pilot = [], run = []] = splitRuns(parseEvents(result));
    expect(nodesThat(pilot, 'executed')).toEqual(['make', 'part/1', 'all']);
    expect(nodesThat(run, 'executed').sort()).toEqual([
      'all',
      'make',
      'part/1',
      'part/2',
      'part/3',
    ]);
    expect(workspace.read('.pipeline/pilot/outputs/out/all')).toBe('part 1 of 1\n');
    expect(workspace.read('out/all')).toBe('part 1 of 1000\npart 2 of 1000\npart 3 of 1000\n');
    expect(workspace.list('.pipeline/pilot/tmp')).toEqual([]);

    const before = await workspace.digests();
    expect((await workspace.run(['--pilot'])).stdout).not.toContain('no stage makes');
    const again = await workspace.run(['--pilot', '--force', '--json', 'part/2']);
    expect(nodesThat(splitRuns(parseEvents(again))[0] ?? [], 'executed')).toEqual([
      'make',
      'part/2',
    ]);
    expect(await workspace.digests()).toEqual(before);
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 0, cached: 5 });
  });

  it('starts nothing of the run when the pilot fails, and leaves its outputs and hits as they are', async () => {
    const workspace = makeWorkspace(files);
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 5 });
    const outputs = workspace.list('out').map((path) => workspace.read(path));
    const records = workspace.list('.pipeline/cache/actions');
    workspace.edit('part.ts', "'part '", 'missing + ');
    const { code, stdout } = await workspace.run(['--pilot']);
    expect(code).toBe(1);
    expect(stdout).toContain('the pilot failed, so nothing of the run itself was started');
    expect(stdout).toContain('ReferenceError: missing is not defined');
    expect(stdout.match(/\[start\] .*/g)).toEqual(['[start] make', '[start] part/1']);
    expect(workspace.list('out').map((path) => workspace.read(path))).toEqual(outputs);
    expect(workspace.list('.pipeline/cache/actions')).toEqual(records);
    workspace.edit('part.ts', 'missing + ', "'part '");
    expect(await workspace.run()).toMatchObject({ code: 0, executed: 0, cached: 5 });
  });

  it('needs values to try, and does nothing else', async () => {
    const workspace = makeWorkspace(files);
    workspace.edit('pipeline.yaml', 'main: { pilot: { size: 1 } }', 'main: {}');
    const { code, stderr } = await workspace.run(['--pilot']);
    expect(code).toBe(2);
    expect(stderr).toContain('pipeline.yaml:4:3');
    expect(stderr).toContain('the profile "main" has no pilot');
    expect((await workspace.run(['--pilot', '--dry-run'])).code).toBe(2);
    expect(workspace.list('out')).toEqual([]);
  });
});
