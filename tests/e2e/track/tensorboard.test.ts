import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import {
  inner,
  innerAll,
  numberIn,
  readEventFile,
  readScalars,
} from '../../fixtures/event-file.ts';
import { makeTrackedWorkspace } from '../../fixtures/tracked.ts';
import { removeWorkspaces, type Workspace } from '../../fixtures/workspace.ts';

afterAll(removeWorkspaces);

const python = process.env['TENSORBOARD_PYTHON'] ?? 'python3';
const hasTensorBoard =
  spawnSync(python, ['-c', 'import tensorboard, google.protobuf']).status === 0;

function eventFile(workspace: Workspace): string {
  const [file = ''] = workspace.list('tensorboard');
  return join(workspace.path, file);
}

it('shows an experiment in TensorBoard, without a step twice over a kill and a longer training', async () => {
  const workspace = makeTrackedWorkspace('tensorboard: {}');
  // The training dies with its engine at step 7, when its checkpoint is at 4.
  workspace.makeGate('gate');
  const { child, result } = workspace.start(['run'], { detached: true });
  const handle = await workspace.arrival('gate');
  await workspace.until(
    () =>
      workspace.exists('tensorboard') &&
      workspace.list('tensorboard').length > 0 &&
      readScalars(eventFile(workspace))['loss']?.at(-1)?.[0] === 7,
  );
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  await result;
  await handle.close();
  await workspace.untilDeserted();
  workspace.remove('gate');
  expect(await workspace.run()).toMatchObject({ code: 0, failed: 0 });
  expect(await workspace.run(['--set', 'steps=14'])).toMatchObject({ code: 0, failed: 0 });
  expect(await workspace.run(['--set', 'steps=14'])).toMatchObject({ executed: 0 });

  expect(workspace.list('tensorboard')).toHaveLength(1);
  const path = eventFile(workspace);
  const scalars = readScalars(path);
  const steps = Array.from({ length: 14 }, (_, i) => i + 1);
  expect(scalars['loss']?.map(([step]) => step)).toEqual(steps);
  expect(scalars['curve/accuracy']?.map(([step]) => step)).toEqual(steps);
  expect(scalars['curve/accuracy']?.[1]).toEqual([2, 0.5]);
  expect(scalars['summary/best']).toEqual([
    [10, Math.fround(0.1)],
    [14, Math.fround(1 / 14)],
  ]);

  const events = readEventFile(path);
  expect(String(inner(events[0] ?? Buffer.alloc(0), 3))).toBe('brain.Event:2');
  const summaries = events.flatMap((event) => innerAll(inner(event, 5), 1));
  const byTag = (tag: string) => summaries.filter((value) => String(inner(value, 1)) === tag);
  const [start = Buffer.alloc(0)] = byTag('_hparams_/session_start_info');
  expect(String(inner(start, 9, 1, 1))).toBe('hparams');
  const params = innerAll(inner(start, 9, 1, 2, 3), 1).map((entry) => String(inner(entry, 1)));
  expect(params).toEqual(['rate', 'steps']);
  expect(byTag('_hparams_/session_end_info')).not.toEqual([]);
  const [image = Buffer.alloc(0)] = byTag('picture').map((value) => inner(value, 4));
  expect([numberIn(image, 2), numberIn(image, 1)]).toEqual([2, 1]);
  expect(inner(image, 4).toString('latin1', 1, 4)).toBe('PNG');
  const graphs = events.map((event) => inner(event, 4)).filter(({ length }) => length > 0);
  const nodes = graphs.flatMap((graph) => innerAll(graph, 1));
  expect(nodes.map((node) => [1, 2, 3].map((field) => String(inner(node, field))))).toEqual([
    ['input', 'input', ''],
    ['0.conv', 'conv', 'input'],
    ['1.dense', 'dense', '0.conv'],
  ]);
  // All was taken, so the journals are gone; what is known of the experiment is not.
  expect(workspace.list('.pipeline/track').filter((one) => /journal/.test(one))).toEqual([]);
  const rows = workspace.list('.pipeline/runs').filter((one) => one.endsWith('metrics.jsonl'));
  const measured = rows.flatMap((one) => workspace.read(one).trim().split('\n'));
  expect(JSON.parse(measured[0] ?? '')).toMatchObject({
    node: 'train/0.1',
    step: 1,
    epoch: 0,
    values: { loss: 1 },
  });

  await readByPython(path);
});

async function readByPython(path: string): Promise<void> {
  if (!hasTensorBoard) {
    console.log('Python has no tensorboard here (pip install tensorboard; TENSORBOARD_PYTHON)');
    return;
  }
  const script = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
read = EventAccumulator(sys.argv[1], size_guidance={"tensors": 0}).Reload()
tags = read.Tags()
print(json.dumps([[e.step for e in read.Tensors("loss")], tags["images"], tags["graph"]]))`;
  const { stdout, stderr } = spawnSync(python, ['-c', script, path], { encoding: 'utf8' });
  const steps = Array.from({ length: 14 }, (_, i) => i + 1);
  expect(stdout === '' ? stderr : JSON.parse(stdout)).toEqual([steps, ['picture'], true]);
}

it('finds mistakes in trackers and --tracker, and tells nobody with none', async () => {
  const workspace = makeTrackedWorkspace('tensorboard: {}');
  workspace.edit('pipeline.yaml', 'curves: log', 'curves: lgo');
  const mistaken = await workspace.run();
  expect(mistaken.code).toBe(2);
  expect(mistaken.stderr).toContain('stage "train" has no output "lgo"');
  expect(mistaken.stderr).toContain('did you mean "log"');
  workspace.edit('pipeline.yaml', 'curves: lgo', 'curves: log');
  const unknown = await workspace.run(['--tracker', 'tensorbord']);
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toContain('did you mean "tensorboard"');
  expect(await workspace.run(['--tracker', 'none'])).toMatchObject({ code: 0 });
  expect(workspace.exists('tensorboard')).toBe(false);
  expect(workspace.exists('.pipeline/track')).toBe(false);
});
