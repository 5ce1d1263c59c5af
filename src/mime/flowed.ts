/**
 * Text of `format=flowed` with its paragraphs whole: a line that ends with a space goes on in the next
 * one, if both are quoted alike. Reads text whose lines end with LF.
 *
 * @param delsp whether that space was added (`DelSp=yes`)
 * @see RFC 3676 §4
 */
export function unflow(text: string, delsp: boolean): string {
  const lines: string[] = []
  let open: { readonly depth: number; content: string } | undefined
  const close = (): void => {
    if (open !== undefined) lines.push(quoted(open.depth, open.content))
    open = undefined
  }
  for (const line of text.split('\n')) {
    const depth = quoteDepth(line)
    // §4.4: one space behind the quote marks was put there for whom lines begin with one of them.
    const content = line.charAt(depth) === ' ' ? line.slice(depth + 1) : line.slice(depth)
    // §4.3: the line before a signature stands alone.
    const flows = content.endsWith(' ') && content !== '-- '
    if (open !== undefined && (open.depth !== depth || content === '-- ')) close()
    const part = flows && delsp ? content.slice(0, -1) : content
    if (open === undefined) open = { depth, content: part }
    else open.content += part
    if (!flows) close()
  }
  close()
  return lines.join('\n')
}

function quoteDepth(line: string): number {
  let depth = 0
  while (line.charAt(depth) === '>') depth++
  return depth
}

function quoted(depth: number, content: string): string {
  return depth === 0 ? content : `${'>'.repeat(depth)} ${content}`
}
