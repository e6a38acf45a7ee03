/** Options and terminal → the reporter that shows a run. */

import type { Clock } from './clock.ts';
import type { Reporter } from './events.ts';
import { openJsonReporter } from './json.ts';
import { openLiveReporter } from './live.ts';
import type { OutputStream } from './output.ts';
import { openPlainReporter } from './plain.ts';
import { openQuietReporter } from './quiet.ts';
import { type Environment, openPalette, wantsColour } from './style.ts';

/** What decides how a run is shown. */
export interface ReporterChoice {
  /** `--json`; wins over `quiet`. */
  readonly json: boolean;
  /** `--quiet`. */
  readonly quiet: boolean;
  /** `--verbose`. */
  readonly isVerbose?: boolean;
  /** Whether `stream` is a terminal; its size is asked of the stream itself. */
  readonly isTerminal: boolean;
  readonly env: Environment;
  readonly stream: OutputStream;
  readonly clock?: Clock;
}

/**
 * The reporter for a run's console: JSON lines or the quiet one where asked for, the live view on a
 * terminal, else plain lines. A terminal with `TERM=dumb` cannot move its cursor and gets plain
 * lines too. NO_COLOR and FORCE_COLOR are honoured by all.
 */
export function chooseReporter(choice: ReporterChoice): Reporter {
  const { stream, isTerminal, isVerbose = false, env } = choice;
  if (choice.json) return openJsonReporter(stream);
  const palette = openPalette(wantsColour(env, isTerminal));
  if (choice.quiet) return openQuietReporter({ stream, palette });
  if (!isTerminal || env['TERM'] === 'dumb')
    return openPlainReporter({ stream, palette, isVerbose });
  const clock = choice.clock === undefined ? {} : { clock: choice.clock };
  return openLiveReporter({ stream, palette, isVerbose, ...clock });
}
