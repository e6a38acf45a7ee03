/** The command `pipeline engines`: installs what an engine needs and npm alone does not bring, and tunes one to a GPU. */

import type { CommandContext } from 'rederive/contract';
import { fail } from '../experiment/data/failure.ts';
import { installTfjsNode } from './engines/install.ts';
import { tune } from './engines/tune.ts';
import { readArguments } from './read-arguments.ts';
import { Interrupted } from './run-program.ts';

const USAGE = `Usage: pipeline engines install tfjs-node [--gpu] [options]
       pipeline engines tune [model…] [--width <factor>] [--seconds <s>] [--json]

Builds TensorFlow.js for Node (@tensorflow/tfjs-node, with --gpu @tensorflow/tfjs-node-gpu) against a
TensorFlow library of today, trains a step with it as proof, and puts it into node_modules. The
library is that of --libtensorflow, else that of the installed Python package tensorflow, else pip
downloads it. Needs npm and a C++ compiler. pipeline doctor shows what is there.

tune measures on this GPU how the matrix products of models (all by default) are best cut up by the engine
webgpu, and keeps what is faster than its own choice in gpu-tiles.json, by GPU and driver. What is kept
changes the order of sums, so that trainings by this engine on this GPU run again: tune before them.

Options of install:
  --gpu                  the package that computes on NVIDIA GPUs
  --libtensorflow <dir>  TensorFlow's C library (lib/ and include/), or the folder of Python's
                         package tensorflow
  --python <exe>         the Python to look in and to run pip with (default: python3, python)
  --force                install again what works already

Options of tune:
  --width <factor>       of the channels and hidden units of the models (default 1)
  --seconds <s>          for each model at most, but for the round that is under way (default 60)
  --json                 print a line of JSON a model
`;

const TUNE_SECONDS = 60;

const EXIT_CODES: Partial<Record<NodeJS.Signals, number>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
};

/**
 * Installs a package, or tunes an engine.
 *
 * @returns 0 done, 128 and the signal's number where interrupted
 * @throws StageFailure where the arguments are wrong, or it cannot be installed
 */
export async function main({ $, args, workspace }: CommandContext): Promise<number> {
  const { values, positionals } = readOptions(args);
  if (values.help === true || positionals.length === 0) {
    process.stdout.write(USAGE);
    return 0;
  }
  const [action, name, ...more] = positionals;
  if (action === 'tune') {
    await tune({
      workspace,
      models: positionals.slice(1),
      width: Number(values.width ?? 1),
      seconds: Number(values.seconds ?? TUNE_SECONDS),
      json: values.json === true,
    });
    return 0;
  }
  if (action !== 'install' || name !== 'tfjs-node' || more.length > 0) {
    return fail(
      `expected "install tfjs-node" or "tune", found "${positionals.join(' ')}"\n\n${USAGE}`,
    );
  }
  const { libtensorflow, python } = values;
  try {
    await installTfjsNode({
      $,
      workspace,
      gpu: values.gpu === true,
      force: values.force === true,
      ...(libtensorflow === undefined ? {} : { libtensorflow }),
      ...(python === undefined ? {} : { python }),
    });
    return 0;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    process.stderr.write('pipeline engines: interrupted; nothing was installed\n');
    return EXIT_CODES[error.signal] ?? 1;
  }
}

function readOptions(args: readonly string[]) {
  return readArguments(args, USAGE, {
    allowPositionals: true,
    options: {
      gpu: { type: 'boolean' },
      libtensorflow: { type: 'string' },
      python: { type: 'string' },
      force: { type: 'boolean', short: 'f' },
      width: { type: 'string' },
      seconds: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
}
