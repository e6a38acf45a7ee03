/** `report`, acting: targets → a page about their results; and what pages of workspaces share with it. */

import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { ReportParts } from '../contract/command.ts';
import { makeDiagram } from '../draw/diagram.ts';
import { drawDiagramSvg } from '../draw/svg.ts';
import type { Plan } from '../inspect/plan.ts';
import { type PageFiles, readPageFiles, renderReportPage } from '../report/render-page.ts';
import { describeReport } from '../report/render-report.ts';
import { renderGraph } from '../report/render-sections.ts';
import { renderTimeline } from '../report/render-timeline.ts';
import { tellTimes } from '../report/timeline-nodes.ts';
import { writeFileAtomic } from '../system/files.ts';
import { readCommit } from '../system/read-commit.ts';
import { findTimeline } from './find-timeline.ts';
import { toNodeStatus } from './node-status.ts';
import type { WorkspaceOptions } from './open-session.ts';
import { planSession, planTargets } from './plan-targets.ts';
import type { Program } from './program.ts';
import { putBack } from './put-back.ts';
import { withSession } from './with-session.ts';

/** Options of `pipeline report`. */
export interface ReportOptions extends WorkspaceOptions {
  /** Where the page goes; `report.html` in the workspace, or where the exploration stands, where it is left out. */
  readonly output?: string;
  /** What the page is called; the name of the workspace's folder where it is left out. */
  readonly title?: string;
}

/** A written page. */
export interface WrittenPage {
  readonly root: string;
  /** Absolute path. */
  readonly path: string;
  readonly plan: Plan;
  /** What is to be said beside it, a line each. */
  readonly warnings: readonly string[];
}

/**
 * Writes a page about what is up to date of targets. It needs nothing but itself. Where it stands already
 * it is not touched.
 *
 * @throws {UserMistakes} with what is wrong in the files and the arguments; a system error where the disk
 * does not take it
 */
export async function reportTargets(
  targets: readonly string[],
  { output, title, ...options }: ReportOptions,
  { root: program, version }: Pick<Program, 'root' | 'version'>,
): Promise<WrittenPage> {
  const warnings = await restoreCached(targets, options);
  return withSession(options, targets, {}, async (session) => {
    const { root, graph, nodes } = session;
    const { plan } = await planSession(session);
    const path =
      output === undefined ? join(root, nodes[0]?.apart ?? '', 'report.html') : resolve(output);
    const states = plan.nodes.map(toNodeStatus);
    const page = describeReport({
      workspace: root,
      pageFolder: dirname(path),
      title: title ?? basename(root),
      profile: graph.profile,
      profileDescription: graph.spec.profiles[graph.profile]?.description ?? '',
      settings: options.set ?? [],
      targets,
      nodes: states,
      stages: Object.values(graph.spec.stages),
      timeline: findTimeline(session.layout, states),
      graph: drawPlanned(plan),
      commit: await readCommit(root),
      engine: `pipeline ${version}`,
    });
    replaceText(path, renderReportPage(page, readPageFiles(program)));
    return { root, path, plan, warnings };
  });
}

/** What a report of the workspace's own shares with that page. @throws as {@link planTargets} */
export async function openReportParts(
  targets: readonly string[],
  options: WorkspaceOptions,
  program: string,
): Promise<ReportParts> {
  return withSession(options, targets, {}, async (session) => {
    const { plan } = await planSession(session);
    const files: PageFiles = readPageFiles(program);
    const states = plan.nodes.map(toNodeStatus);
    const timeline = findTimeline(session.layout, states);
    return {
      graph: renderGraph(drawPlanned(plan)),
      timeline: (addressOf) =>
        timeline === null ? null : renderTimeline(timeline, states, addressOf),
      times: tellTimes(timeline, states),
      render: (page) => renderReportPage(page, files),
    };
  });
}

/** Puts what the cache alone has into its place, where a page reads it. @returns what is to be said of it */
async function restoreCached(
  targets: readonly string[],
  options: WorkspaceOptions,
): Promise<readonly string[]> {
  const { plan } = await planTargets(targets, options);
  if (plan.nodes.every(({ state }) => state !== 'cached')) return [];
  const { warnings, faults } = await putBack(targets, options);
  return [...warnings, ...faults];
}

function drawPlanned({ nodes }: Plan): string {
  return drawDiagramSvg(makeDiagram(nodes, false));
}

function replaceText(path: string, text: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  writeFileAtomic(path, text, dirname(path));
}
