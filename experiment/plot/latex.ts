/** Figures for documents in LaTeX: any text, and a caption with its place in the text. */

const SIGNS: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '^': '\\textasciicircum{}',
  '~': '\\textasciitilde{}',
  '<': '$<$',
  '>': '$>$',
  '≥': '$\\geq$',
  '≤': '$\\leq$',
  '×': '$\\times$',
  '·': '$\\cdot$',
  '−': '$-$',
  '±': '$\\pm$',
  Σ: '$\\Sigma$',
  σ: '$\\sigma$',
  τ: '$\\tau$',
};

const RAISED = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** Any text as LaTeX that prints it; letters beyond ASCII stay, as documents are read as UTF-8. */
export function escapeLatex(text: string): string {
  return text
    .replace(/[\\^~<>≥≤×·−±Σστ&%$#_{}]/g, (sign) => SIGNS[sign] ?? `\\${sign}`)
    .replace(/[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+/g, (digits) => `$^{${digits.replace(/./g, lower)}}$`);
}

function lower(raised: string): string {
  return raised === '⁻' ? '-' : String(RAISED.indexOf(raised));
}

/**
 * What stands in a document's `figure` or `table`: a caption without its number, which LaTeX gives,
 * and a label by which the text may refer to it.
 */
export function formatLatexCaption(title: string, caption: string, label: string): string {
  return `\\caption{\\textbf{${escapeLatex(title)}.} ${escapeLatex(caption)}}\n\\label{${label}}\n`;
}
