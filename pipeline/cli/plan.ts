import { RunHistory } from '../cache/history.ts';
import { forecastRun } from '../forecast/forecast.ts';
import { DurationPredictor } from '../inspect/durations.ts';
import { planNodes } from '../inspect/plan.ts';
import { openLeases } from '../lease/open-leases.ts';
import { type MachineOptions, openMachine, openPool } from '../session/machine.ts';
import { tellUnreadable } from '../session/mistakes.ts';
import { openSession, type WorkspaceOptions } from '../session/open-session.ts';
import { readForced } from '../session/read-forced.ts';
import { describeForecast, formatForecast } from './print-forecast.ts';
import { tellEarlierVersion } from './tell-earlier-version.ts';

/** Options of `pipeline plan`. */
export interface PlanCommandOptions extends WorkspaceOptions, MachineOptions {
  readonly force?: boolean;
  readonly forceTargets?: boolean;
  readonly json?: boolean;
}

/**
 * `pipeline plan [targets]`, which is also `run --dry-run`: what a run would do and how long it would
 * take. Changes nothing. @returns the exit code
 */
export async function planCommand(
  targets: readonly string[],
  options: PlanCommandOptions,
): Promise<number> {
  const machine = openMachine(options);
  const jobs = machine.cpus;
  const session = await openSession(options, targets);
  const { graph, nodes, layout, tools, root } = session;
  try {
    tellEarlierVersion(session);
    const plan = await planNodes(graph, nodes, tools, readForced(options, graph, targets));
    const history = new RunHistory(layout, tools.results);
    const leases = openLeases(layout, tools.environment);
    const forecast = forecastRun(plan, {
      durations: new DurationPredictor(graph, history, tools.results),
      isRunningElsewhere: (fingerprint) => leases.isRunningElsewhere(fingerprint) !== null,
      openPool: () => openPool(machine),
    });
    const text =
      options.json === true
        ? JSON.stringify(describeForecast(forecast, jobs), null, 1)
        : formatForecast(forecast, jobs, new Date());
    process.stdout.write(`${text}\n`);
    return tellUnreadable(plan, root);
  } finally {
    session.close();
  }
}
