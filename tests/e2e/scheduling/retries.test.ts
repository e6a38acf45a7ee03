import { afterAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../pipeline/progress/events.ts';
import {
  makeWorkspace,
  nodesThat,
  parseEvents,
  removeWorkspaces,
} from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

/** Fails until it has been tried so often. */
const flaky = (times: number) =>
  `echo x >> tries; echo "try $(wc -l < tries)"; [ $(wc -l < tries) -ge ${times} ] && cp tries {{ outputs.o }}`;

function makeFlaky(times: number, retries: string) {
  return makeWorkspace({
    'pipeline.yaml': `version: 1
stages:
  flaky: { command: '${flaky(times)}', outputs: { o: out }, retries: ${retries} }
`,
  });
}

const retriesOf = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === 'node-retrying' ? [event] : []));

describe('a stage with retries', () => {
  it('is tried again after longer and longer waits, each attempt with a log of its own', async () => {
    const workspace = makeFlaky(3, '{ attempts: 4, backoff: 0.1s }');
    const result = await workspace.run(['--json']);
    expect(result).toMatchObject({ code: 0, executed: 1, failed: 0 });
    const retries = retriesOf(parseEvents(result));
    expect(retries.map(({ attempt, attempts }) => [attempt, attempts])).toEqual([
      [1, 5],
      [2, 5],
    ]);
    expect(retries.map(({ waitSeconds }) => waitSeconds)).toEqual([0.1, 0.2]);
    expect(retries[0]?.message).toBe('exited with status 1');
    expect(workspace.read(retries[0]?.log ?? '')).toContain('try 1');
    expect(workspace.read(retries[1]?.log ?? '')).toContain('try 2');
    const logs = workspace.list('.pipeline/runs').filter((path) => path.endsWith('.log'));
    expect(logs).toHaveLength(3);

    workspace.edit('pipeline.yaml', '{ attempts: 4, backoff: 0.1s }', '1');
    expect(await workspace.run()).toMatchObject({ code: 0, cached: 1 });
  });

  it('fails when all attempts have', async () => {
    const workspace = makeFlaky(9, '{ attempts: 1, backoff: 0.1s }');
    const { code, stdout } = await workspace.run();
    expect(code).toBe(1);
    expect(stdout).toContain('[retry] flaky: attempt 1 of 2 failed (exited with status 1)');
    expect(stdout).toContain('exited with status 1 (attempt 2 of 2)');
    expect(workspace.read('tries')).toBe('x\nx\n');
  });

  it('is not tried again when the run is interrupted while it waits', async () => {
    const workspace = makeFlaky(2, '{ attempts: 1, backoff: 2d }');
    const { child, result } = workspace.start(['run', '--json'], {
      onEvent: ({ type }) => type === 'node-retrying' && child.kill('SIGINT'),
    });
    const ended = await result;
    expect(ended).toMatchObject({ code: 130, executed: 0, failed: 0 });
    expect(nodesThat(parseEvents(ended), 'skipped')).toEqual(['flaky']);
    expect(workspace.read('tries')).toBe('x\n');
  });

  it('is not tried again when its input has changed', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  edits: { command: 'echo more >> {{ inputs.i }}; false', inputs: { i: input }, outputs: { o: out }, retries: 3 }
`,
      input: 'text\n',
    });
    expect(await workspace.run()).toMatchObject({ code: 1, failed: 1 });
    expect(workspace.read('input')).toBe('text\nmore\n');
  });

  it('is given up when another failure ends the run', async () => {
    const workspace = makeWorkspace({
      'pipeline.yaml': `version: 1
stages:
  waits: { command: 'false', outputs: { o: a }, retries: { attempts: 1, backoff: 2d } }
  fails: { command: 'cat gate; false', outputs: { o: b } }
`,
    });
    workspace.makeGate('gate');
    const { result } = workspace.start(['run', '--jobs', '2', '--json'], {
      onEvent: ({ type }) => {
        if (type === 'node-retrying') void workspace.arrival('gate').then((gate) => gate.close());
      },
    });
    const events = parseEvents(await result);
    expect(nodesThat(events, 'failed')).toEqual(['fails']);
    expect(nodesThat(events, 'skipped')).toEqual(['waits']);
  });
});
