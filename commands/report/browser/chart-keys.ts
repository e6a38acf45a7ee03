/** Lets the keyboard go through the runs of a chart, as the pointer does through its marks. */

/** What keys do with the runs of a chart. */
export interface KeyTarget {
  /** The runs that are drawn, in their order. */
  readonly list: () => readonly string[];
  /** Shows that a run is meant; null for none. */
  readonly show: (run: string | null) => void;
  /** Opens what there is of a run. */
  readonly open: (run: string) => void;
}

/** Arrows go from run to run, Home and End to the first and the last, Enter opens the run, Esc lets it go. */
export function setUpKeys(chart: HTMLElement, { list, show, open }: KeyTarget): void {
  let current: string | null = null;
  const set = (run: string | null) => {
    current = run;
    show(run);
  };
  chart.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const runs = list();
    const place = current === null ? -1 : runs.indexOf(current);
    const next = ((): string | null | undefined => {
      switch (event.key) {
        case 'ArrowRight':
        case 'ArrowDown':
          return runs[(place + 1) % runs.length];
        case 'ArrowLeft':
        case 'ArrowUp':
          return runs.at(place < 0 ? -1 : place - 1);
        case 'Home':
          return runs[0];
        case 'End':
          return runs.at(-1);
        case 'Escape':
          return current === null ? undefined : null;
        case 'Enter':
          if (current !== null) open(current);
          return current ?? undefined;
        default:
          return undefined;
      }
    })();
    if (next === undefined) return;
    event.preventDefault();
    set(next);
  });
  chart.addEventListener('blur', () => {
    if (current !== null) set(null);
  });
}
