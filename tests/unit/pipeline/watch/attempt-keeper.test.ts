import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Inspection } from '../../../../pipeline/inspect/inspect.ts';
import type { AttemptEnd } from '../../../../pipeline/scheduler/failure.ts';
import { ResourcePool } from '../../../../pipeline/scheduler/resources.ts';
import { Share } from '../../../../pipeline/scheduler/share.ts';
import { AttemptKeeper } from '../../../../pipeline/watch/attempt-keeper.ts';
import { makeFolder, removeFolders } from '../../../fixtures/folder.ts';
import { expandSound } from '../../../fixtures/graph.ts';

afterAll(removeFolders);

const PIPELINE = `version: 1
stages: { a: { command: x, outputs: { o: a.txt }, resources: { cpus: { most: all }, gpus: 1 } } }
`;

it('takes an attempt from a run that is let go, holds its resources, and hands it to the next', async () => {
  const [node] = expandSound(PIPELINE).nodes.values();
  if (node === undefined) throw new Error('no node');
  const inspection = { node, fingerprint: 'f' } as Inspection;
  const folder = makeFolder();
  const pool = new ResourcePool({ cpus: 2, memoryBytes: 1e9, gpus: ['0', '1'] });
  // It has the second one, and keeps that although the first is free again.
  const whole = { cpus: 0, memoryBytes: 0, gpus: 1 };
  expect(pool.take(whole)).toEqual(['0']);
  const share = new Share(node, pool);
  share.take();
  pool.give(whole, ['0']);
  // The CPU that nobody else wants, too.
  share.grant(2);
  const keeper = new AttemptKeeper();
  let end = (_: AttemptEnd) => {};
  let stops = 0;
  const result = new Promise<AttemptEnd>((resolve) => {
    end = resolve;
  });
  const heard: string[] = [];
  const hear = (run: string) => () => heard.push(run);
  let tell = () => {};
  const first = keeper.start(
    { inspection, logPath: join(folder, '1'), share, onEvent: hear('first') },
    (onEvent) => {
      tell = () => onEvent({ type: 'message', level: 'info', text: '' });
      return { result, ended: Promise.resolve(), stop: () => stops++ };
    },
  );
  tell();
  keeper.letGo();
  first.stop();
  expect(await first.result).toEqual({ kind: 'detached' });
  share.give();
  keeper.takeOver(new Set());
  expect(stops).toBe(0);
  expect(pool.isFull).toBe(true);
  expect(pool.take({ ...whole, gpus: 2 })).toBeNull();
  expect(share.gpus).toEqual(['1']);

  expect(keeper.recall(inspection)).toBe('running');
  tell();
  const second = keeper.join({ inspection, logPath: join(folder, '2'), onEvent: hear('second') });
  tell();
  expect(heard).toEqual(['first', 'second']);
  expect(second).toMatchObject({ share });
  end({ kind: 'superseded' });
  expect(await second.result).toEqual({ kind: 'superseded' });
  // The run that joined it gives its resources back.
  expect(pool.isFull).toBe(true);
});
