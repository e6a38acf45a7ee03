/** The reporter for files, pipes and CI: lines that are never redrawn. */

import type { StageEvent } from '../contract/stage.ts';
import { formatBar } from './bar.ts';
import type { Reporter, RunEvent } from './events.ts';
import { advanceMeter, isComplete, type Meter, readMeter } from './meter.ts';
import { type OutputStream, openGatheredOutput } from './output.ts';
import type { Palette } from './style.ts';
import { cleanLine, cleanLines } from './text.ts';
import { countOf, formatDuration } from './units.ts';
import {
  wordRecheck,
  wordRetry,
  wordStopped,
  wordSummary,
  wordTotals,
  wordTransfer,
  wordWaiting,
  wordWatch,
} from './wording.ts';

/** A node's bars appear at most this often where one is complete, in milliseconds. */
const completeEvery = 10_000;
/** A node's bars appear at most this often where none completes, in milliseconds. */
const partialEvery = 30_000;
/** Of more cached nodes than so many that follow each other it says how many. */
const namedNodes = 3;

interface Progress {
  meter: Meter | null;
  readonly startedAt: number;
  printedAt: number;
}

/** What a plain reporter prints with. */
export interface PlainOptions {
  readonly stream: OutputStream;
  readonly palette: Palette;
  /** Whether each cached node gets a line, however many follow each other. */
  readonly isVerbose?: boolean;
}

/**
 * The reporter for files, pipes and CI logs: lines that start with what happened and to which node,
 * `[done] train/MLP1_0.2_none 12.3 s`, and are never redrawn, so that `grep` finds a node's whole
 * story by its name. Of the bars it prints a sample: every ten seconds the next complete one of
 * each node, every thirty an incomplete one.
 */
export function openPlainReporter({ stream, palette, isVerbose = false }: PlainOptions): Reporter {
  const { write, flush } = openGatheredOutput(stream);
  const progress = new Map<string, Progress>();
  /** Cached nodes that are not told of yet, by what is said of them. */
  const cached = { '': [] as string[], ' (restored)': [] as string[] };
  let notice: string[] = [];
  /** When transfers were told of last. */
  let transferredAt = Date.now();

  function printCached(): void {
    for (const [how, nodes] of Object.entries(cached)) {
      const told = nodes.splice(0);
      const isNamed = isVerbose || told.length <= namedNodes;
      print(
        '[cached]',
        '',
        isNamed ? told.map((node) => node + how) : [`${countOf(told.length, 'node')}${how}`],
      );
    }
  }

  function print(tag: string, about: string, lines: readonly string[]): void {
    for (const line of lines) write(`${tag} ${`${about}${line}`.trimEnd()}\n`);
  }

  function reportStage(node: string, event: StageEvent, time: number): void {
    switch (event.type) {
      case 'message': {
        const tag = event.level === 'warning' ? palette.warn('[warning]') : '[message]';
        print(tag, `${cleanLine(node)}: `, cleanLines(event.text));
        return;
      }
      case 'progress': {
        const known = progress.get(node) ?? { meter: null, startedAt: time, printedAt: time };
        progress.set(node, known);
        known.meter = advanceMeter(known.meter, event, time, known.startedAt);
        if (time - known.printedAt < (isComplete(event) ? completeEvery : partialEvery)) return;
        known.printedAt = time;
        print('[progress]', `${node} `, [cleanLine(formatBar(readMeter(known.meter, time)))]);
        return;
      }
      case 'fraction':
      case 'metrics':
      case 'line':
      case 'summary':
        return;
      default:
        event satisfies never;
    }
  }

  function report(event: RunEvent): void {
    const isCached = event.type === 'node-finished' && event.outcome === 'cached';
    if (!isCached && !isUntold(event)) printCached();
    switch (event.type) {
      case 'run-started': {
        const targets = event.targets.map(cleanLine).join(' ');
        const size = `${countOf(event.nodes, 'node')}, ${countOf(event.jobs, 'job')}`;
        print('[run]', '', [
          `${targets} · ${cleanLine(event.profile)}: ${size}, ${event.runFolder}`,
        ]);
        notice = event.notice === null ? [] : cleanLines(`${event.profile}: ${event.notice}`);
        return;
      }
      case 'node-explained':
        print('[why]', `${cleanLine(event.node)}: `, [cleanLine(event.text)]);
        return;
      case 'node-started':
        progress.set(event.node, { meter: null, startedAt: event.time, printedAt: event.time });
        // What a profile is about is of use where something is made with it.
        print('[profile]', '', notice.splice(0));
        print('[start]', '', [cleanLine(event.node)]);
        return;
      case 'node-waiting':
        progress.delete(event.node);
        print('[waiting]', '', [wordWaiting(event)]);
        return;
      case 'node-event':
        reportStage(event.node, event.event, event.time);
        return;
      case 'node-finished': {
        progress.delete(event.node);
        const node = cleanLine(event.node);
        if (event.outcome === 'cached') {
          cached[event.restored ? ' (restored)' : ''].push(node);
        } else {
          const summary = wordSummary(event.summary);
          print(palette.good('[done]'), node, [` ${formatDuration(event.seconds)} s${summary}`]);
        }
        return;
      }
      case 'node-failed': {
        progress.delete(event.node);
        const node = cleanLine(event.node);
        const tag = palette.bad('[failed]');
        const [first = '', ...rest] = cleanLines(event.message);
        print(tag, node, [` after ${formatDuration(event.seconds)} s: ${first}`]);
        print(tag, `${node}: `, rest);
        print('[log]', `${node}: `, event.logTail.flatMap(cleanLines));
        if (event.log !== null) print(tag, `${node}: log at `, [cleanLine(event.log)]);
        if (event.kept !== undefined)
          print(tag, `${node}: what it wrote is in `, [cleanLine(event.kept)]);
        return;
      }
      case 'node-rechecked': {
        progress.delete(event.node);
        const paint = event.differing.length > 0 ? palette.bad : palette.good;
        print(paint('[rechecked]'), `${cleanLine(event.node)} `, [
          `${formatDuration(event.seconds)} s: ${wordRecheck(event)}`,
        ]);
        return;
      }
      case 'node-retrying': {
        progress.delete(event.node);
        const node = cleanLine(event.node);
        print(palette.warn('[retry]'), `${node}: `, [wordRetry(event)]);
        print(palette.warn('[retry]'), `${node}: log at `, [cleanLine(event.log)]);
        return;
      }
      case 'work-left':
      case 'load':
        return;
      case 'transfer':
        if (!event.isLast && event.time - transferredAt < completeEvery) return;
        transferredAt = event.time;
        print('[cache]', '', [wordTransfer(event)]);
        return;
      case 'node-skipped':
        if (event.stopped !== undefined) {
          const text = wordStopped(event, event.stopped);
          print(palette.warn('[stopped]'), `${cleanLine(event.node)}`, [text]);
          return;
        }
        print(palette.warn('[skipped]'), `${cleanLine(event.node)}: `, [cleanLine(event.because)]);
        return;
      case 'warning': {
        const about = event.node === null ? '' : `${cleanLine(event.node)}: `;
        print(palette.warn('[warning]'), about, cleanLines(event.text));
        return;
      }
      case 'watch':
        print('[watch]', '', [wordWatch(event)]);
        return;
      case 'mistakes':
        for (const line of cleanLines(event.text)) write(`${line}\n`);
        return;
      case 'run-interrupted':
        print(palette.warn('[interrupted]'), '', [`by ${event.signal}, stopping`]);
        return;
      case 'run-finished':
        write(`${wordTotals(event)}\n`);
        return;
      default:
        event satisfies never;
    }
  }

  function close(): void {
    printCached();
    flush();
  }

  return { report, close };
}

/** Whether nothing is ever printed of an event, so that it parts no cached nodes from others. */
function isUntold(event: RunEvent): boolean {
  if (event.type === 'work-left' || event.type === 'load') return true;
  if (event.type === 'transfer') return !event.isLast;
  return (
    event.type === 'node-event' && ['progress', 'fraction', 'summary'].includes(event.event.type)
  );
}
