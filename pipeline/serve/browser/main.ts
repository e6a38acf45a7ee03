/** The live page: its parts, drawn anew as often as is of use. */

import { readAddressed } from './address.ts';
import { Connection } from './connection.ts';
import { CurvesPart } from './curves-part.ts';
import { DiffPart } from './diff-part.ts';
import { FailuresPart } from './failures-part.ts';
import { HistoryPart } from './history-part.ts';
import { openLiveState } from './live-state.ts';
import { NodePanel } from './node-panel.ts';
import { NowPart } from './now-part.ts';
import { drawParts, type PagePart } from './page-part.ts';
import { RunningPart } from './running-part.ts';
import { StagesPart } from './stages-part.ts';

const state = openLiveState();
const main = document.querySelector<HTMLElement>('#main');
const dialog = document.querySelector<HTMLDialogElement>('#panel');
if (main === null || dialog === null) throw new Error('the page is not whole');

const panel = new NodePanel(dialog, state);
const sections = [
  new NowPart(),
  new FailuresPart(),
  new RunningPart(),
  new CurvesPart(),
  new StagesPart(),
  new DiffPart(),
  new HistoryPart(),
];
const parts: PagePart[] = [
  ...sections,
  {
    element: dialog,
    draw(_, now) {
      panel.show(readAddressed().node);
      panel.draw(now);
    },
  },
];
const connection = new Connection(state, drawParts(parts, state));
main.append(...sections.map(({ element }) => element));

let shown: string | null | undefined;
function follow(): void {
  const { run } = readAddressed();
  if (run !== shown) void connection.show(run);
  shown = run;
  panel.show(readAddressed().node);
}
addEventListener('hashchange', follow);
follow();
