/** Tells while a model trains that it will hardly reach the interpolation threshold. */

import type { EpochMeans } from '../recorded/metrics.ts';
import { ACCURACY_ABOVE, isInterpolated, LOSS_BELOW } from './interpolation.ts';

/** Nothing is told of a training before the learning rate left is this share of what was spent. */
const SHARE_LEFT = 0.1;

/** Loss and accuracy are taken to move no more than so many times as far as they last did. */
const CAUTION = 10;

/** Fewer epochs show no trend. */
const LEAST_EPOCHS = 10;

/** An epoch that was trained. */
export interface TrainedEpoch extends EpochMeans {
  readonly epoch: number;
  readonly learning_rate: number;
}

/** The last epochs of a training, in which it moved too little. */
export interface Stall {
  readonly last: TrainedEpoch;
  /** How many. */
  readonly epochs: number;
  /** By how much loss and accuracy improved in them; below 0 where they became worse. */
  readonly gained: EpochMeans;
}

/**
 * The stall that a training is in; null where there is none. The last epochs whose learning rates add up
 * to what is left show what that can still move: in a stall, not even ten times the loss and the accuracy
 * gained in them would meet the threshold. Only where little is left, so that a long plateau at the start
 * is none.
 *
 * @param trained all epochs until now, none of which met the threshold
 * @param left the sum of the learning rates of the epochs to come
 */
export function findStall(trained: readonly TrainedEpoch[], left: number): Stall | null {
  const last = trained.at(-1);
  const spent = trained.reduce((sum, { learning_rate: rate }) => sum + rate, 0);
  if (last === undefined || left === 0 || left > SHARE_LEFT * spent) return null;
  let epochs = 0;
  for (let sum = 0; epochs < LEAST_EPOCHS || sum < left; epochs += 1) {
    sum += trained.at(-1 - epochs)?.learning_rate ?? Infinity;
  }
  const before = trained.at(-1 - epochs);
  if (before === undefined) return null;
  const gained = { loss: before.loss - last.loss, accuracy: last.accuracy - before.accuracy };
  const inReach = {
    loss: last.loss - CAUTION * Math.max(0, gained.loss),
    accuracy: last.accuracy + CAUTION * Math.max(0, gained.accuracy),
  };
  return isInterpolated(inReach) ? null : { last, epochs, gained };
}

/** What people are told of it, in one line. */
export function describeStall({ last, epochs, gained }: Stall): string {
  const change = gained.loss > 0 ? `fell by ${formatShort(gained.loss)} only` : 'did not fall';
  return (
    `In the last ${epochs} epochs the loss ${change}, to ${formatShort(last.loss)} at accuracy ` +
    `${formatShort(last.accuracy)}, and the learning rates to come add up to no more than theirs: this training ` +
    `will hardly reach the interpolation threshold (loss below ${LOSS_BELOW} or accuracy above ` +
    `${ACCURACY_ABOVE}). A slower decay would leave it more (training.schedule, lr_decay, decay_steps)`
  );
}

function formatShort(value: number): string {
  return String(Number(value.toPrecision(3)));
}
