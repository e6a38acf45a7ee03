/** `plan`, acting: targets → what a run of them would do, and how long. */

import { type Forecast, forecastRun } from '../forecast/forecast.ts';
import { DurationPredictor } from '../inspect/durations.ts';
import { openLeases } from '../lease/open-leases.ts';
import { type Attentions, findAttention } from './find-attention.ts';
import { type LookWarning, listLookWarnings } from './list-warnings.ts';
import { type MachineOptions, openMachine, openPool } from './machine.ts';
import type { WorkspaceOptions } from './open-session.ts';
import { planSession, type SessionPlan } from './plan-targets.ts';
import { type ForceOptions, readForced } from './read-settings.ts';
import { withSession } from './with-session.ts';

/** What a forecast depends on beside the pipeline. */
export interface ForecastOptions extends WorkspaceOptions, MachineOptions, ForceOptions {}

/** What a run would do, and how long it would take. */
export interface TargetForecast extends SessionPlan {
  readonly forecast: Forecast;
  /** The CPUs that it would use at once. */
  readonly jobs: number;
  /** What is to be said of nodes beside their states. */
  readonly attentions: Attentions;
  readonly warnings: readonly LookWarning[];
}

/**
 * Plays a run of targets. Changes nothing.
 *
 * @throws {UserMistakes} with what is wrong in the files and the arguments
 */
export async function forecastTargets(
  targets: readonly string[],
  options: ForecastOptions,
): Promise<TargetForecast> {
  const machine = openMachine(options);
  return withSession(options, targets, {}, async (session) => {
    const { graph, layout, tools, history } = session;
    const planned = await planSession(session, readForced(options, graph, targets));
    const leases = openLeases(layout, tools.environment);
    const forecast = forecastRun(planned.plan, {
      durations: new DurationPredictor(graph, history, tools.results),
      isRunningElsewhere: (fingerprint) => leases.isRunningElsewhere(fingerprint) !== null,
      openPool: () => openPool(machine),
    });
    const attentions = findAttention(session, planned.plan);
    const warnings = await listLookWarnings(session);
    return { ...planned, forecast, jobs: machine.cpus, attentions, warnings };
  });
}
