import { describe, expect, it } from 'vitest';
import { ThreadsInUse } from '../../../../experiment/training/threads-in-use.ts';

const long = { secondsAnEpoch: 1, epochsDone: 10, epochsLeft: 90, mayEnd: false };

/** The threads of an engine that has 2, takes a second to change and is granted some CPUs. */
function threadsAfter(cpus: number, act: (threads: ThreadsInUse) => void): number {
  const engine = { threads: 2, openingSeconds: 1 };
  act(new ThreadsInUse(engine, () => cpus));
  return engine.threads;
}

describe('the threads of a training', () => {
  it('become fewer between two steps, and more between two epochs', () => {
    expect(threadsAfter(1, (threads) => threads.giveBack())).toBe(1);
    expect(threadsAfter(8, (threads) => threads.giveBack())).toBe(2);
    expect(threadsAfter(8, (threads) => threads.takeMore(long))).toBe(8);
  });

  it('become no more where that takes longer than it can save', () => {
    const threadsFor = (left: Partial<typeof long>) =>
      threadsAfter(4, (threads) => threads.takeMore({ ...long, ...left }));
    // Half of what is left, at best, against twice the second that it takes.
    expect(threadsFor({ epochsLeft: 4 })).toBe(2);
    expect(threadsFor({ epochsLeft: 5 })).toBe(4);
    expect(threadsFor({ epochsLeft: 90, epochsDone: 4, mayEnd: true })).toBe(2);
    expect(threadsFor({ epochsLeft: 90, epochsDone: 5, mayEnd: true })).toBe(4);
  });
});
