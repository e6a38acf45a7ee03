/** Declares `track` for commander, and words what it gives. */

import { type Command, Option } from 'commander';
import { TRACKER_NAMES } from '../track/choose-trackers.ts';
import { directoryOption, type Invocation } from './declare-command.ts';

/** Declares the commands on trackers. */
export function addTrackCommands(cli: Command, { output, conclude }: Invocation): void {
  const track = cli.command('track').description('commands on what trackers are told');
  track
    .command('upload')
    .description('send trackers what they have not taken of experiments')
    .addOption(directoryOption())
    .addOption(
      new Option('--tracker <name>', 'only to this one; may be repeated')
        .choices(TRACKER_NAMES)
        .argParser((name: string, names: readonly string[] | undefined) => [
          ...(names ?? []),
          name,
        ]),
    )
    .option('--json', 'print a JSON object: sent and left, names of experiments')
    .addHelpText(
      'after',
      `
What a server did not take during a run, because it could not be reached or there was no key, is kept in
.pipeline/track; so are experiments of runs with --offline.

Exit codes: 0 all was sent, 1 something is left, 2 a mistake in files or arguments.

Example:
  COMET_API_KEY=… pipeline track upload`,
    )
    .action(async ({ tracker = [], json, ...options }) => {
      const { uploadTracked } = await import('../session/upload-tracked.ts');
      const warn = (text: string) => output.complain(`pipeline: ${text}\n`);
      const uploaded = await uploadTracked(options, tracker, warn);
      const { sent, left } = uploaded;
      const words = `${count(sent.length)} sent, ${left.length} left`;
      output.print(`${json === true ? JSON.stringify(uploaded) : words}\n`);
      conclude(left.length > 0 ? 1 : 0);
    });
}

function count(number: number): string {
  return number === 1 ? '1 experiment' : `${number} experiments`;
}
