/** Variables by which programs see some GPUs and no others. */

type Variables = Readonly<Record<string, string | undefined>>;

/** Variables of ROCm and Level Zero, below those: on a node of a cluster they are the cluster's. */
const BELOW = ['ROCR_VISIBLE_DEVICES', 'ZE_AFFINITY_MASK'] as const;

/**
 * What shows a stage its own GPUs: CUDA's variable, HIP's (AMD), and Level Zero's (Intel) where the user keeps all
 * programs to some by that.
 *
 * @param ids of its GPUs, as `findGpus` has them; none for a stage that takes none
 * @param user the variables of the user
 */
export function showGpus(ids: readonly string[], user: Variables): Record<string, string> {
  const list = ids.join(',');
  return {
    CUDA_VISIBLE_DEVICES: list,
    // An empty one is none to HIP, which then goes by CUDA's, and takes an empty one of that for all.
    HIP_VISIBLE_DEVICES: list === '' ? '-1' : list,
    ...(list !== '' && user['ZE_AFFINITY_MASK'] ? { ZE_AFFINITY_MASK: list } : {}),
  };
}

/**
 * What shows a stage the GPUs that a cluster has given to its job: what the cluster says on the node, and nothing of
 * where the job was submitted.
 *
 * @param count of its GPUs
 * @param now the variables of the job
 * @returns undefined for those that are not to be set
 */
export function showGpusOfJob(count: number, now: Variables): Record<string, string | undefined> {
  const below = Object.fromEntries(BELOW.map((name) => [name, now[name]]));
  if (count === 0) return { ...below, ...showGpus([], {}) };
  return {
    ...below,
    CUDA_VISIBLE_DEVICES: now['CUDA_VISIBLE_DEVICES'] ?? '',
    HIP_VISIBLE_DEVICES: now['HIP_VISIBLE_DEVICES'],
  };
}
