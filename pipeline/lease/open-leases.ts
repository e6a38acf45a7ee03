/** From a workspace and its environment to its leases, with times and identity filled in. */

import { performance } from 'node:perf_hooks';
import type { StateLayout } from '../system/layout.ts';
import { identifySelf } from '../system/process-identity.ts';
import { ThreadHeart } from './heart.ts';
import { Leases } from './leases.ts';

/** Sets how many seconds a process may be silent before another host takes over its work. */
const LEASE_SECONDS_VARIABLE = 'PIPELINE_LEASE_SECONDS';
const DEFAULT_LEASE_SECONDS = 60;
/** A holder may miss this many beats, because a network file system may hide them for a while. */
const BEATS_PER_LEASE = 12;

/** The leases of a workspace, for this process. */
export function openLeases(
  layout: StateLayout,
  environment: Readonly<Record<string, string | undefined>>,
): Leases {
  const wanted = Number(environment[LEASE_SECONDS_VARIABLE]);
  const leaseMs = 1000 * (wanted > 0 && Number.isFinite(wanted) ? wanted : DEFAULT_LEASE_SECONDS);
  return new Leases(layout, {
    self: identifySelf(),
    heart: new ThreadHeart(leaseMs / BEATS_PER_LEASE),
    leaseMs,
    monotonicNow: () => performance.now(),
  });
}
