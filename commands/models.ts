/** The command `pipeline models`: what the models are made of. */

import type { CommandContext } from 'rederive/contract';
import { fail } from '../experiment/data/failure.ts';
import { describeModel } from '../experiment/models/describe.ts';
import { findModel, MODEL_NAMES } from '../experiment/models/registry.ts';
import { alignColumns } from '../experiment/models/table.ts';
import { estimateNeed } from '../experiment/training/webgpu/estimate-need.ts';
import { megabytes, totalNeed } from '../experiment/training/webgpu/needs.ts';
import { readArguments } from './read-arguments.ts';

const USAGE = `Usage: pipeline models [name] [--width <factor>] [--batch <size>]

Without a name, lists the models with their parameters, their operations and what a training by the engine
webgpu takes of a GPU's memory beside the images, in batches of --batch (default 128); with one, prints
the table of its layers. --width multiplies the numbers of channels and hidden units (default 1).

Example: pipeline models AlexNetSmall --width 0.125
`;

/**
 * Prints the list of models, or the layers of one.
 *
 * @throws StageFailure where the arguments are wrong
 */
export async function main({ args }: CommandContext): Promise<number> {
  const { values, positionals } = readOptions(args);
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  const width = Number(values.width ?? 1);
  if (!(width > 0)) fail(`--width is "${values.width}"; expected a number above 0`);
  const batch = Number(values.batch ?? 128);
  if (!(batch > 0 && Number.isInteger(batch))) {
    fail(`--batch is "${values.batch}"; expected a whole number above 0`);
  }
  const [name, ...more] = positionals;
  if (more.length > 0) fail(`expected one name, found ${positionals.join(' ')}`);
  process.stdout.write(
    name === undefined ? listModels(width, batch) : describeModel(findModel(name, { width })),
  );
  return 0;
}

function readOptions(args: readonly string[]) {
  return readArguments(args, USAGE, {
    allowPositionals: true,
    options: {
      width: { type: 'string' },
      batch: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
}

function listModels(width: number, batch: number): string {
  const rows = MODEL_NAMES.map((name) => {
    const model = findModel(name, { width });
    const flops = model.layers.reduce((sum, layer) => sum + layer.flops, 0);
    const counts = [model.parameterCount, flops].map((count) => count.toLocaleString('en-US'));
    return [name, ...counts, megabytes(totalNeed(estimateNeed(model, batch)))];
  });
  const lines = alignColumns([['model', 'parameters', 'FLOPs a sample', 'on a GPU'], ...rows], 1);
  return `${lines.join('\n')}\n`;
}
