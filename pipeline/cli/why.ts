import { RunHistory } from '../cache/history.ts';
import { explainPlan } from '../explain/explain-plan.ts';
import { findNodes } from '../graph/select.ts';
import { planNodes } from '../inspect/plan.ts';
import { openPalette, wantsColour } from '../progress/style.ts';
import { tellUnreadable } from '../session/mistakes.ts';
import { openSession, type WorkspaceOptions } from '../session/open-session.ts';
import { describeExplanation, formatExplanation, formatExplanationLine } from './print-why.ts';
import { tellEarlierVersion } from './tell-earlier-version.ts';

/**
 * `pipeline why <node>`: why a node has to run or has not. A stage or target that stands for several
 * nodes gets a line for each. Changes nothing. @returns the exit code
 */
export async function whyCommand(
  target: string,
  options: WorkspaceOptions & { readonly json?: boolean },
): Promise<number> {
  const session = await openSession(options, [target]);
  const { graph, layout, tools, root } = session;
  try {
    tellEarlierVersion(session);
    const plan = await planNodes(graph, session.nodes, tools, false);
    const wanted = [...new Set(findNodes(graph, target))];
    const history = new RunHistory(layout, tools.results);
    const explanations = await explainPlan(graph, plan, wanted, { ...tools, history });
    const palette = openPalette(wantsColour(process.env, process.stdout.isTTY === true));
    const [first, ...rest] = explanations;
    const text =
      options.json === true
        ? JSON.stringify(explanations.map(describeExplanation), null, 1)
        : first !== undefined && rest.length === 0
          ? formatExplanation(first, palette)
          : explanations.map(formatExplanationLine).join('\n');
    process.stdout.write(`${text}\n`);
    return tellUnreadable(plan, root);
  } finally {
    session.close();
  }
}
