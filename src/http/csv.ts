/** A spreadsheet reads a cell that begins so as a formula, and does what it says. */
const formula = /^[=+\-@\t\r]/

/** Rows as CSV (RFC 4180): cells that a spreadsheet would obey begin with an apostrophe. */
export function csvLine(cells: readonly (string | number)[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`
}

function cellOf(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const harmless = formula.test(value.trimStart()) || formula.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
