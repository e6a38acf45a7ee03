/** Where a job's files are. */

import type { JobFile } from 'rederive/contract';
import { fail } from '../data/failure.ts';

/** The path of the only file or folder of this input. Fails where there is none. */
export function inputPath(job: JobFile, name: string): string {
  return job.inputs[name]?.[0]?.path ?? fail(`the input ${name} is missing`);
}

/** The path where this output must be written. Fails where there is none. */
export function outputPath(job: JobFile, name: string): string {
  return job.outputs[name] ?? fail(`the output ${name} is missing`);
}
