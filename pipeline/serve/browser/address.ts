/** What the page shows, in its address: `#run=…&node=…`, so that it can be gone back to. */

/** What an address names; null for the newest run, and for no node. */
export interface LiveAddress {
  readonly run: string | null;
  readonly node: string | null;
  /** Two runs that are compared, apart by a comma. */
  readonly diff: string | null;
}

/** What the address of the page names. */
export function readAddressed(): LiveAddress {
  const named = new URLSearchParams(location.hash.slice(1));
  return { run: named.get('run'), node: named.get('node'), diff: named.get('diff') };
}

/** The address that names something else, and the rest as now. */
export function addressOf(change: Partial<LiveAddress>): string {
  const named = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...readAddressed(), ...change })) {
    if (value !== null) named.set(name, value);
  }
  return `#${named}`;
}

/** Goes there. */
export function setAddress(change: Partial<LiveAddress>): void {
  location.hash = addressOf(change);
}
