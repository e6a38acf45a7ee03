import type { CDPSession } from 'playwright-core';
import { afterAll, expect, it } from 'vitest';
import { removeWorkspaces } from '../../fixtures/workspace.ts';
import { hasBrowser, launchBrowser, nameWithBrowser, openWatched } from '../report/browser.ts';
import { LargeRun } from './large-run.ts';
import { startServer, stopServer } from './server.ts';

afterAll(removeWorkspaces);

/** A task may take so much of the processor, whoever else wants it. */
const MOST_TASK_MS = 50;
const MOST_HEAP = 150e6;

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly tid: number;
  readonly pid: number;
  /** When it began, how long it took, and the CPU time of its thread, in microseconds. */
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

it.skipIf(!hasBrowser)(
  nameWithBrowser('shows ten thousand nodes and twenty curves that grow without a long task'),
  async () => {
    const run = new LargeRun();
    run.train(1500);
    const server = await startServer(run.workspace);
    const browser = await launchBrowser();
    try {
      const { page, complaints } = await openWatched(browser, server.address, {
        viewport: { width: 1440, height: 900 },
      });
      await page.getByText('10000 of 10000 nodes').waitFor();
      await page.locator('.diagram .stage-box').first().waitFor();
      const session = await page.context().newCDPSession(page);
      const tasks = await recordTasks(
        session,
        async () => {
          await page.evaluate(`new Promise((resolve) => {
          let frames = 0;
          const list = document.querySelector('.list');
          const step = () => {
            frames += 1;
            scrollTo(0, (frames * 24) % (document.documentElement.scrollHeight - innerHeight));
            list.scrollTop += 600;
            if (frames < 300) requestAnimationFrame(step); else resolve();
          };
          step();
        })`);
        },
        () => run.train(4),
      );
      expect(tasks.length).toBeGreaterThan(300);
      const [longest] = tasks;
      expect(longest?.ms, longest?.did).toBeLessThan(MOST_TASK_MS);
      // The curves were seen on the way, and had grown.
      const figures = page.locator('figure.curves');
      const points = await figures.evaluateAll((all) =>
        all.map((one) => Number(one.dataset['points'])),
      );
      expect(points).toHaveLength(4);
      expect(Math.min(...points)).toBeGreaterThan(20 * 1500);
      await session.send('HeapProfiler.collectGarbage');
      const { metrics } = await session.send('Performance.getMetrics');
      const heap = metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? Number.NaN;
      expect(heap).toBeLessThan(MOST_HEAP);
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
      await stopServer(server);
    }
  },
);

/** The tasks of the main thread while something is done, the longest first, with the CPU time of each. */
async function recordTasks(
  session: CDPSession,
  act: () => Promise<void>,
  meanwhile: () => void,
): Promise<readonly { readonly ms: number; readonly did: string }[]> {
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) =>
    events.push(...(value as unknown as TraceEvent[])),
  );
  await session.send('Performance.enable');
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: {
      includedCategories: [
        'toplevel',
        'disabled-by-default-devtools.timeline',
        'devtools.timeline',
      ],
    },
  });
  const timer = setInterval(meanwhile, 200);
  await act();
  clearInterval(timer);
  const done = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await done;
  const mains = events
    .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
    .map(({ pid, tid }) => `${pid} ${tid}`);
  const own = events.filter(({ pid, tid }) => mains.includes(`${pid} ${tid}`));
  return own
    .filter(({ name }) => name === 'RunTask')
    .map((task) => ({ ms: (task.tdur ?? 0) / 1000, did: describeTask(task, own) }))
    .sort((a, b) => b.ms - a.ms);
}

/** What took most of a task, for whoever has to mend it. */
function describeTask({ ts, dur = 0 }: TraceEvent, events: readonly TraceEvent[]): string {
  return events
    .filter((one) => one.name !== 'RunTask' && one.ts >= ts && one.ts < ts + dur)
    .sort((a, b) => (b.tdur ?? 0) - (a.tdur ?? 0))
    .slice(0, 6)
    .map(
      ({ name, tdur = 0, args }) =>
        `${name} ${Math.round(tdur / 1000)} ms ${JSON.stringify(args).slice(0, 200)}`,
    )
    .join('; ');
}
