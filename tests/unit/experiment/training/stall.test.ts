import { describe, expect, it } from 'vitest';
import {
  describeStall,
  findStall,
  type TrainedEpoch,
} from '../../../../experiment/training/stall.ts';

/** A training whose learning rate falls by 0.95 an epoch, and the epoch in which it is told that it stalls. */
function firstStall(epochs: number, loss: (epoch: number) => number, decay = 0.95) {
  const rate = (epoch: number) => 0.01 * decay ** (epoch - 1);
  const trained: TrainedEpoch[] = [];
  for (let epoch = 1; epoch <= epochs; epoch += 1) {
    trained.push({ epoch, learning_rate: rate(epoch), loss: loss(epoch), accuracy: 0.5 });
    let left = 0;
    for (let next = epoch + 1; next <= epochs; next += 1) left += rate(next);
    const stall = findStall(trained, left);
    if (stall !== null) return { epoch, stall, rate: rate(epoch) };
  }
  return null;
}

describe('a training', () => {
  it('stalls where its loss no longer moves and little learning rate is left', () => {
    const found = firstStall(100, (epoch) => 0.08 + 2 * 0.8 ** epoch);
    expect(found?.epoch).toBeGreaterThan(40);
    expect(found?.epoch).toBeLessThan(80);
    expect(found?.stall.epochs).toBeGreaterThanOrEqual(10);
    expect(describeStall(found?.stall ?? expect.fail('no stall'))).toMatch(
      /^In the last \d+ epochs the loss fell by [\d.]+ only, to 0\.08\d* at accuracy 0\.5, and /,
    );
  });

  it('stalls where its loss rises', () => {
    expect(firstStall(100, (epoch) => 1 + 0.001 * epoch)?.stall.gained.loss).toBeLessThan(0);
  });

  it('does not stall on a plateau with learning rate to come', () => {
    // At chance for 40 of 100 epochs, then on its way.
    const late = (epoch: number) => (epoch < 40 ? 2.5 : 2.5 * 0.85 ** (epoch - 40));
    expect(firstStall(100, late, 0.99)).toBeNull();
  });

  it('does not stall while its loss falls fast enough to meet the threshold', () => {
    expect(firstStall(100, (epoch) => 2.3 * 0.945 ** epoch)).toBeNull();
    expect(firstStall(100, (epoch) => Math.max(0.02, 2.3 * 0.93 ** epoch))?.epoch).toBeGreaterThan(
      65,
    );
  });

  it('is not told so at its end, nor before ten epochs can be compared', () => {
    const epoch = { epoch: 1, learning_rate: 0.01, loss: 1, accuracy: 0.5 };
    expect(findStall(Array(50).fill(epoch), 0)).toBeNull();
    expect(findStall(Array(10).fill(epoch), 0.001)).toBeNull();
    expect(findStall(Array(11).fill(epoch), 0.001)).toMatchObject({ epochs: 10 });
  });
});
