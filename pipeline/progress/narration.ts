/** Events → the lines that stay on a terminal. */

import type { StageEvent } from '../contract/stage.ts';
import { stageOf } from '../graph/node-name.ts';
import type { RunEvent } from './events.ts';
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

/** Turns a run's events into the lines that stay on a terminal. */
export interface Narrator {
  /** The lines that an event adds, usually none. */
  readonly narrate: (event: RunEvent) => string[];
  /** The lines that were held back to be summarised. */
  readonly flush: () => string[];
}

/** Nodes that follow each other with the same outcome, told in one line. */
interface Group {
  readonly kind: 'cached' | 'skipped' | 'done';
  readonly because: string;
  readonly names: string[];
  restored: number;
  seconds: number;
}

/** Up to this many nodes of a group are named, more are counted. */
const namedNodes = 3;
/** Nodes that took less, and have nothing to tell, are told of together. */
const briefSeconds = 2;

const NOTHING = { restored: false, seconds: 0 };

/** A narrator in the given colours; a verbose one gives each node a line. */
export function openNarrator(palette: Palette, isVerbose = false): Narrator {
  let group: Group | null = null;
  let notice: string[] = [];
  const failures: string[] = [];

  function flush(): string[] {
    const lines = group === null ? [] : wordGroup(group, palette);
    group = null;
    return lines;
  }

  function collect(
    kind: Group['kind'],
    because: string,
    node: string,
    { restored, seconds }: { readonly restored: boolean; readonly seconds: number },
  ): string[] {
    const isSame = !isVerbose && group?.kind === kind && group.because === because;
    const lines = isSame ? [] : flush();
    group ??= { kind, because, names: [], restored: 0, seconds: 0 };
    group.names.push(cleanLine(node));
    group.seconds += seconds;
    if (restored) group.restored += 1;
    return lines;
  }

  function narrate(event: RunEvent): string[] {
    switch (event.type) {
      case 'run-started':
        failures.length = 0;
        notice =
          event.notice === null
            ? []
            : [`${palette.strong(cleanLine(event.profile))}: ${cleanLine(event.notice)}`];
        return [];
      case 'node-explained':
        return [...flush(), palette.faint(`? ${cleanLine(event.node)}: ${cleanLine(event.text)}`)];
      case 'node-started': {
        const isSame = group?.kind === 'done' && group.because === stageOf(event.node);
        return [...(isSame || group?.kind !== 'done' ? [] : flush()), ...notice.splice(0)];
      }
      case 'work-left':
      case 'load':
        return [];
      case 'transfer':
        return event.isLast ? [...flush(), palette.faint(`⇅ ${wordTransfer(event)}`)] : [];
      case 'node-waiting':
        return [...flush(), palette.faint(`… ${wordWaiting(event)}`)];
      case 'node-event': {
        const lines = narrateStage(event.node, event.event, palette);
        return lines.length === 0 ? [] : [...flush(), ...lines];
      }
      case 'node-finished': {
        if (event.outcome === 'cached') return collect('cached', '', event.node, event);
        if (event.seconds < briefSeconds && Object.keys(event.summary).length === 0)
          return collect('done', stageOf(event.node), event.node, event);
        const time = `${formatDuration(event.seconds)}s`;
        const summary = palette.faint(wordSummary(event.summary));
        return [...flush(), `${palette.good('✓')} ${cleanLine(event.node)} ${time}${summary}`];
      }
      case 'node-failed': {
        const log = event.log === null ? '' : `  log: ${cleanLine(event.log)}`;
        failures.push(`${palette.bad('✗')} ${cleanLine(event.node)}${log}`);
        return [...flush(), ...narrateFailure(event, palette)];
      }
      case 'node-rechecked': {
        const [mark, paint] = event.differing.length > 0 ? ['✗', palette.bad] : ['✓', palette.good];
        return [...flush(), `${paint(mark)} ${cleanLine(event.node)}: ${wordRecheck(event)}`];
      }
      case 'node-retrying': {
        const text = `${wordRetry(event)}  log: ${cleanLine(event.log)}`;
        return [...flush(), ...warn(`${cleanLine(event.node)}: `, text, palette)];
      }
      case 'node-skipped':
        if (event.stopped !== undefined) {
          const text = wordStopped(event, event.stopped);
          return [...flush(), palette.warn(`– ${cleanLine(event.node)} stopped${text}`)];
        }
        return collect('skipped', cleanLine(event.because), event.node, NOTHING);
      case 'warning': {
        const about = event.node === null ? '' : `${cleanLine(event.node)}: `;
        return [...flush(), ...warn(about, event.text, palette)];
      }
      case 'watch':
        return [...flush(), palette.strong(wordWatch(event))];
      case 'mistakes':
        return [...flush(), ...cleanLines(event.text)];
      case 'run-interrupted':
        return [...flush(), palette.warn(`Interrupted by ${cleanLine(event.signal)}, stopping`)];
      case 'run-finished': {
        // Of several failures (--keep-going) the first have scrolled away by now.
        const recap = failures.length > 1 ? failures : [];
        return [...flush(), ...recap, wordTotals(event)];
      }
      default:
        event satisfies never;
        return [];
    }
  }

  return { narrate, flush };
}

function narrateStage(node: string, event: StageEvent, palette: Palette): string[] {
  if (event.type !== 'message') return [];
  const about = `${cleanLine(node)}: `;
  if (event.level === 'warning') return warn(about, event.text, palette);
  return cleanLines(event.text).map((line) => palette.faint(about) + line);
}

function warn(about: string, text: string, palette: Palette): string[] {
  return cleanLines(text).map((line) => palette.warn(`! ${about}${line}`));
}

function narrateFailure(
  event: Extract<RunEvent, { readonly type: 'node-failed' }>,
  palette: Palette,
): string[] {
  const [first = '', ...rest] = cleanLines(event.message);
  const title = `✗ ${cleanLine(event.node)} failed after ${formatDuration(event.seconds)}s`;
  return [
    `${palette.bad(title)}${first === '' ? '' : `: ${first}`}`,
    ...rest.map((line) => `  ${line}`),
    ...event.logTail.map((line) =>
      `  ${palette.faint('│')} ${cleanLines(line).join(' ')}`.trimEnd(),
    ),
    ...(event.log === null ? [] : [`  log: ${cleanLine(event.log)}`]),
    ...(event.kept === undefined ? [] : [`  what it wrote: ${cleanLine(event.kept)}`]),
  ];
}

function wordGroup(group: Group, palette: Palette): string[] {
  const count = group.names.length;
  const names = count <= namedNodes ? group.names.join(', ') : countOf(count, 'node');
  if (group.kind === 'done') {
    const what = count <= namedNodes ? names : `${cleanLine(group.because)}: ${names}`;
    return [`${palette.good('✓')} ${what} ${formatDuration(group.seconds)}s`];
  }
  if (group.kind === 'skipped') {
    return [palette.warn(`– ${names} skipped${group.because === '' ? '' : `: ${group.because}`}`)];
  }
  const restored =
    group.restored === 0
      ? ''
      : count === group.restored
        ? ', restored'
        : `, ${group.restored} restored`;
  return [palette.faint(`= ${names} cached${restored}`)];
}
