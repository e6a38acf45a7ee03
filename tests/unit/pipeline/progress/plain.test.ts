import { describe, expect, it } from 'vitest';
import { openPlainReporter } from '../../../../pipeline/progress/plain.ts';
import { openQuietReporter } from '../../../../pipeline/progress/quiet.ts';
import { openPalette } from '../../../../pipeline/progress/style.ts';
import { eventsAt, HandClock, TerminalStream } from './fixtures.ts';

function open(which: typeof openPlainReporter) {
  const clock = new HandClock();
  const stream = new TerminalStream(80, 24);
  const reporter = which({ stream, palette: openPalette(false) });
  return {
    clock,
    reporter,
    events: eventsAt(clock),
    lines: () => stream.text.split('\n').slice(0, -1),
  };
}

describe('the plain reporter', () => {
  it('says under watch what woke it, and that it waits', () => {
    const { reporter, lines } = open(openPlainReporter);
    const woken = { type: 'watch', state: 'woken', time: 0 } as const;
    reporter.report({ ...woken, changed: ['pipeline.yaml'], affected: ['a'] });
    reporter.report({ ...woken, changed: ['a', 'b', 'c', 'd', 'e'], affected: [] });
    reporter.report({
      type: 'mistakes',
      time: 0,
      diagnostics: [],
      text: 'a.yaml:1:1: no\n  1 | x',
    });
    reporter.report({ type: 'watch', state: 'waiting', time: 0 });
    expect(lines()).toEqual([
      '[watch] pipeline.yaml changed',
      '[watch] a, b, c and 2 more changed: no stage is affected',
      'a.yaml:1:1: no',
      '  1 | x',
      '[watch] waiting for edits (Ctrl-C ends)',
    ]);
  });

  it('writes lines that name what happened and the node', () => {
    const { reporter, events, lines } = open(openPlainReporter);
    reporter.report(events.started({ notice: 'synthetic images' }));
    reporter.report(events.cached('configure/a'));
    reporter.report(events.cached('configure/b', true));
    reporter.report(events.start('train/a'));
    reporter.report(events.message('train/a', 'Zero-loss condition reached\nat epoch 27'));
    reporter.report(events.message('train/a', 'slow disk', 'warning'));
    reporter.report(events.executed('train/a', 12.34, { epoch: 27 }));
    reporter.report(events.start('train/b'));
    reporter.report(
      events.failed('train/b', 'Out of memory\nneeds 2 GB', [
        'step 1',
        '\u001B[31mkilled\u001B[0m',
      ]),
    );
    reporter.report(events.skipped('evaluate/b', 'train/b failed'));
    reporter.report(events.warning('odd', 'train/c'));
    reporter.report(events.interrupted());
    reporter.report(events.finished(1, 2, 1, 1, 4.2));
    reporter.close();
    expect(lines()).toEqual([
      '[run] figure1 · quick: 57 nodes, 2 jobs, .pipeline/runs/1',
      '[cached] configure/a',
      '[cached] configure/b (restored)',
      '[profile] quick: synthetic images',
      '[start] train/a',
      '[message] train/a: Zero-loss condition reached',
      '[message] train/a: at epoch 27',
      '[warning] train/a: slow disk',
      '[done] train/a 12.3 s epoch=27',
      '[start] train/b',
      '[failed] train/b after 3.2 s: Out of memory',
      '[failed] train/b: needs 2 GB',
      '[log] train/b: step 1',
      '[log] train/b: killed',
      '[failed] train/b: log at .pipeline/runs/1/train/b.log',
      '[skipped] evaluate/b: train/b failed',
      '[warning] train/c: odd',
      '[interrupted] by SIGINT, stopping',
      '1 executed, 2 cached, 1 failed, 1 skipped in 4.2 s',
    ]);
  });

  it('says who is waited for, and what making a cached result again has shown', () => {
    const { reporter, events, lines } = open(openPlainReporter);
    reporter.report(events.waiting('train/a', 'far', 12));
    reporter.report(events.rechecked('train/a', []));
    reporter.report(events.rechecked('train/b', ['model', 'metrics']));
    expect(lines()).toEqual([
      '[waiting] waiting for train/a, which far:12 is running',
      '[rechecked] train/a 1.5 s: made again, equal to the cache',
      '[rechecked] train/b 1.5 s: made again, differs from the cache in model, metrics',
    ]);
  });

  it('samples the bars: a complete one every ten seconds, an incomplete one every thirty', () => {
    const { clock, reporter, events, lines } = open(openPlainReporter);
    reporter.report(events.start('train/a'));
    for (let epoch = 0; epoch < 8; epoch++) {
      for (const done of [0, 50, 100]) {
        reporter.report(events.progress('train/a', `00${epoch}`, done, 100));
        clock.advance(1000);
      }
    }
    expect(lines()).toEqual([
      '[start] train/a',
      '[progress] train/a 003: 100%|██████████| 100/100 [00:02<00:00, 50.00batch/s]',
      '[progress] train/a 007: 100%|██████████| 100/100 [00:02<00:00, 50.00batch/s]',
    ]);
    clock.advance(31_000);
    reporter.report(events.progress('train/a', '008', 10, 100));
    expect(lines()).toHaveLength(4);
  });
});

describe('the quiet reporter', () => {
  it('prints nothing of a run that went well', () => {
    const { reporter, events, lines } = open(openQuietReporter);
    reporter.report(events.started({ notice: 'synthetic images' }));
    reporter.report(events.start('train/a'));
    reporter.report(events.message('train/a', 'fine'));
    reporter.report(events.executed('train/a', 1));
    reporter.report(events.waiting('train/b', 'far', 12));
    reporter.report(events.rechecked('train/a', []));
    reporter.report(events.finished(1, 0, 0, 0, 1));
    expect(lines()).toEqual([]);
  });

  it('prints warnings, failures and then the totals', () => {
    const { reporter, events, lines } = open(openQuietReporter);
    reporter.report(events.message('train/a', 'slow disk', 'warning'));
    reporter.report(events.warning('odd'));
    reporter.report(events.failed('train/a', 'Out of memory'));
    reporter.report(events.skipped('evaluate/a', 'train/a failed'));
    reporter.report(events.finished(0, 0, 1, 1, 4.2));
    expect(lines()).toEqual([
      '[warning] train/a: slow disk',
      '[warning] odd',
      '[failed] train/a after 3.2 s: Out of memory',
      '[failed] train/a: log at .pipeline/runs/1/train/a.log',
      '0 executed, 0 cached, 1 failed, 1 skipped in 4.2 s',
    ]);
  });

  it('prints the totals of an interrupted run', () => {
    const { reporter, events, lines } = open(openQuietReporter);
    reporter.report(events.interrupted());
    reporter.report(events.finished(1, 0, 0, 5, 2));
    expect(lines()).toEqual([
      '[interrupted] by SIGINT, stopping',
      '1 executed, 0 cached, 0 failed, 5 skipped in 2.0 s',
    ]);
  });
});
