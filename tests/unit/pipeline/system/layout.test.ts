import { expect, it } from 'vitest';
import { StateLayout } from '../../../../pipeline/system/layout.ts';

it('gives each attempt at a node in a run a log of its own', () => {
  const layout = new StateLayout('/w', 'host-1-a');
  const log = (attempt: number | 'recheck') => layout.log('r', 'train/a', attempt);
  expect(log(1)).toBe('/w/.pipeline/runs/r/logs/train--a.log');
  expect(log(2)).toBe('/w/.pipeline/runs/r/logs/train--a.attempt-2.log');
  expect(log('recheck')).toBe('/w/.pipeline/runs/r/logs/train--a.recheck.log');
});
