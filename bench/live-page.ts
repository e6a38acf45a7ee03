/**
 * Measures the page of `pipeline serve` on a run of ten thousand nodes and twenty curves that grow, while it is scrolled:
 * `npx tsx bench/live-page.ts`, which needs Chromium. Prints a line of JSON: the longest task of the page's main thread, in
 * milliseconds of its CPU time, what took most of it, how many there were, and the heap behind the page.
 */

import type { CDPSession, Page } from 'playwright-core';
import { fail } from '../experiment/data/failure.ts';
import { hasBrowser } from '../tests/e2e/report/browser.ts';
import { measureHeap, withLargePage } from '../tests/e2e/serve/large-page.ts';
import { removeWorkspaces } from '../tests/fixtures/workspace.ts';
import { runMain } from './options.ts';

/** Points by which each curve grows at a time, and how often that is. */
const MORE_POINTS = 4;
const GROWTH_MS = 200;
const FRAMES = 300;

/** An event of Chromium's trace. */
interface TraceEvent {
  readonly name: string;
  readonly tid: number;
  readonly pid: number;
  /** When it began, how long it took, and the CPU time of its thread, in microseconds. */
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

await runMain(async () => {
  if (!hasBrowser) return fail('chromium is not installed');
  try {
    await withLargePage(async ({ page, run }) => {
      const session = await page.context().newCDPSession(page);
      const events = await traceWhile(session, async () => {
        const timer = setInterval(() => run.train(MORE_POINTS), GROWTH_MS);
        await scrollPage(page);
        clearInterval(timer);
      });
      const tasks = listTasks(events);
      const [longest] = tasks;
      if (longest === undefined) return fail('the trace has no task of the page');
      const measured = {
        tasks: tasks.length,
        longest_ms: Number(cpuMs(longest).toFixed(1)),
        did: describeTask(longest, events),
        heap_mb: Number(((await measureHeap(page)) / 1e6).toFixed(1)),
      };
      console.log(JSON.stringify(measured));
    });
    return 0;
  } finally {
    removeWorkspaces();
  }
});

/** Scrolls the page and its list of nodes, a little with each frame. */
async function scrollPage(page: Page): Promise<void> {
  await page.evaluate(`new Promise((resolve) => {
    let frames = 0;
    const list = document.querySelector('.list');
    const step = () => {
      frames += 1;
      scrollTo(0, (frames * 24) % (document.documentElement.scrollHeight - innerHeight));
      list.scrollTop += 600;
      if (frames < ${FRAMES}) requestAnimationFrame(step); else resolve();
    };
    step();
  })`);
}

/** What the page's main thread does meanwhile. */
async function traceWhile(
  session: CDPSession,
  act: () => Promise<void>,
): Promise<readonly TraceEvent[]> {
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) =>
    events.push(...(value as unknown as TraceEvent[])),
  );
  const categories = ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline'];
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: categories },
  });
  await act();
  const done = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await done;
  const mains = events
    .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
    .map(({ pid, tid }) => `${pid} ${tid}`);
  return events.filter(({ pid, tid }) => mains.includes(`${pid} ${tid}`));
}

/** Tasks, the longest first. */
function listTasks(events: readonly TraceEvent[]): readonly TraceEvent[] {
  return events.filter(({ name }) => name === 'RunTask').sort((a, b) => cpuMs(b) - cpuMs(a));
}

function cpuMs({ tdur = 0 }: TraceEvent): number {
  return tdur / 1000;
}

/** What took most of a task, for whoever has to mend it. */
function describeTask({ ts, dur = 0 }: TraceEvent, events: readonly TraceEvent[]): string {
  return events
    .filter((one) => one.name !== 'RunTask' && one.ts >= ts && one.ts < ts + dur)
    .sort((a, b) => cpuMs(b) - cpuMs(a))
    .slice(0, 4)
    .map((one) => `${one.name} ${cpuMs(one).toFixed(1)} ms`)
    .join('; ');
}
