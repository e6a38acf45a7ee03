/** `pipeline plan` and `run --dry-run`: arguments → `forecastTargets` → what is printed. */

import { checkBudget, readBudget } from '../session/check-budget.ts';
import { type ForecastOptions, forecastTargets } from '../session/forecast-targets.ts';
import { UserMistakes } from '../session/mistakes.ts';
import type { Invocation } from './declare-command.ts';
import { fitText } from './output.ts';
import { formatCost } from './print/print-cost.ts';
import { describeForecast, formatForecast } from './print/print-forecast.ts';
import { tellEarlierVersion, tellUnreadable, tellWarnings } from './tell-plan.ts';

/**
 * `pipeline plan [targets]`, which is also `run --dry-run`: what a run would do and how long it would
 * take. Changes nothing.
 *
 * @returns the exit code: 2 where a node cannot run, or the run may cost more than its budget
 * @throws {UserMistakes} with what is wrong in the files and the arguments
 */
export async function planCommand(
  targets: readonly string[],
  options: ForecastOptions & { readonly json?: boolean; readonly verbose?: boolean },
  { output, program }: Pick<Invocation, 'output' | 'program'>,
): Promise<number> {
  const forecasted = await forecastTargets(targets, options, program);
  tellEarlierVersion(forecasted, output);
  const { forecast, cost, jobs, attentions, warnings, root } = forecasted;
  const telling = { jobs, now: new Date(), isVerbose: options.verbose === true };
  const isPriced = options.executor !== undefined || options.budget !== undefined;
  if (options.json === true) {
    const told = { ...describeForecast(forecast, jobs, warnings), cost };
    output.print(`${JSON.stringify(told, null, 1)}\n`);
  } else {
    const text = isPriced
      ? formatCost(forecast, attentions, cost, telling)
      : formatForecast(forecast, attentions, cost, telling);
    output.print(`${fitText(text, output)}\n`);
  }
  tellWarnings(forecasted, output);
  const code = tellUnreadable(forecasted, output);
  const budget = readBudget(options);
  const fault = budget === null ? null : checkBudget(budget, cost);
  if (fault === null) return code;
  output.complain(`${new UserMistakes([fault], { root }).format()}\n`);
  return 2;
}
