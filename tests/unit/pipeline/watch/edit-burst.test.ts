import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EditBurst } from '../../../../pipeline/watch/edit-burst.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a burst of edits', () => {
  it('names a folder that came only where nothing came into it', async () => {
    const burst = new EditBurst();
    burst.addFolder('in');
    burst.addFolder('in/deep');
    burst.add('in/deep/b');
    burst.addFolder('in/empty');
    burst.addFolder('inner');
    const edits = burst.next();
    await vi.runAllTimersAsync();
    expect(await edits).toEqual(['in/deep/b', 'in/empty', 'inner']);
  });

  it('is waited for where it is over before anyone asks', async () => {
    const burst = new EditBurst();
    burst.addFolder('empty');
    await vi.runAllTimersAsync();
    expect(await burst.next()).toEqual(['empty']);
  });
});
