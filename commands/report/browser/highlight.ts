/** Which runs stand out, in all figures and in the table: those that are pointed at, else those of the brush. */

type Runs = ReadonlySet<string> | null;

/** What stands out on the page. */
export class Highlight {
  readonly #followers: ((runs: Runs) => void)[] = [];
  #pointed: Runs = null;
  #chosen: Runs = null;
  #waits = false;

  /** The runs that stand out now; null for none. */
  get runs(): Runs {
    return this.#pointed ?? this.#chosen;
  }

  /** Calls a function with what stands out whenever that has changed. */
  follow(follower: (runs: Runs) => void): void {
    this.#followers.push(follower);
  }

  /** Makes runs stand out as long as they are pointed at. */
  point(runs: readonly string[]): void {
    this.#pointed = runs.length === 0 ? null : new Set(runs);
    this.#tell();
  }

  /** Makes runs stand out where none are pointed at; null for none. */
  choose(runs: readonly string[] | null): void {
    this.#chosen = runs === null ? null : new Set(runs);
    this.#tell();
  }

  /** Once a frame: a pointer crosses many marks. */
  #tell(): void {
    if (this.#waits) return;
    this.#waits = true;
    requestAnimationFrame(() => {
      this.#waits = false;
      for (const follower of this.#followers) follower(this.runs);
    });
  }
}
