/** What a module that a stage names under `machine` exports: what of the machine decides the stage's results. */

/** What of the machine decides results, and by what that was found. */
export interface MachineAnswer {
  /** What, by name, in words: `adapter`, `NVIDIA H100, driver 580.95`. With another value results are made anew. */
  readonly facts: Readonly<Record<string, string>>;
  /**
   * Absolute paths of files, folders and devices by which the answer was found. It is asked for again when
   * one of them is another; of a folder that is so when a file in it is.
   */
  readonly files: readonly string[];
  /** Names of the environment variables by which the answer was found. */
  readonly variables: readonly string[];
  /** `false` for an answer that may be another although none of these is: the next command asks again. */
  readonly isKept?: boolean;
}

/** A module that tells of the machine. It runs in a process of its own, in the environment of stages. */
export interface MachineModule {
  probe(): MachineAnswer | Promise<MachineAnswer>;
}
