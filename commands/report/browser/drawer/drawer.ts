/** The drawer: what is told of an experiment, a node or a stage, over the page, by its address within it. */

import type { Knowledge, Place } from '../look-up.ts';
import { makeElement, makeGroup } from '../page.ts';
import { tellExperiment } from './tell-experiment.ts';
import { tellNode } from './tell-node.ts';
import { tellStage } from './tell-stage.ts';
import type { Told } from './told.ts';

/**
 * Opens the drawer whenever the page's address names a place, and closes it where it names none. Esc, its button
 * and a click beside it close it; the focus then is where it was.
 */
export function setUpDrawer(knowledge: Knowledge): void {
  const drawer = document.createElement('dialog');
  drawer.id = 'drawer';
  drawer.setAttribute('aria-labelledby', 'drawer-title');
  document.body.append(drawer);
  let opener: Element | null = null;

  const follow = () => {
    const place = knowledge.findPlace(location.hash);
    if (place === null) {
      if (drawer.open) drawer.close();
      return;
    }
    const told = tell(knowledge, place);
    const title = makeElement('h2', told.title);
    title.id = 'drawer-title';
    title.tabIndex = -1;
    const close = makeElement('button', 'close');
    close.type = 'button';
    close.addEventListener('click', () => drawer.close());
    drawer.replaceChildren(
      makeGroup(
        'header',
        '',
        makeGroup('div', '', makeElement('p', told.kind, 'kicker'), title),
        close,
      ),
      makeGroup('div', 'told', ...told.body),
    );
    if (!drawer.open) {
      opener = document.activeElement;
      drawer.showModal();
    }
    drawer.scrollTop = 0;
    title.focus({ preventScroll: true });
    told.draw?.();
  };

  drawer.addEventListener('close', () => {
    const place = knowledge.findPlace(location.hash);
    // The address names the page again, and the page stays where it is.
    if (place !== null)
      history.replaceState(history.state, '', location.pathname + location.search);
    drawer.replaceChildren();
    const isLost = opener === null || opener === document.body || !opener.isConnected;
    const target = isLost ? findEntry(place) : opener;
    if (target instanceof HTMLElement || target instanceof SVGElement) {
      target.focus({ preventScroll: true });
    }
    opener = null;
  });
  // What is clicked is the drawer itself only where that is the ground around it.
  drawer.addEventListener('click', ({ target, clientX }) => {
    if (target === drawer && clientX < drawer.getBoundingClientRect().left) drawer.close();
  });
  addEventListener('hashchange', follow);
  follow();
}

function tell(knowledge: Knowledge, place: Place): Told {
  switch (place.kind) {
    case 'experiment':
      return tellExperiment(knowledge, place.experiment);
    case 'node':
      return tellNode(knowledge, place.node);
    case 'stage':
      return tellStage(knowledge, place.stage, place.nodes);
  }
}

/** Where one who came by an address goes on: the line of the experiment in the table. */
function findEntry(place: Place | null): Element | null {
  if (place?.kind !== 'experiment') return null;
  const row = document.getElementById(`run-${place.experiment.name}`);
  return row?.querySelector('a') ?? null;
}
