/** Running: who gets the CPUs that no node waits for. */

import type { ResourcePool } from './resources.ts';
import type { Share } from './share.ts';

/**
 * Grants the CPUs that are left to nodes that can use more than they need, as evenly as goes, and asks
 * back what waiting nodes want. What is asked back is free once the stage has heard of it.
 *
 * A stage that has not begun gets of what is free now. It could not be given more later, unless it
 * asks, so nothing is asked back for it.
 *
 * @param shares those of running nodes, in the order of their start
 * @param countClaimed how many of so many CPUs waiting nodes would start with
 */
export function spreadCpus(
  shares: readonly Share[],
  pool: ResourcePool,
  countClaimed: (cpus: number) => number,
): void {
  const flexible = shares.filter(({ isFlexible }) => isFlexible);
  if (flexible.length === 0) return;
  const lent = flexible.reduce((sum, { held, least }) => sum + held - least, 0);
  const claimed = countClaimed(pool.freeCpus + lent);
  const spare = Math.max(0, pool.freeCpus - claimed);
  const aims = flexible.map((share) => ({
    share,
    cpus: share.least,
    most: share.isWaiting ? Math.min(share.most, share.held + spare) : share.most,
  }));
  for (let left = pool.freeCpus + lent - claimed; left > 0; left--) {
    const open = aims.filter(({ cpus, most }) => cpus < most);
    const [first, ...others] = open;
    if (first === undefined) break;
    others.reduce((least, one) => (one.cpus < least.cpus ? one : least), first).cpus++;
  }
  for (const { share, cpus } of aims) if (cpus < share.now) share.grant(cpus);
  // Some of it may still be on its way back, and what waits comes first.
  let free = Math.max(0, pool.freeCpus - claimed);
  for (const { share, cpus } of aims) {
    const granted = Math.min(cpus, share.held + free);
    if (granted <= share.now) continue;
    free -= Math.max(0, granted - share.held);
    share.grant(granted);
  }
}
