/** The learning rate as a function of the steps done. */

export interface LearningRateSchedule {
  /** Learning rate of the first epoch. */
  readonly initial: number;
  /** What it is multiplied by at every decay. */
  readonly decay: number;
  /** Steps between two decays. */
  readonly decaySteps: number;
}

/**
 * The learning rate of an epoch before which `stepsDone` steps were made:
 * lr₀ · decay^⌊stepsDone / decaySteps⌋. It changes at epoch ends only, because it is asked for
 * there only.
 */
export function learningRateAfter(schedule: LearningRateSchedule, stepsDone: number): number {
  return schedule.initial * schedule.decay ** Math.floor(stepsDone / schedule.decaySteps);
}
