/** The variables of Slurm's programs: what they and batch shells need, and one cluster for all of them. */

/** Variables that Slurm's programs, and batch shells after them, are given. */
const PASSED =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_ALL|KRB5CCNAME|MODULE.*|LMOD.*|SLURM_CONF.*|SLURM_CLUSTERS|SLURM_JWT|SBATCH_.*)$/;
/** Which cluster is meant: `sbatch` alone heeds the one, all programs but `sacct` the other. */
const CLUSTERS = ['SBATCH_CLUSTERS', 'SLURM_CLUSTERS'] as const;

/** The environment of Slurm's programs: of a job that submits others, nothing of that job. */
export function makeSlurmEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const [, everywhere] = CLUSTERS;
  const cluster = CLUSTERS.map((name) => environment[name]).find((one) => one !== undefined);
  const entries = Object.entries({ ...environment, [everywhere]: cluster });
  return Object.fromEntries(
    entries.filter((one): one is [string, string] => one[1] !== undefined && PASSED.test(one[0])),
  );
}
