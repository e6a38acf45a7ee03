/** What `sbatch` is called with: the options of a batch, and the script that Slurm runs on nodes. */

import type { ClusterEnvironment } from '../pipeline-file/types.ts';
import { quoteArgument } from '../shell/quote-argument.ts';

/** A batch that is to be submitted. */
export interface BatchText {
  readonly name: string;
  readonly comment: string;
  readonly workspace: string;
  /** The file of what a task says, with `%a` for its index. */
  readonly said: string;
  readonly script: string;
  /** See `AskedJob`. */
  readonly options: readonly string[];
  readonly signalSeconds: number;
  readonly tasks: number;
  readonly throttle: number;
}

/** The arguments of `sbatch`; none goes through a shell. */
export function writeArguments(batch: BatchText): string[] {
  const { name, comment, workspace, said, script, options, signalSeconds, tasks } = batch;
  return [
    '--parsable',
    `--job-name=${name}`,
    `--comment=${comment}`,
    `--chdir=${workspace}`,
    `--output=${said}`,
    '--open-mode=append',
    '--export=ALL',
    '--requeue',
    `--signal=B:TERM@${Math.ceil(signalSeconds)}`,
    ...(tasks > 1 ? [`--array=0-${tasks - 1}%${Math.min(tasks, batch.throttle)}`] : []),
    ...options,
    script,
  ];
}

/** What the script of a batch runs. */
export interface ScriptText {
  /** Absolute paths. */
  readonly workspace: string;
  readonly node: string;
  readonly entry: string;
  readonly batch: string;
  readonly environment: ClusterEnvironment;
  /** Resolves a path from the workspace. */
  readonly resolve: (path: string) => string;
}

/** Where programs look for the function `module`, where a batch shell has none. */
const MODULE_FILES = [
  '/etc/profile.d/lmod.sh',
  '/etc/profile.d/modules.sh',
  '/etc/profile.d/z00_lmod.sh',
  '/usr/share/lmod/lmod/init/bash',
  '/usr/share/modules/init/bash',
];

/** The script of a batch: sets up the environment, then becomes the program that runs the stage. */
export function writeScript({ environment, resolve, ...paths }: ScriptText): string {
  const { modules, prologue, image, apptainer } = environment;
  const run = [paths.node, paths.entry, paths.batch].map(quoteArgument).join(' ');
  const binds = `--bind ${quoteArgument(paths.workspace)} --pwd ${quoteArgument(paths.workspace)}`;
  const inImage =
    image === null
      ? ''
      : `apptainer exec ${[binds, ...apptainer.map(quoteArgument)].join(' ')} ${quoteArgument(resolve(image))} `;
  return [
    '#!/bin/bash',
    '# Written by `pipeline run --executor slurm`: what Slurm runs for each task of this job.',
    ...(hasSetup(environment)
      ? [
          '# What this environment changes reaches the stage: told by what there was before.',
          `(umask 077; env -0 > ${quoteArgument(`${paths.batch}/before-`)}"\${SLURM_ARRAY_TASK_ID:-0}")`,
          'set -e',
        ]
      : []),
    ...(modules.length > 0
      ? [
          `if ! type module >/dev/null 2>&1; then for init in "\${LMOD_PKG:-}/init/bash" "\${MODULESHOME:-}/init/bash" ${MODULE_FILES.join(' ')}; do if [ -r "$init" ]; then . "$init"; break; fi; done; fi`,
          `module load ${modules.map(quoteArgument).join(' ')}`,
        ]
      : []),
    ...(prologue === null ? [] : [`. ${quoteArgument(resolve(prologue))}`]),
    `exec ${inImage}${run}`,
    '',
  ].join('\n');
}

/** Whether anything is set up. */
function hasSetup({ modules, prologue, image }: ClusterEnvironment): boolean {
  return modules.length > 0 || prologue !== null || image !== null;
}
