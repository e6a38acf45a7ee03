/** What a node asks of Slurm: the resources of its stage and what `pipeline.yaml` says, as options of `sbatch`. */

import { countGpus } from '../graph/node-resources.ts';
import type { AxisValue, SlurmJobSpec, SlurmSpec, StageSpec } from '../pipeline-file/types.ts';
import { readSlurmSeconds } from './read-amounts.ts';

/** The program that runs a stage takes memory of its own. */
const OWN_MEMORY_MB = 256;
const MEBIBYTE = 1024 * 1024;
/** What a stage with a timeout gets beyond it: to start, and to be told that its time is up. */
const SPARE_SECONDS = 300;

/** Options of `sbatch` that the engine sets by itself. */
const OWN_OPTIONS: ReadonlySet<string> = new Set(
  'array chdir comment error export export-file help input job-name no-requeue open-mode output parsable quiet requeue signal test-only version wait wrap'.split(
    ' ',
  ),
);

/** Of a cluster said to `sbatch` alone the other programs would know nothing. */
const CLUSTER_OPTIONS: ReadonlySet<string> = new Set(['cluster', 'clusters', 'M']);

/** Why an option of `sbatch` is not for the user to give, and what to do instead; null where it is. */
export function refuseOption(
  name: string,
): { readonly message: string; readonly hint?: string } | null {
  if (CLUSTER_OPTIONS.has(name)) {
    return {
      message: `the option "${name}" of sbatch would not reach squeue, sacct and scancel`,
      hint: 'name the cluster in the variable SLURM_CLUSTERS of this process, which all of them follow',
    };
  }
  if (!OWN_OPTIONS.has(name)) return null;
  return { message: `the option "${name}" of sbatch is set by the engine itself` };
}

/** What a node is asked for. */
export interface AskedJob {
  /** Options of `sbatch`, without those of its batch. */
  readonly options: readonly string[];
  /** The time limit in seconds; null for the partition's, for none, and for one that cannot be read. */
  readonly limitSeconds: number | null;
  /** Whether it asks for a whole GPU where a part would do, of which Slurm knows nothing. */
  readonly roundsGpu: boolean;
}

/** What is asked for a job: equal for nodes that can go as one array. */
export function askFor(
  stage: StageSpec,
  resources: { readonly cpus: number; readonly memoryBytes: number; readonly gpus: number },
  { job, signalSeconds }: SlurmSpec,
  overrides: Readonly<Record<string, string>>,
): AskedJob {
  const asked = { ...job, ...stage.slurm };
  const ownLimit =
    asked.timeSeconds ??
    (stage.timeoutSeconds === null ? null : stage.timeoutSeconds + signalSeconds + SPARE_SECONDS);
  const { cpus, memoryBytes, gpus } = resources;
  const memory = Math.ceil(memoryBytes / MEBIBYTE) + OWN_MEMORY_MB;
  const options: Record<string, AxisValue> = {
    nodes: 1,
    ntasks: 1,
    'cpus-per-task': cpus,
    ...(memoryBytes > 0 ? { mem: `${memory}M` } : {}),
    ...(gpus > 0 ? { gres: `gpu:${countGpus(resources)}` } : {}),
    ...(ownLimit === null ? {} : { time: writeTime(ownLimit) }),
    ...pickNamed(asked),
    ...job.options,
    ...stage.slurm.options,
    ...overrides,
  };
  const roundsGpu = gpus > 0 && gpus < 1 && options['gres'] === 'gpu:1';
  const limitSeconds = readLimit(options['time']);
  return { options: Object.entries(options).flatMap(writeOption), limitSeconds, roundsGpu };
}

/** Of what is said last: `options: { time: 90 }` and `--slurm time=90` count as our own. */
function readLimit(time: AxisValue | undefined): number | null {
  if (time === undefined || typeof time === 'boolean') return null;
  const seconds = readSlurmSeconds(String(time));
  return seconds === Number.POSITIVE_INFINITY ? null : seconds;
}

function pickNamed({ partition, account, qos, constraint }: SlurmJobSpec): Record<string, string> {
  const named = Object.entries({ partition, account, qos, constraint });
  return Object.fromEntries(named.filter((one): one is [string, string] => one[1] !== undefined));
}

function writeOption([name, value]: readonly [string, AxisValue]): string[] {
  if (value === false) return [];
  return [value === true ? `--${name}` : `--${name}=${value}`];
}

/** Seconds as Slurm reads them: days-hours:minutes:seconds. */
function writeTime(seconds: number): string {
  const whole = Math.ceil(seconds);
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const hours = two((whole % 86_400) / 3600);
  return `${Math.floor(whole / 86_400)}-${hours}:${two((whole % 3600) / 60)}:${two(whole % 60)}`;
}
