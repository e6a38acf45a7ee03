/** Buttons that cancel the run that is shown, or try again what failed in it; where the server lets the page do so. */

import { make } from './dom.ts';
import { isRunning, type LiveState } from './live-state.ts';

/** The buttons, and what came of them. */
export class RunActions {
  readonly element = make('span', { hidden: true });
  readonly #cancel = make(
    'button',
    { type: 'button', click: () => this.#ask('cancel') },
    'Cancel the run',
  );
  readonly #retry = make(
    'button',
    { type: 'button', click: () => this.#ask('retry') },
    'Try again what failed',
  );
  readonly #told = make('span', { role: 'status' });
  #run: string | null = null;

  constructor() {
    this.element.append(this.#cancel, this.#retry, ' ', this.#told);
  }

  /** Shows the buttons that are of use now. */
  draw(state: LiveState): void {
    const { view, run, allowsActions } = state;
    this.element.hidden = !allowsActions || run === null;
    if (run !== this.#run) this.#told.textContent = '';
    this.#run = run;
    const goesOn = isRunning(state);
    this.#cancel.hidden = !goesOn;
    this.#retry.hidden = goesOn || view.counts.failed + view.counts.skipped === 0;
  }

  async #ask(action: 'cancel' | 'retry'): Promise<void> {
    if (this.#run === null) return;
    if (action === 'cancel' && !confirm('Cancel the run? What runs is stopped.')) return;
    this.#told.textContent = '…';
    const address = `${action}?run=${encodeURIComponent(this.#run)}`;
    const answer = await fetch(address, { method: 'POST' }).catch(() => null);
    if (answer === null) this.#told.textContent = 'the server does not answer';
    else if (!answer.ok) this.#told.textContent = await answer.text();
    else this.#told.textContent = ((await answer.json()) as { done: string }).done;
  }
}
