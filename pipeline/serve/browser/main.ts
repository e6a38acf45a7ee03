/** The live page: its parts, drawn anew as often as is of use. */

import { Connection } from './connection.ts';
import { FailuresPart } from './failures-part.ts';
import { HistoryPart } from './history-part.ts';
import { openLiveState } from './live-state.ts';
import { NowPart } from './now-part.ts';
import type { PagePart } from './page-part.ts';
import { drawParts } from './page-part.ts';
import { RunningPart } from './running-part.ts';
import { StagesPart } from './stages-part.ts';

const state = openLiveState();
const main = document.querySelector<HTMLElement>('#main');
if (main === null) throw new Error('the page has no main');

const parts: PagePart[] = [];
const schedule = drawParts(parts, state);
const connection = new Connection(state, schedule);
const showRun = (run: string | null) => {
  location.hash = run === null ? '' : `run=${run}`;
};
parts.push(
  new NowPart(showRun),
  new FailuresPart(),
  new RunningPart(),
  new StagesPart(),
  new HistoryPart(showRun),
);
main.append(...parts.map(({ element }) => element));

/** `#run=…` names the run that is shown. */
function showAddressed(): void {
  const run = /^#run=(.+)$/.exec(location.hash)?.[1];
  void connection.show(run === undefined ? null : decodeURIComponent(run));
}
addEventListener('hashchange', showAddressed);
showAddressed();
