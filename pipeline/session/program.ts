/** A session: what the launcher knows of this program. */

/** What the launcher knows: where the worker is, where the package is, its version. */
export interface Program {
  /** Null where no folder could be written to keep it in. */
  readonly workerPath: string | null;
  /** The folder of this program's package. */
  readonly root: string;
  readonly version: string;
  /** Loads a module by its URL. The program itself is a script without a way to. */
  readonly importModule: (url: string) => Promise<unknown>;
}
