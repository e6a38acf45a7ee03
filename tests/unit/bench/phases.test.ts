import { expect, it } from 'vitest';
import { findPhases, type TimedEvent } from '../../../bench/phases.ts';

it('phases add up to the wall clock, and nodes that run at once share it', () => {
  const events: TimedEvent[] = [
    { type: 'run-started', time: 1500 },
    { type: 'node-started', time: 2000, node: 'corrupt/0.0_none' },
    { type: 'node-finished', time: 3000, node: 'corrupt/0.0_none' },
    { type: 'node-started', time: 3500, node: 'train/A' },
    { type: 'node-started', time: 3500, node: 'evaluate/B' },
    { type: 'node-event', time: 4000, node: 'train/A' },
    { type: 'node-finished', time: 5500, node: 'evaluate/B' },
    { type: 'node-finished', time: 9500, node: 'train/A' },
    // Taken from the cache: it never started.
    { type: 'node-finished', time: 9600, node: 'plot-table1' },
  ];
  expect(findPhases(events, { started: 1000, ended: 10_000 })).toEqual([
    { phase: 'start-up', nodes: 0, wall_s: 1, nodes_s: 0 },
    { phase: 'data', nodes: 1, wall_s: 1, nodes_s: 1 },
    { phase: 'between nodes', nodes: 0, wall_s: 0.5, nodes_s: 0 },
    { phase: 'training', nodes: 1, wall_s: 5, nodes_s: 6 },
    { phase: 'evaluation', nodes: 1, wall_s: 1, nodes_s: 2 },
    { phase: 'end', nodes: 0, wall_s: 0.5, nodes_s: 0 },
  ]);
});
