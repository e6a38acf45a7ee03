/** What the page knows by now, and who is told when that changes. */

import type { Estimate } from '../../progress/eta.ts';
import type { ListedEntry } from '../run-book.ts';
import { openRunView, type RunView } from '../run-view.ts';

/** What the page shows. */
export interface LiveState {
  title: string;
  allowsActions: boolean;
  /** The newest first. */
  runs: readonly ListedEntry[];
  /** The run that is shown; null before there is one. */
  run: string | null;
  /** The newest run is shown, and the next one when it begins. */
  followsLatest: boolean;
  view: RunView;
  /** As of {@link estimatedAt}. */
  estimate: Estimate | null;
  estimatedAt: number;
  /** `opening` until something was heard of the server. */
  link: 'opening' | 'live' | 'lost';
  /** Where files of the workspace are. */
  files: string;
  /** Paths of pages about the results, from the workspace. */
  reports: readonly string[];
}

/** Nothing, yet. */
export function openLiveState(): LiveState {
  return {
    title: '',
    allowsActions: false,
    runs: [],
    run: null,
    followsLatest: true,
    view: openRunView(),
    estimate: null,
    estimatedAt: 0,
    link: 'opening',
    files: '',
    reports: [],
  };
}

/** The run that is shown, as the list has it. */
export function shownRun(state: LiveState): ListedEntry | null {
  return state.runs.find(({ run }) => run === state.run) ?? null;
}

/** Whether the run that is shown goes on, as far as is known. */
export function isRunning(state: LiveState): boolean {
  return state.view.phase !== 'finished' && shownRun(state)?.end === 'running';
}
