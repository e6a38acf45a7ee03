/** The learning rate in the course of a training. It changes at epoch ends only. */

import type { ExperimentConfig } from '../recorded/config.ts';

/**
 * The learning rate of the epoch after so many: exponential, lr₀ · lr_decay^⌊steps done / decay_steps⌋;
 * multi-step, lr₀ · lr_gamma^(milestones passed). Steps stand for epochs of `stepsPerEpoch` steps each.
 */
export function learningRateAfter(
  config: ExperimentConfig,
  stepsPerEpoch: number,
  epochsDone: number,
): number {
  const { learning_rate: initial } = config;
  if (config.schedule === 'multi-step') {
    const passed = config.lr_milestones.filter((milestone) => milestone <= epochsDone).length;
    return initial * config.lr_gamma ** passed;
  }
  const stepsDone = epochsDone * stepsPerEpoch;
  return initial * config.lr_decay ** Math.floor(stepsDone / (config.decay_steps ?? stepsPerEpoch));
}
