/** What a report is made from. */

import type { NodeStatus } from '../contract/command.ts';
import type { Timeline } from '../progress/timeline.ts';

/** A stage as `pipeline.yaml` declares it. */
interface DeclaredStage {
  readonly name: string;
  readonly description: string;
}

/** A workspace as it stands, for its report. */
export interface ReportSource {
  /** Absolute path of the workspace. */
  readonly workspace: string;
  /** Absolute path of the folder that the page is to stand in, from which it links to files. */
  readonly pageFolder: string;
  /** What the page is called. */
  readonly title: string;
  readonly profile: string;
  readonly profileDescription: string;
  /** Settings of the command line, `key=value`. */
  readonly settings: readonly string[];
  readonly targets: readonly string[];
  /** In topological order. */
  readonly nodes: readonly NodeStatus[];
  /** In order of declaration. */
  readonly stages: readonly DeclaredStage[];
  /** The run that made the latest of the results; null where they have none. */
  readonly timeline: Timeline | null;
  /** The graph, as SVG. */
  readonly graph: string;
  /** The commit that is checked out, with a word on changes; null outside Git. */
  readonly commit: string | null;
  /** This program and its version. */
  readonly engine: string;
}
