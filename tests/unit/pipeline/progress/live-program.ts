/** A process for process-end.test.ts: shows the live view on stdout and ends as its argument says. */
import process from 'node:process';
import { openLiveReporter } from '../../../../pipeline/progress/live.ts';
import { openPalette } from '../../../../pipeline/progress/style.ts';
import { eventsAt, HandClock } from './fixtures.ts';

const clock = new HandClock();
const events = eventsAt(clock);
const reporter = openLiveReporter({ stream: process.stdout, palette: openPalette(false) });
const ending = process.argv[2];
// Keeps the process waiting for its signal, but not for ever.
if (ending === 'wait' || ending === 'handle') setTimeout(() => process.exit(9), 30_000);
if (ending === 'handle') {
  process.once('SIGTERM', () => {
    reporter.report({ type: 'run-interrupted', time: clock.now(), signal: 'SIGTERM' });
    setImmediate(() => process.exit(130));
  });
}
reporter.report(events.started());
reporter.report(events.start('train/a'));
if (ending === 'throw') throw new Error('a bug');
if (ending === 'exit') process.exit(3);
