/** `plan`, acting: targets → what a run of them would do, how long, and what it would cost. */

import { type Forecast, forecastRun } from '../forecast/forecast.ts';
import { ForecastPredictor } from '../forecast/predictions.ts';
import { DurationPredictor } from '../inspect/durations.ts';
import { openLeases } from '../lease/open-leases.ts';
import { askModules } from './ask-modules.ts';
import { type BudgetOptions, checkBudget, readBudget } from './check-budget.ts';
import type { ExecutorOptions } from './cluster-options.ts';
import { type Attentions, findAttention } from './find-attention.ts';
import { type LookWarning, listLookWarnings } from './list-warnings.ts';
import { type Machine, type MachineOptions, openMachine, openPool } from './machine.ts';
import { UserMistakes } from './mistakes.ts';
import type { Session, WorkspaceOptions } from './open-session.ts';
import { planSession, type SessionPlan } from './plan-targets.ts';
import { openForecastPlaces, type PricedForecast } from './price-forecast.ts';
import type { Program } from './program.ts';
import { type ForceOptions, readForced } from './read-settings.ts';
import { withSession } from './with-session.ts';

/** What a forecast depends on beside the pipeline. */
export interface ForecastOptions
  extends WorkspaceOptions,
    MachineOptions,
    ForceOptions,
    ExecutorOptions,
    BudgetOptions {}

/** What a run would do, how long it would take and what it would cost. */
export interface TargetForecast extends SessionPlan {
  readonly forecast: Forecast;
  readonly cost: PricedForecast;
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
  program: Pick<Program, 'importModule'>,
): Promise<TargetForecast> {
  const machine = openMachine(options);
  readBudget(options);
  return withSession(options, targets, {}, async (session) => {
    const forecasted = await forecastSession(session, targets, { options, machine, program });
    const attentions = findAttention(session, forecasted.plan);
    const warnings = await listLookWarnings(session);
    return { ...forecasted, jobs: machine.cpus, attentions, warnings };
  });
}

/** How a forecast is made. */
interface ForecastSetting {
  readonly options: ForecastOptions;
  readonly machine: Machine;
  readonly program: Pick<Program, 'importModule'>;
}

async function forecastSession(
  session: Session,
  targets: readonly string[],
  { options, machine, program }: ForecastSetting,
): Promise<SessionPlan & Pick<TargetForecast, 'forecast' | 'cost'>> {
  const { graph, layout, tools, history } = session;
  const planned = await planSession(session, readForced(options, graph, targets));
  const leases = openLeases(layout, tools.environment);
  const isPriced = options.executor !== undefined || options.budget !== undefined;
  const places = openForecastPlaces(graph, machine, options);
  const { told, hints } = await askModules(session, planned, { places, machine, program });
  const forecast = forecastRun(planned.plan, {
    durations: new ForecastPredictor({
      history: new DurationPredictor(graph, history, tools.results),
      told,
      guess: isPriced ? places.guess : () => null,
    }),
    hasRun: ({ stage, id, cell }) => history.ofNode(stage.name, id, cell).length > 0,
    isRunningElsewhere: (fingerprint) => leases.isRunningElsewhere(fingerprint) !== null,
    openPool: () => openPool(machine, places.jobs),
    ...(places.throttle === undefined ? {} : { throttle: places.throttle }),
    expectsNew: isPriced,
  });
  return { ...planned, forecast, cost: places.price(forecast, hints) };
}

/**
 * Refuses a run of a session that may cost more than its budget.
 *
 * @throws {UserMistakes} where it may
 */
export async function refuseOverspending(
  session: Session,
  targets: readonly string[],
  setting: ForecastSetting,
): Promise<void> {
  const budget = readBudget(setting.options);
  if (budget === null) return;
  const { cost } = await forecastSession(session, targets, setting);
  const fault = checkBudget(budget, cost);
  if (fault !== null) throw new UserMistakes([fault], { root: session.root });
}
