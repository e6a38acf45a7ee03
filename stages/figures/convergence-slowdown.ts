/**
 * The stage `plot-convergence-slowdown`: figure 1b of the paper, how long training takes to the
 * interpolation threshold against the corruption probability. Steps and epochs are one figure;
 * minutes, which differ from run to run, are another.
 */

import type { JobInput, StageContext } from 'rederive/contract';
import { fail } from '../../experiment/data/failure.ts';
import { readOverrides } from '../../experiment/plot/captions.ts';
import { drawMinutes, drawSteps } from '../../experiment/plot/convergence-figures.ts';
import { writeFigure } from '../../experiment/plot/figure.ts';
import type { Evaluation } from '../../experiment/recorded/evaluation.ts';
import { suggestRerun } from '../../experiment/recorded/json-lines.ts';
import { listInputs, readEvaluation, readTiming } from '../../experiment/recorded/read-runs.ts';

/**
 * Runs the stage. Reads inputs `evaluations` and `timings`, writes both figures.
 *
 * @throws StageFailure where evaluations and timings are not of the same trainings
 */
export async function run(context: StageContext): Promise<void> {
  const overrides = readOverrides(context);
  const inputs = listInputs(context, 'evaluations');
  const evaluations = await Promise.all(inputs.map(readEvaluation));
  await writeFigure(context, '', drawSteps(overrides, evaluations));

  const timings = listInputs(context, 'timings');
  const minutes = new Map<string, number | null>();
  for (const [index, evaluation] of evaluations.entries()) {
    const timing = findTiming(timings, inputs[index]);
    minutes.set(evaluation.experiment, await readMinutes(timing, evaluation));
  }
  await writeFigure(context, 'minutes_', drawMinutes(overrides, evaluations, minutes));
  context.emit({
    type: 'summary',
    values: {
      runs: evaluations.length,
      reached: evaluations.filter(({ reached }) => reached).length,
    },
  });
}

/** Finds the timing of the training that an evaluation belongs to: the one of the same cell. */
function findTiming(timings: readonly JobInput[], evaluation: JobInput | undefined): JobInput {
  const key = (input: JobInput | undefined) =>
    JSON.stringify(Object.entries(input?.cell ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
  return (
    timings.find((timing) => key(timing) === key(evaluation)) ??
    fail(
      `expected a timing for ${evaluation?.path}, of the cell ${key(evaluation)}, found none; ` +
        `make the 'where' of the inputs 'timings' and 'evaluations' alike`,
    )
  );
}

/** Reads the minutes by the end of the epoch that was evaluated. */
async function readMinutes(timing: JobInput, evaluation: Evaluation): Promise<number | null> {
  const times = await readTiming(timing);
  const time = times.find(({ epoch }) => epoch === evaluation.epoch);
  if (time !== undefined) return time.seconds / 60;
  if (!evaluation.reached) {
    // A training that diverges ends within an epoch: what is known is the time up to that epoch.
    const last = times.findLast(({ epoch }) => epoch < evaluation.epoch);
    return last === undefined ? null : last.seconds / 60;
  }
  return fail(
    `${timing.path}: expected the time at the end of epoch ${evaluation.epoch}, found none; ` +
      suggestRerun(timing),
  );
}
