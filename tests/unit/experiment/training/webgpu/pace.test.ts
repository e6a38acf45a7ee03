import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Pace } from '../../../../../experiment/training/webgpu/pace.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => vi.useRealTimers());

/** A submission that is made now and takes so long. */
async function submit(pace: Pace, milliseconds: number): Promise<void> {
  let end = (): void => {};
  const done = pace.watch(new Promise<void>((resolve) => (end = resolve)));
  vi.advanceTimersByTime(milliseconds);
  end();
  await done;
}

it('submits fewer steps to a slow GPU, down to one, and more again', async () => {
  const pace = new Pace(100);
  expect(pace.steps).toBe(16);
  const seen: number[] = [];
  for (const milliseconds of [2000, 1000, 500, 250, 125, 60, 10, 5]) {
    await submit(pace, milliseconds);
    seen.push(pace.steps);
  }
  expect(seen).toEqual([8, 4, 2, 1, 1, 1, 2, 4]);
  expect(new Pace(0).steps).toBe(1);
});

it('does not take waiting behind others for slowness', async () => {
  const pace = new Pace(16);
  const ends: (() => void)[] = [];
  const submissions = [1, 2, 3].map(() =>
    pace.watch(new Promise<void>((resolve) => ends.push(resolve))),
  );
  for (const [place, end] of ends.entries()) {
    vi.advanceTimersByTime(60);
    end();
    await submissions[place];
  }
  expect(pace.steps).toBe(16);
});
