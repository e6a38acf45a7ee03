import { PassThrough } from 'node:stream';
import type { StageEvent } from '../../../../pipeline/contract/stage.ts';
import type { Clock } from '../../../../pipeline/progress/clock.ts';
import type { RunEvent } from '../../../../pipeline/progress/events.ts';

/** A clock that only the test moves; tickers fire as the time passes them. */
export class HandClock implements Clock {
  private time = 1_000_000;
  private readonly tickers = new Set<{ every: number; next: number; action: () => void }>();
  readonly now = (): number => this.time;
  readonly every = (milliseconds: number, action: () => void): (() => void) => {
    const ticker = { every: milliseconds, next: this.time + milliseconds, action };
    this.tickers.add(ticker);
    return () => this.tickers.delete(ticker);
  };
  get tickerCount(): number {
    return this.tickers.size;
  }
  advance(milliseconds: number): void {
    const end = this.time + milliseconds;
    for (;;) {
      const due = [...this.tickers].filter((ticker) => ticker.next <= end);
      const [first] = due.sort((a, b) => a.next - b.next);
      if (first === undefined) break;
      this.time = Math.max(this.time, first.next);
      first.next += first.every;
      first.action();
    }
    this.time = end;
  }
}

/** A terminal's stream: keeps what was written, has a size, can be resized. */
export class TerminalStream extends PassThrough {
  columns: number;
  rows: number;
  readonly isTTY = true;
  readonly writes: string[] = [];
  constructor(columns: number, rows: number) {
    super({ encoding: 'utf8' });
    this.columns = columns;
    this.rows = rows;
    this.on('data', (text: string) => this.writes.push(text));
  }
  get text(): string {
    return this.writes.join('');
  }
  resize(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
    this.emit('resize');
  }
}

/** Events of one run, stamped with the clock's time. */
export function eventsAt(clock: Clock) {
  return {
    started: (more: Partial<Extract<RunEvent, { type: 'run-started' }>> = {}): RunEvent => ({
      type: 'run-started',
      time: clock.now(),
      runFolder: '.pipeline/runs/1',
      targets: ['figure1'],
      profile: 'quick',
      notice: null,
      nodes: 57,
      jobs: 2,
      ...more,
    }),
    start: (node: string, expectedSeconds: number | null = null): RunEvent => ({
      type: 'node-started',
      time: clock.now(),
      node,
      log: `.pipeline/runs/1/${node}.log`,
      expectedSeconds,
    }),
    workLeft: (nodes: number, seconds: number, unknown = 0): RunEvent => ({
      type: 'work-left',
      longestSeconds: 0,
      time: clock.now(),
      nodes,
      seconds,
      unknown,
    }),
    waiting: (node: string, host: string, pid: number): RunEvent => ({
      type: 'node-waiting',
      time: clock.now(),
      node,
      host,
      pid,
    }),
    rechecked: (node: string, differing: readonly string[]): RunEvent => ({
      type: 'node-rechecked',
      time: clock.now(),
      node,
      differing,
      seconds: 1.5,
    }),
    stage: (node: string, event: StageEvent): RunEvent => ({
      type: 'node-event',
      time: clock.now(),
      node,
      event,
    }),
    message: (node: string, text: string, level: 'info' | 'warning' = 'info'): RunEvent => ({
      type: 'node-event',
      time: clock.now(),
      node,
      event: { type: 'message', text, level },
    }),
    progress: (
      node: string,
      label: string,
      done: number,
      total: number | null,
      fields: Record<string, string> = {},
      unit = 'batch',
    ): RunEvent => ({
      type: 'node-event',
      time: clock.now(),
      node,
      event: { type: 'progress', label, unit, done, total, fields },
    }),
    executed: (node: string, seconds: number, summary = {}): RunEvent => ({
      type: 'node-finished',
      time: clock.now(),
      node,
      outcome: 'executed',
      restored: false,
      seconds,
      summary,
    }),
    cached: (node: string, restored = false): RunEvent => ({
      type: 'node-finished',
      time: clock.now(),
      node,
      outcome: 'cached',
      restored,
      seconds: 0,
      summary: {},
    }),
    failed: (node: string, message: string, logTail: readonly string[] = []): RunEvent => ({
      type: 'node-failed',
      time: clock.now(),
      node,
      message,
      log: `.pipeline/runs/1/${node}.log`,
      logTail,
      seconds: 3.21,
    }),
    skipped: (node: string, because: string): RunEvent => ({
      type: 'node-skipped',
      time: clock.now(),
      node,
      because,
    }),
    warning: (text: string, node: string | null = null): RunEvent => ({
      type: 'warning',
      time: clock.now(),
      node,
      text,
    }),
    interrupted: (): RunEvent => ({ type: 'run-interrupted', time: clock.now(), signal: 'SIGINT' }),
    finished: (
      executed: number,
      cached: number,
      failed: number,
      skipped: number,
      seconds: number,
    ): RunEvent => ({
      type: 'run-finished',
      time: clock.now(),
      executed,
      cached,
      failed,
      skipped,
      seconds,
    }),
  };
}
