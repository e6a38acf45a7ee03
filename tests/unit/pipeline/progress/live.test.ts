import { describe, expect, it } from 'vitest';
import { openLiveReporter } from '../../../../pipeline/progress/live.ts';
import { openPalette } from '../../../../pipeline/progress/style.ts';
import { eventsAt, HandClock, TerminalStream } from './fixtures.ts';
import { Screen } from './screen.ts';

function openScreen(columns: number, rows = 24, colour = false) {
  const clock = new HandClock();
  const stream = new TerminalStream(columns, rows);
  const screen = new Screen(columns);
  stream.on('data', (text: string) => screen.write(text));
  const reporter = openLiveReporter({ stream, palette: openPalette(colour), clock });
  return {
    clock,
    stream,
    reporter,
    events: eventsAt(clock),
    screen,
    shown: () => screen.lines(),
  };
}

describe('the live reporter', () => {
  it('shows the whole run and a bar for each running node, in tqdm’s manner', () => {
    const { clock, reporter, events, shown } = openScreen(120);
    reporter.report(events.started());
    for (let i = 0; i < 4; i++) reporter.report(events.cached(`configure/MLP1_0.${i}_none`));
    reporter.report(events.start('train/MLP1_0.2_none'));
    reporter.report(events.start('train/MLP3_0.0_shuff_pix', 5));
    reporter.report(events.workLeft(51, 120));
    reporter.report(events.progress('train/MLP1_0.2_none', '012', 0, 375));
    reporter.report(events.stage('train/MLP1_0.2_none', { type: 'fraction', value: 0.5 }));
    clock.advance(1000);
    reporter.report(
      events.progress('train/MLP1_0.2_none', '012', 240, 375, { acc: '56.2', loss: '1.29' }),
    );
    clock.advance(200);
    expect(shown()).toEqual([
      'figure1 · quick  ░░░░░░░░░░ 4/57 nodes · 2 running · 4 cached · ETA 01:03',
      'train/MLP1_0.2_none      012:  64%|████████████████         | 240/375 [00:01<00:00, 240.00batch/s, acc=56.2, loss=1.29]',
      'train/MLP3_0.0_shuff_pix 00:01',
    ]);
  });

  it('leaves finished nodes, messages and warnings above, and the totals last', () => {
    const { clock, reporter, events, shown, screen } = openScreen(100);
    reporter.report(events.started({ notice: 'synthetic images' }));
    for (let i = 0; i < 12; i++) reporter.report(events.cached(`configure/${i}`, i < 2));
    reporter.report(events.start('train/a'));
    clock.advance(100);
    reporter.report(
      events.message('train/a', 'Zero-loss condition reached at epoch 27 after 107.26s'),
    );
    reporter.report(events.message('train/a', 'slow disk', 'warning'));
    reporter.report(
      events.executed('train/a', 12.34, { epoch: 27, loss: 0.00981234, nested: { a: 1 } }),
    );
    clock.advance(100);
    reporter.report(events.cached('evaluate/a', true));
    reporter.report(events.warning('a damaged object was set aside'));
    reporter.report(events.finished(1, 13, 0, 0, 12.56));
    reporter.close();
    expect(shown()).toEqual([
      'quick: synthetic images',
      '= 12 nodes cached, 2 restored',
      'train/a: Zero-loss condition reached at epoch 27 after 107.26s',
      '! train/a: slow disk',
      '✓ train/a 12.3s epoch=27 loss=0.009812',
      '= evaluate/a cached, restored',
      '! a damaged object was set aside',
      '1 executed, 13 cached, 0 failed in 12.6 s',
    ]);
    expect(screen.cursorVisible).toBe(true);
    expect(clock.tickerCount).toBe(0);
  });

  it('tells whom it waits for, and no longer shows what another process has taken over', () => {
    const { clock, reporter, events, shown } = openScreen(100);
    reporter.report(events.started());
    reporter.report(events.start('train/a'));
    reporter.report(events.waiting('train/a', 'far', 12));
    reporter.report(events.rechecked('train/b', ['model']));
    clock.advance(100);
    expect(shown()).toEqual([
      '… waiting for train/a, which far:12 is running',
      '✗ train/b: made again, differs from the cache in model',
      expect.stringContaining('0/57 nodes · 0 running'),
    ]);
  });

  it('shows a failure with its log, what was skipped for it, and several failures again at the end', () => {
    const { reporter, events, shown } = openScreen(100);
    reporter.report(events.started());
    reporter.report(events.start('train/a'));
    reporter.report(
      events.failed('train/a', 'Out of memory\nneeds 2 GB', [
        'step 1',
        '\u001B[31mkilled\u001B[0m',
      ]),
    );
    for (const node of ['b', 'c', 'd', 'e'])
      reporter.report(events.skipped(`evaluate/${node}`, 'train/a failed'));
    reporter.report(events.failed('train/z', 'Diverged'));
    reporter.report(events.finished(0, 0, 2, 4, 4.2));
    reporter.close();
    expect(shown()).toEqual([
      '✗ train/a failed after 3.2s: Out of memory',
      '  needs 2 GB',
      '  │ step 1',
      '  │ killed',
      '  log: .pipeline/runs/1/train/a.log',
      '– 4 nodes skipped: train/a failed',
      '✗ train/z failed after 3.2s: Diverged',
      '  log: .pipeline/runs/1/train/z.log',
      '✗ train/a  log: .pipeline/runs/1/train/a.log',
      '✗ train/z  log: .pipeline/runs/1/train/z.log',
      '0 executed, 0 cached, 2 failed, 4 skipped in 4.2 s',
    ]);
  });

  it('fits a small terminal: no line wraps and nodes that do not fit are counted', () => {
    const { clock, reporter, events, shown } = openScreen(40, 8);
    reporter.report(events.started());
    for (let i = 0; i < 9; i++) {
      reporter.report(events.start(`train/MLP1_0.${i}_none`));
      reporter.report(events.progress(`train/MLP1_0.${i}_none`, '数据'.repeat(20), 20, 94));
    }
    clock.advance(2000);
    const lines = shown();
    expect(lines).toHaveLength(6);
    expect(lines[0]).toBe('figure1 · quick  ░░░░░░░░░░ 0/57 nodes');
    expect(lines[1]).toMatch(/^MLP1_0\.0_none 数据数…: {2}21%\|▊/u);
    expect(lines.at(-1)).toBe('… and 5 more running');
  });

  it('survives a terminal that becomes narrower and wraps what it shows', () => {
    const { clock, reporter, events, stream, screen, shown } = openScreen(100);
    reporter.report(events.started());
    reporter.report(events.start('train/MLP1_0.2_none'));
    reporter.report(events.progress('train/MLP1_0.2_none', '012', 100, 375, { loss: '1.29' }));
    clock.advance(100);
    expect(shown()[0]).toBe('figure1 · quick  ░░░░░░░░░░ 0/57 nodes · 1 running');
    screen.resize(40);
    expect(shown()).toHaveLength(5);
    stream.resize(40, 24);
    expect(shown()).toEqual([
      'figure1 · quick  ░░░░░░░░░░ 0/57 nodes',
      'MLP1_0.2_none 012:  27%|█▌    | 100/375',
    ]);
    reporter.report(events.message('train/MLP1_0.2_none', 'still here'));
    clock.advance(100);
    reporter.report(events.finished(1, 0, 0, 0, 1));
    reporter.close();
    expect(shown()).toEqual([
      'train/MLP1_0.2_none: still here',
      '1 executed, 0 cached, 0 failed in 1.0 s',
    ]);
  });

  it('draws at most ten times a second, each frame in one write', () => {
    const { clock, reporter, events, stream } = openScreen(100);
    reporter.report(events.started());
    reporter.report(events.start('train/a'));
    const before = stream.writes.length;
    for (let i = 0; i < 1000; i++) {
      reporter.report(events.progress('train/a', '000', i, 1000));
      clock.advance(1);
    }
    expect(stream.writes.length - before).toBeLessThanOrEqual(10);
  });

  it('says that an interrupted run is stopping and clears its lines when closed early', () => {
    const { clock, reporter, events, shown } = openScreen(80);
    reporter.report(events.started());
    reporter.report(events.start('train/a'));
    reporter.report(events.cached('configure/a'));
    reporter.report(events.interrupted());
    clock.advance(100);
    expect(shown()).toEqual([
      '= configure/a cached',
      'Interrupted by SIGINT, stopping',
      'figure1 · quick  ░░░░░░░░░░ 1/57 nodes · 1 running · 1 cached · stopping',
      'train/a 00:00',
    ]);
    reporter.close();
    expect(shown()).toEqual(['= configure/a cached', 'Interrupted by SIGINT, stopping']);
  });

  it('colours nothing of the totals, so that they can be matched', () => {
    const { reporter, events, stream } = openScreen(80, 24, true);
    reporter.report(events.started());
    reporter.report(events.executed('train/a', 1));
    reporter.report(events.finished(1, 0, 0, 0, 1));
    reporter.close();
    expect(stream.text).toContain('\u001B[32m✓\u001B[39m train/a');
    expect(stream.text).toContain('\n1 executed, 0 cached, 0 failed in 1.0 s\n');
  });

  it('goes on when its terminal is lost', () => {
    const { clock, reporter, events, stream } = openScreen(80);
    reporter.report(events.started());
    stream.destroy(new Error('EIO'));
    reporter.report(events.start('train/a'));
    clock.advance(1000);
    expect(() => reporter.close()).not.toThrow();
  });
});
