import { describe, expect, it } from 'vitest';
import {
  chooseReporter,
  type ReporterChoice,
} from '../../../../pipeline/progress/choose-reporter.ts';
import { combineReporters } from '../../../../pipeline/progress/combine-reporters.ts';
import type { Reporter } from '../../../../pipeline/progress/events.ts';
import { eventsAt, HandClock, TerminalStream } from './fixtures.ts';

function runWith(choice: Partial<ReporterChoice>): string {
  const clock = new HandClock();
  const events = eventsAt(clock);
  const stream = new TerminalStream(80, 24);
  const reporter = chooseReporter({
    json: false,
    quiet: false,
    isTerminal: true,
    env: { TERM: 'xterm-256color' },
    stream,
    clock,
    ...choice,
  });
  reporter.report(events.started());
  reporter.report(events.start('train/a'));
  clock.advance(100);
  reporter.report(events.executed('train/a', 1));
  reporter.report(events.finished(1, 0, 0, 0, 1));
  reporter.close();
  return stream.text;
}

describe('chooseReporter', () => {
  it('draws in colour on a terminal', () => {
    expect(runWith({})).toContain('\u001B[32m✓');
  });

  it('leaves the colours away under NO_COLOR, unless FORCE_COLOR insists', () => {
    const uncoloured = runWith({ env: { NO_COLOR: '1' } });
    expect(uncoloured).toContain('✓ train/a 1.0s\n');
    expect(uncoloured).toContain('\u001B[?25l');
    expect(runWith({ env: { NO_COLOR: '1', FORCE_COLOR: '1' } })).toContain('\u001B[32m✓');
    expect(runWith({ env: { NO_COLOR: '' } })).toContain('\u001B[32m✓');
    expect(runWith({ env: { FORCE_COLOR: '0' } })).not.toContain('\u001B[32m');
  });

  it('writes plain lines without control codes elsewhere and on a dumb terminal', () => {
    const plain =
      '[run] figure1 · quick: 57 nodes, 2 jobs, .pipeline/runs/1\n[start] train/a\n[done] train/a 1.0 s\n1 executed, 0 cached, 0 failed in 1.0 s\n';
    expect(runWith({ isTerminal: false })).toBe(plain);
    expect(runWith({ env: { TERM: 'dumb' } })).toBe(plain);
    expect(runWith({ isTerminal: false, env: { FORCE_COLOR: '1' } })).toContain('\u001B[32m[done]');
  });

  it('obeys --quiet and --json, the latter first', () => {
    expect(runWith({ quiet: true })).toBe('');
    expect(runWith({ quiet: true, json: true }).split('\n')).toHaveLength(5);
  });
});

describe('combineReporters', () => {
  it('keeps a broken reporter from stopping the others', () => {
    const seen: string[] = [];
    const complaints: unknown[] = [];
    const broken: Reporter = {
      report: () => {
        throw new Error('bug');
      },
      close: () => seen.push('broken closed'),
    };
    const sound: Reporter = {
      report: (event) => seen.push(event.type),
      close: () => seen.push('sound closed'),
    };
    const events = eventsAt(new HandClock());
    const reporter = combineReporters([broken, sound], (error) => complaints.push(error));
    reporter.report(events.started());
    reporter.report(events.interrupted());
    reporter.close();
    expect(seen).toEqual(['run-started', 'run-interrupted', 'broken closed', 'sound closed']);
    expect(complaints).toEqual([new Error('bug')]);
  });
});
