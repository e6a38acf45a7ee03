/** The claims as a matrix: what each of them found with each model. */

import type { Finding, Judgement } from '../../experiment/claims/claim.ts';
import type { ClaimsReport } from '../../experiment/claims/claims-report.ts';
import { weighFindings } from '../../experiment/claims/judge.ts';

/** What came of a claim with a model. */
type Outcome = ReturnType<typeof weighFindings>['outcome'] | 'not testable';

/** A cell of the matrix. */
interface MatrixCell {
  readonly model: string;
  /** Null where the claim asks nothing of the model. */
  readonly outcome: Outcome | null;
  /** What was found, in words; empty where nothing was. */
  readonly found: string;
}

/** The claims by the models that any of them is about. */
export interface ClaimsMatrix {
  readonly models: readonly string[];
  readonly rows: readonly { readonly claim: Judgement; readonly cells: readonly MatrixCell[] }[];
}

/**
 * Sets claims against models.
 *
 * @param modelOf the model of each experiment and solution, by name, in the order of the columns
 */
export function tabulateClaims(
  { claims }: ClaimsReport,
  modelOf: ReadonlyMap<string, string>,
): ClaimsMatrix {
  const rows = claims.map((claim) => {
    const found = new Map<string, Finding[]>();
    for (const finding of claim.findings) {
      for (const model of listModels(finding.runs, modelOf)) {
        found.set(model, [...(found.get(model) ?? []), finding]);
      }
    }
    return { claim, found, missing: new Set(listModels(claim.missing, modelOf)) };
  });
  const models = [...new Set(modelOf.values())].filter((model) =>
    rows.some(({ found, missing }) => found.has(model) || missing.has(model)),
  );
  return {
    models,
    rows: rows.map(({ claim, found, missing }) => ({
      claim,
      cells: models.map((model) => {
        const findings = found.get(model) ?? [];
        return {
          model,
          outcome: missing.has(model) ? 'not testable' : judgeModel(findings),
          found: findings.map((finding) => `${finding.subject}: ${finding.found}`).join('; '),
        };
      }),
    })),
  };
}

function listModels(runs: readonly string[], modelOf: ReadonlyMap<string, string>): string[] {
  return [...new Set(runs.flatMap((run) => modelOf.get(run) ?? []))];
}

function judgeModel(findings: readonly Finding[]): Outcome | null {
  return findings.length === 0 ? null : weighFindings(findings).outcome;
}
