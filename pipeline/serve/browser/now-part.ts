/** Where the run stands: what it was asked for, how far it is, how long it takes, what it uses. */

import { countOf, formatInterval } from '../../progress/units.ts';
import { countEnded } from '../run-view.ts';
import { setAddress } from './address.ts';
import { make, makeSection, setText } from './dom.ts';
import { isRunning, type LiveState, shownRun } from './live-state.ts';
import { STATE_ORDER, tellBytes, VIEW_WORDS } from './live-words.ts';
import type { PagePart } from './page-part.ts';
import { RunActions } from './run-actions.ts';

/** The head of the page and its first section. */
export class NowPart implements PagePart {
  readonly element: HTMLElement;
  readonly #bar = make('div', {
    class: 'bar',
    role: 'progressbar',
    'aria-label': 'nodes that are done',
  });
  readonly #counts = make('ul', { class: 'states' });
  readonly #facts = make('dl', { class: 'facts' });
  readonly #notice = make('p', { class: 'soft' });
  readonly #latest: HTMLElement;
  readonly #reports = make('span');
  readonly #actions = new RunActions();
  readonly #more = make('p', { class: 'controls' }, this.#reports, this.#actions.element);

  constructor() {
    const { element, body } = makeSection('now', 'The run');
    this.element = element;
    const back = make(
      'button',
      { type: 'button', click: () => setAddress({ run: null }) },
      'Show the newest run',
    );
    this.#latest = make('p', {}, 'This is an earlier run. ', back);
    body.append(this.#latest, this.#notice, this.#bar, this.#counts, this.#facts, this.#more);
    const segments = STATE_ORDER.map((state) => make('span', { class: `fill ${state}` }));
    this.#bar.append(...segments);
  }

  /** See {@link PagePart}. @throws Error on a page without its head */
  draw(state: LiveState, now: number): void {
    const { view, link } = state;
    const run = shownRun(state);
    const ended = countEnded(view.counts);
    const how = run === null ? '' : wordRunEnd(run.ended, isRunning(state));
    setHead(state, how, ended);
    setText(byId('link'), link !== 'lost' ? '' : 'The server does not answer; trying again …');
    byId('link').dataset['link'] = link;
    this.#latest.hidden = state.followsLatest;
    setText(this.#notice, view.notice ?? '');
    this.#notice.hidden = view.notice === null;
    this.#drawBar(state, ended);
    this.#drawCounts(state);
    this.#drawFacts(state, now);
    this.#actions.draw(state);
    this.#drawReports(state);
  }

  #drawReports({ reports, files }: LiveState): void {
    const key = reports.join('\n');
    if (this.#reports.dataset['key'] === key) return;
    this.#reports.dataset['key'] = key;
    const links = reports.map((path) => {
      const href = `${files}${path.split('/').map(encodeURIComponent).join('/')}`;
      return make('a', { href, target: '_blank', rel: 'noopener' }, `Report ${path}`);
    });
    this.#reports.replaceChildren(...links.flatMap((link) => [link, ' ']));
  }

  #drawBar({ view }: LiveState, ended: number): void {
    const total = Math.max(1, view.total, ended);
    for (const [i, one] of STATE_ORDER.entries()) {
      const segment = this.#bar.children[i] as HTMLElement;
      segment.style.width = `${(100 * view.counts[one]) / total}%`;
    }
    this.#bar.setAttribute('aria-valuemax', String(view.total));
    this.#bar.setAttribute('aria-valuenow', String(ended));
    this.#bar.setAttribute('aria-valuetext', `${ended} of ${countOf(view.total, 'node')}`);
  }

  #drawCounts({ view }: LiveState): void {
    const counted = STATE_ORDER.filter((one) => view.counts[one] > 0).map(
      (one) => [one, `${view.counts[one]} ${VIEW_WORDS[one]}`] as const,
    );
    const known = STATE_ORDER.reduce((sum, one) => sum + view.counts[one], 0);
    const queued = Math.max(0, view.total - known);
    const all =
      queued === 0 ? counted : [...counted, ['queued', `${queued} in the queue`] as const];
    const key = all.join();
    if (this.#counts.dataset['key'] === key) return;
    this.#counts.dataset['key'] = key;
    this.#counts.replaceChildren(
      ...all.map(([one, text]) => make('li', {}, make('span', { class: `dot ${one}` }), text)),
    );
  }

  #drawFacts(state: LiveState, now: number): void {
    const { view } = state;
    const goesOn = isRunning(state);
    const seconds = view.end?.seconds ?? ((goesOn ? now : view.time) - view.startedAt) / 1000;
    const [cpus, memory] = [view.cpus, view.memory];
    const facts: (readonly [string, string])[] = [
      ['asked for', shownRun(state)?.asked ?? ''],
      ['took', view.startedAt === 0 ? '' : formatInterval(seconds)],
      ['still', goesOn ? wordEstimate(state, now) : ''],
      ['CPUs in use', goesOn && cpus.count > 0 ? `${cpus.last[1].toFixed(1)} of ${view.jobs}` : ''],
      ['memory', goesOn && memory.count > 0 ? tellBytes(memory.last[1]) : ''],
      ['CPU time', view.end?.cpuSeconds == null ? '' : formatInterval(view.end.cpuSeconds)],
    ];
    const told = facts.filter(([, text]) => text !== '');
    const names = told.map(([name]) => name).join();
    if (this.#facts.dataset['key'] !== names) {
      this.#facts.dataset['key'] = names;
      this.#facts.replaceChildren(
        ...told.map(([name]) => make('div', {}, make('dt', {}, name), make('dd'))),
      );
    }
    const places = this.#facts.querySelectorAll('dd');
    for (const [i, [, text]] of told.entries()) {
      const place = places[i];
      if (place !== undefined) setText(place, text);
    }
  }
}

function setHead({ title, view, run, link }: LiveState, how: string, ended: number): void {
  const part = view.total === 0 ? '' : `${ended}/${view.total} `;
  const name = title === '' ? 'pipeline' : title;
  document.title = run === null ? name : `${part}${how} · ${name}`;
  setText(byId('title'), name);
  const about = view.profile === '' ? '' : ` · profile ${view.profile}`;
  const started = view.startedAt === 0 ? '' : ` · ${new Date(view.startedAt).toLocaleString()}`;
  setText(byId('about'), run === null ? wordNothing(link) : `${how}${about}${started}`);
}

function wordNothing(link: LiveState['link']): string {
  return link === 'live' ? 'Nothing has been run here yet.' : 'Loading …';
}

function wordRunEnd(ended: string, goesOn: boolean): string {
  return goesOn ? 'running' : ended === 'running' ? 'ending' : ended;
}

function wordEstimate({ estimate, estimatedAt }: LiveState, now: number): string {
  if (estimate === null) return 'not known yet';
  const seconds = Math.max(0, estimate.seconds - (now - estimatedAt) / 1000);
  const least = estimate.isLowerBound ? 'at least ' : '';
  const rough = estimate.isRough ? ', roughly' : '';
  return `${least}${formatInterval(seconds)}${rough}`;
}

function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}
