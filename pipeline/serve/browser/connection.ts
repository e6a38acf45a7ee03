/** The link to the server: a snapshot, then events from there on, across whatever breaks it. */

import { readEventLine } from '../../history/logged-event.ts';
import type { Estimate } from '../../progress/eta.ts';
import { applyLogged } from '../apply-logged.ts';
import type { ListedEntry } from '../run-book.ts';
import { openRunView, unpackRunView } from '../run-view.ts';
import type { LiveState } from './live-state.ts';

/** What `snapshot` answers. */
interface Snapshot {
  readonly title: string;
  readonly allowsActions: boolean;
  readonly runs: readonly ListedEntry[];
  readonly run: string | null;
  readonly offset: number;
  readonly view: unknown;
  readonly estimate: Estimate | null;
  readonly files: string;
  readonly reports: readonly string[];
}

/** A pause before the server is asked again. */
const PAUSE_MS = 1000;

/** Keeps a state up to date. */
export class Connection {
  readonly #state: LiveState;
  readonly #changed: () => void;
  #source: EventSource | null = null;
  /** The byte of the run's log up to which the state tells. */
  #offset = 0;
  /** Counts what is shown, so that late answers about another run are dropped. */
  #turn = 0;

  constructor(state: LiveState, changed: () => void) {
    this.#state = state;
    this.#changed = changed;
  }

  /** Shows a run; null for the newest one, and for those that follow it. What fails is tried again. */
  async show(run: string | null): Promise<void> {
    const turn = ++this.#turn;
    this.#source?.close();
    this.#state.followsLatest = run === null;
    try {
      const address = run === null ? 'snapshot' : `snapshot?run=${encodeURIComponent(run)}`;
      const answer = await fetch(address);
      if (!answer.ok) throw new Error(await answer.text());
      const snapshot = (await answer.json()) as Snapshot;
      if (turn !== this.#turn) return;
      const { view, offset, ...rest } = snapshot;
      Object.assign(this.#state, rest, { estimatedAt: Date.now(), link: 'live' });
      this.#state.view = view === null ? openRunView() : unpackRunView(view);
      this.#offset = offset;
      this.#changed();
      this.#listen(turn);
    } catch {
      this.#lose();
      setTimeout(() => {
        if (turn === this.#turn) void this.show(run);
      }, PAUSE_MS);
    }
  }

  #listen(turn: number): void {
    const { run } = this.#state;
    const place = run === null ? '' : `?run=${encodeURIComponent(run)}&from=${this.#offset}`;
    const source = new EventSource(`events${place}`);
    this.#source = source;
    source.addEventListener('open', () => {
      this.#state.link = 'live';
      this.#changed();
    });
    source.addEventListener('lines', (event) => this.#addLines(event as MessageEvent<string>));
    source.addEventListener('runs', ({ data }: MessageEvent<string>) => {
      this.#state.runs = JSON.parse(data) as readonly ListedEntry[];
      this.#changed();
      const newest = this.#state.runs[0]?.run;
      const isNews = newest !== undefined && newest !== this.#state.run;
      if (this.#state.followsLatest && isNews) void this.show(null);
    });
    source.addEventListener('estimate', ({ data }: MessageEvent<string>) => {
      this.#state.estimate = JSON.parse(data) as Estimate | null;
      this.#state.estimatedAt = Date.now();
      this.#changed();
    });
    source.addEventListener('error', () => {
      if (turn !== this.#turn) return;
      this.#lose();
      // The browser asks again by itself, unless it was refused: that place of the log is gone.
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(() => {
        if (turn === this.#turn) void this.show(this.#state.followsLatest ? null : run);
      }, PAUSE_MS);
    });
  }

  #addLines({ data, lastEventId, target }: MessageEvent<string>): void {
    if (target !== this.#source) return;
    for (const line of data.split('\n')) {
      const event = readEventLine(line);
      if (event !== null) applyLogged(this.#state.view, event);
    }
    this.#offset = Number(lastEventId.slice(lastEventId.lastIndexOf(':') + 1));
    this.#changed();
  }

  #lose(): void {
    this.#state.link = 'lost';
    this.#changed();
  }
}
