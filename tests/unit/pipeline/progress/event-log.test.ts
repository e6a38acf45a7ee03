import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openEventLog } from '../../../../pipeline/progress/event-log.ts';
import { openJsonReporter } from '../../../../pipeline/progress/json.ts';
import { appendToFile } from '../../../../pipeline/progress/line-log.ts';
import { eventsAt, HandClock, TerminalStream } from './fixtures.ts';

describe('the JSON reporter', () => {
  it('prints every event as a line that starts with its type', () => {
    const clock = new HandClock();
    const events = eventsAt(clock);
    const stream = new TerminalStream(20, 5);
    const reporter = openJsonReporter(stream);
    const all = [
      events.started(),
      events.progress('a', '000', 1, null),
      events.finished(1, 0, 0, 0, 1.5),
    ];
    for (const event of all) reporter.report(event);
    const lines = stream.text.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(all);
    expect(lines.map((line) => line.slice(0, 16))).toEqual([
      '{"type":"run-sta',
      '{"type":"node-ev',
      '{"type":"run-fin',
    ]);
  });
});

describe('the event log', () => {
  it('appends what happened as JSON lines, without bars but those that measure something', () => {
    const folder = mkdtempSync(join(tmpdir(), 'event-log-'));
    try {
      const clock = new HandClock();
      const events = eventsAt(clock);
      const path = join(folder, 'events.jsonl');
      const log = openEventLog({ append: appendToFile(path), clock });
      log.report(events.started());
      log.report(events.progress('a', '000', 1, 2));
      const bar = { type: 'progress', label: '001', total: 2, unit: 'step' } as const;
      log.report(events.stage('a', { ...bar, done: 1, fields: { loss: '0.6' } }));
      log.report(events.stage('a', { ...bar, done: 2, fields: { loss: '0.5' } }));
      log.report(events.stage('a', { type: 'fraction', value: 0.5 }));
      log.report(events.message('a', 'hello'));
      log.report(events.finished(1, 0, 0, 0, 1));
      log.close();
      const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
      const logged = lines.map((line) => JSON.parse(line));
      expect(logged.map(({ type, event }) => event?.type ?? type)).toEqual([
        'run-started',
        'progress',
        'message',
        'run-finished',
      ]);
      expect(logged[1].event).toMatchObject({ done: 2, fields: { loss: '0.5' } });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('gathers lines for a moment, but writes a failure with all before it at once', () => {
    const clock = new HandClock();
    const events = eventsAt(clock);
    const appended: string[] = [];
    const log = openEventLog({ append: (text) => appended.push(text), clock });
    for (let i = 0; i < 50; i++) log.report(events.cached(`a/${i}`));
    expect(appended).toHaveLength(0);
    clock.advance(200);
    expect(appended).toHaveLength(1);
    log.report(events.start('b'));
    log.report(events.failed('b', 'no'));
    expect(appended).toHaveLength(2);
    expect(appended.every((text) => text.endsWith('}\n'))).toBe(true);
    log.close();
    expect(clock.tickerCount).toBe(0);
  });

  it('tells how far a long stage is, a line for each hundredth, and one a second at most', () => {
    const clock = new HandClock();
    const events = eventsAt(clock);
    let text = '';
    const log = openEventLog({
      append: (lines) => {
        text += lines;
      },
      clock,
    });
    log.report(events.start('a'));
    for (let i = 0; i <= 400; i++) {
      log.report(events.stage('a', { type: 'fraction', value: i / 4000 }));
      clock.advance(100);
    }
    log.close();
    const fractions = text.split('\n').flatMap((line) => /"value":([\d.]+)/.exec(line)?.[1] ?? []);
    expect(fractions.map((one) => Math.floor(100 * Number(one)))).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
  });

  it('complains once where it cannot be written and lets the run go on', () => {
    const clock = new HandClock();
    const events = eventsAt(clock);
    const complaints: unknown[] = [];
    const log = openEventLog({
      append: () => {
        throw new Error('ENOSPC');
      },
      complain: (error) => complaints.push(error),
      clock,
    });
    log.report(events.started());
    log.report(events.finished(0, 0, 0, 0, 1));
    log.close();
    expect(complaints).toHaveLength(1);
  });
});
