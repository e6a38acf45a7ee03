/** How many threads the libraries of a command's programs start: as many as it has CPUs. */

/**
 * What libraries go by when they decide that. Without them each takes as many threads as the machine has
 * CPUs, in each of the stages that run at once.
 */
const VARIABLES = [
  'OMP_NUM_THREADS',
  'OPENBLAS_NUM_THREADS',
  'MKL_NUM_THREADS',
  'BLIS_NUM_THREADS',
  'VECLIB_MAXIMUM_THREADS',
  'NUMEXPR_NUM_THREADS',
  'NUMBA_NUM_THREADS',
  'POLARS_MAX_THREADS',
  'RAYON_NUM_THREADS',
  'JULIA_NUM_THREADS',
];

/** The variables that hold programs to so many threads, but for those that the stage declares. */
export function limitThreads(cpus: number, declared: readonly string[]): Record<string, string> {
  const own = VARIABLES.filter((name) => !declared.includes(name));
  return Object.fromEntries(own.map((name) => [name, String(cpus)]));
}
