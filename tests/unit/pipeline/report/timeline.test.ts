import { expect, it } from 'vitest';
import type { Timeline, TimelineBar } from '../../../../pipeline/progress/timeline.ts';
import { placeBars } from '../../../../pipeline/report/place-bars.ts';
import { renderTimeline } from '../../../../pipeline/report/render-timeline.ts';

const START = Date.UTC(2026, 0, 1);

function bar(node: string, from: number, to: number, more: Partial<TimelineBar> = {}): TimelineBar {
  const times = { startedAt: START + 1000 * from, endedAt: START + 1000 * to };
  return { node, ...times, end: 'executed', cpuSeconds: to - from, memory: 3e8, ...more };
}

function timeline(bars: readonly TimelineBar[], seconds: number): Timeline {
  const endedAt = START + 1000 * seconds;
  return { run: 'r', startedAt: START, endedAt, cpus: 2, bars, loads: [] };
}

it('shows ten thousand nodes in a page that opens, each counted in one bar', () => {
  const bars = Array.from({ length: 10_000 }, (_, i) =>
    bar(`s${i % 9}/${i}`, i / 20, (i + 2) / 20),
  );
  const { html } = renderTimeline(timeline(bars, 501), [], () => '#x');
  const titles = [...html.matchAll(/<(?:a|span) class="s\d"[^>]* title="([^"]*)"/g)].map(
    ([, title]) => title,
  );
  const counted = titles.reduce(
    (sum, title) => sum + Number(/^(\d+) nodes/.exec(title ?? '')?.[1] ?? 1),
    0,
  );
  expect(counted).toBe(10_000);
  expect(html.length).toBeLessThan(400_000);
  expect(html).toContain('10,000 attempts in 2 lanes');
  expect(html).toContain('2 other stages');
});

it('lets no bar lie over another, and parts two that only touch', () => {
  const bars = [
    bar('a', 0, 10),
    bar('b', 2, 6),
    bar('c', 6, 20),
    bar('d', 9.95, 12),
    bar('e', 11, 12),
  ];
  const lanes = placeBars(bars, 20_000, 2);
  const names = lanes.map((lane) =>
    lane.flatMap(({ attempts }) => attempts.map(({ node }) => node)),
  );
  expect(names).toEqual([['a', 'd'], ['b', 'c'], ['e']]);
  const [, second] = lanes[0] ?? [];
  expect(second?.startedAt).toBe(START + 10_000);
});

it('lets what is too short to see share a lane, where it waited for the disk beside others', () => {
  const short = Array.from({ length: 16 }, (_, i) => bar(`s/${i}`, 1 + i / 100, 1.4 + i / 100));
  const lanes = placeBars([bar('a', 0, 300), ...short, bar('b', 2, 300)], 300_000, 2);
  expect(lanes).toHaveLength(2);
  const joined = lanes[1]?.[0];
  expect(joined?.attempts).toHaveLength(16);
  expect(joined).toMatchObject({ startedAt: START + 1000, endedAt: START + 1550 });
});

it('tells what a node used, leads to it, and marks what failed', () => {
  const bars = [
    bar('train/x', 0, 90),
    bar('<b>', 90, 100, { end: 'failed', cpuSeconds: null, memory: null }),
  ];
  const loads = [
    { time: START + 50_000, cpus: 2, memory: 1e8 },
    { time: START + 100_000, cpus: 1, memory: 3e9 },
  ];
  const { html } = renderTimeline({ ...timeline(bars, 100), loads }, [], (node) =>
    node === 'train/x' ? '#run-x' : null,
  );
  expect(html).toContain(
    'title="train/x: 1 min 30 s, 1 min 30 s of CPU time (1.0 CPUs), 300 MB at most; from 0 to 1:30" href="#run-x"',
  );
  expect(html).toMatch(
    /<span class="s2 unended"[^>]* title="&lt;b&gt;: failed, 10\.0 s; from 1:30 to 1:40"/,
  );
  expect(html).toContain('1 min 30 s of CPU time in 1 of them');
  expect(html).toContain('<strong>2.0 at most, 1.5 on average, of 2</strong>');
  expect(html).toContain('<strong>3.0 GB at most</strong>');
});
