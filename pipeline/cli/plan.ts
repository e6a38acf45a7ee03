/** `pipeline plan` and `run --dry-run`: arguments → `forecastTargets` → what is printed. */

import { type ForecastOptions, forecastTargets } from '../session/forecast-targets.ts';
import { fitText, type Output } from './output.ts';
import { describeForecast, formatForecast } from './print/print-forecast.ts';
import { tellEarlierVersion, tellUnreadable, tellWarnings } from './tell-plan.ts';

/**
 * `pipeline plan [targets]`, which is also `run --dry-run`: what a run would do and how long it would
 * take. Changes nothing.
 *
 * @returns the exit code: 2 where a node cannot run
 * @throws {UserMistakes} with what is wrong in the files and the arguments
 */
export async function planCommand(
  targets: readonly string[],
  options: ForecastOptions & { readonly json?: boolean; readonly verbose?: boolean },
  output: Output,
): Promise<number> {
  const forecasted = await forecastTargets(targets, options);
  tellEarlierVersion(forecasted, output);
  const { forecast, jobs, attentions, warnings } = forecasted;
  const isVerbose = options.verbose === true;
  const text =
    options.json === true
      ? JSON.stringify(describeForecast(forecast, jobs, warnings), null, 1)
      : fitText(formatForecast(forecast, attentions, { jobs, now: new Date(), isVerbose }), output);
  output.print(`${text}\n`);
  tellWarnings(forecasted, output);
  return tellUnreadable(forecasted, output);
}
