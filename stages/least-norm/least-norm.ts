/**
 * The stage `least-norm`, the paper's section 5, all in float64: of the many weights that fit
 * fewer images than they are, SGD from zero finds those of least norm; and the least function that a
 * Gaussian kernel on raw pixels fits the images with.
 */

import { writeFile } from 'node:fs/promises';
import type { StageContext } from 'rederive/contract';
import { readDataset } from '../../experiment/data/dataset.ts';
import { fail } from '../../experiment/data/failure.ts';
import type { Solution, WayPoint } from '../../experiment/recorded/solution.ts';
import { readImages } from './images.ts';
import { solveKernels } from './kernel-problems.ts';
import { solveLeastSquares } from './least-squares-problems.ts';
import { readProblemSettings } from './settings.ts';

/**
 * Runs the stage. Reads the input `data`; writes the outputs `solutions` and `way`, a line of JSON for each
 * problem, and for each epoch of SGD of which it is told.
 *
 * @throws StageFailure where parameters, inputs or outputs are not as the stage needs them
 */
export async function run(context: StageContext): Promise<void> {
  const settings = readProblemSettings(context);
  const folder = context.inputs['data']?.[0]?.path ?? fail('the input data is missing');
  const most = Math.max(...settings.leastSquares, ...settings.kernel);
  const images = readImages(await readDataset(folder), most);
  if (images.repeats > 0) tellRepeats(context, images.repeats);
  const solutions: Solution[] = [];
  const way: WayPoint[] = [];
  const starts = 2 * settings.leastSquares.length;
  const share = starts / (starts + settings.kernel.length);
  const tell = (value: number) => context.emit({ type: 'fraction', value });
  for (const solved of solveLeastSquares(images, settings)) {
    solutions.push(solved.solution);
    way.push(...solved.way);
    tell((share * solutions.length) / starts);
  }
  solutions.push(...solveKernels(images, settings, (part) => tell(share + (1 - share) * part)));
  await write(context, 'solutions', solutions);
  await write(context, 'way', way);
  const closest = solutions.filter(({ method }) => method === 'SGD from zero');
  const largest = solutions.at(-1);
  context.emit({
    type: 'summary',
    values: {
      problems: solutions.length,
      ...(images.repeats > 0 && { repeats: images.repeats }),
      sgd_distance: Math.max(0, ...closest.map(({ distance }) => distance)),
      kernel_test_error: largest?.test_error ?? null,
    },
  });
}

/** Of equal images the Gram matrix would be singular. */
function tellRepeats(context: StageContext, repeats: number): void {
  const text =
    repeats === 1
      ? '1 training image equals an earlier one of its class and is left out'
      : `${repeats} training images equal an earlier one of their class and are left out`;
  context.emit({ type: 'message', level: 'warning', text: `${text}: what fits one fits both` });
}

function write(context: StageContext, output: string, records: readonly object[]): Promise<void> {
  const path = context.outputs[output] ?? fail(`the output ${output} is missing`);
  return writeFile(path, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
}
