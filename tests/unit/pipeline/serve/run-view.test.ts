import { expect, it } from 'vitest';
import type { LoggedEvent } from '../../../../pipeline/history/logged-event.ts';
import { applyLogged } from '../../../../pipeline/serve/apply-logged.ts';
import {
  openRunView,
  packRunView,
  type RunView,
  unpackRunView,
} from '../../../../pipeline/serve/run-view.ts';

const at = (type: string, members: object): LoggedEvent => ({ type, time: 1, ...members });
const metrics = (node: string, step: number) =>
  at('node-event', {
    node,
    event: { type: 'metrics', step, values: { loss: step / 2, a: { b: 1 } } },
  });

/** A run of two trainings of which one fails, and of more points than are kept. */
const EVENTS: readonly LoggedEvent[] = [
  at('run-started', { targets: ['all'], profile: 'p', nodes: 4, jobs: 2, notice: null }),
  at('node-started', { node: 'train/__proto__', log: 'l', expectedSeconds: 3 }),
  at('node-started', { node: 'train/b', log: 'l', expectedSeconds: null }),
  ...Array.from({ length: 1501 }, (_, step) => metrics('train/__proto__', step)),
  at('node-retrying', { node: 'train/b', attempt: 1, attempts: 2, message: 'no', log: 'l' }),
  at('node-started', { node: 'train/b', log: 'l2', expectedSeconds: null }),
  at('node-failed', { node: 'train/b', message: 'no', log: 'l2', logTail: ['x'], seconds: 1 }),
  at('node-skipped', { node: 'plot', because: 'train/b failed' }),
  at('node-event', { node: 'train/__proto__', event: { type: 'metrics', values: 'damaged' } }),
  at('node-finished', { node: 'train/__proto__', outcome: 'executed', seconds: 9 }),
];

function fold(view: RunView, events: readonly LoggedEvent[]): RunView {
  for (const event of events) applyLogged(view, event);
  return view;
}

const sent = (view: RunView) => unpackRunView(JSON.parse(JSON.stringify(packRunView(view))));

it('is the same whichever part of the events came as a snapshot', () => {
  const whole = fold(openRunView(), EVENTS);
  for (const cut of [0, 2, 700, 1205, EVENTS.length]) {
    const resumed = fold(sent(fold(openRunView(), EVENTS.slice(0, cut))), EVENTS.slice(cut));
    expect(packRunView(resumed)).toEqual(packRunView(whole));
  }
});

it('counts nodes by state and stage, and thins out what has more points than a chart shows', () => {
  const { counts, stages, running, failures, nodes, curves } = fold(openRunView(), EVENTS);
  expect(counts).toMatchObject({ executed: 1, failed: 1, skipped: 1, running: 0, retrying: 0 });
  expect(stages.get('train')).toMatchObject({ executed: 1, failed: 1 });
  expect([...running]).toEqual([]);
  expect(failures).toMatchObject([{ node: 'train/b', message: 'no', tail: ['x'] }]);
  expect(nodes.get('train/b')).toMatchObject({ attempts: 2, log: 'l2', note: 'no' });
  const loss = curves.get('train/__proto__')?.get('loss');
  expect(loss).toMatchObject({ count: 1501, every: 4, last: [1500, 750] });
  expect(loss?.xs.slice(0, 3)).toEqual([0, 4, 8]);
  expect([...(curves.get('train/__proto__')?.keys() ?? [])]).toEqual(['loss', 'a.b']);
});

it('has the numbers behind a bar of an epoch among the curves', () => {
  const bar = (done: number, loss: unknown) =>
    at('node-event', {
      node: 'train/b',
      event: { type: 'progress', label: '002', done, total: 11, fields: { loss, eta: '1:00' } },
    });
  const events = [bar(5, '0.7'), bar(11, '0.6'), bar(11, { damaged: true })];
  const { curves } = fold(openRunView(), events);
  const series = [...(curves.get('train/b') ?? [])];
  expect(series.map(([name, { xs, ys }]) => [name, xs, ys])).toEqual([
    ['running/loss', [22], [0.6]],
  ]);
});
