import { partText, textParts } from './body.ts'
import { codesIn } from './codes.ts'
import { htmlText } from './html.ts'
import type { PartTree } from './part.ts'

/** How much text of all parts together is shown. */
const maxCharacters = 8 * 1024 * 1024

/** What a message says: its texts behind each other, files and enclosed messages apart. */
export interface Contents {
  readonly text?: string
  readonly html?: string
  /** Only the beginning of it: there is more than is shown. */
  readonly cut: boolean
}

/** The text and the HTML of a message. */
export function readContents(message: Uint8Array, tree: PartTree): Contents {
  let cut = false
  const read = (type: 'text/plain' | 'text/html'): string | undefined => {
    let all: string | undefined
    for (const part of textParts(tree, type)) {
      if (all !== undefined && all.length >= maxCharacters) {
        cut = true
        break
      }
      const read = partText(message, part)
      cut ||= read.cut
      all = all === undefined ? read.text : `${all}\n${read.text}`
    }
    return all
  }
  const [text, html] = [read('text/plain'), read('text/html')]
  return {
    ...(text === undefined ? {} : { text }),
    ...(html === undefined ? {} : { html }),
    cut,
  }
}

/** The text that a person reads: the plain one, or else what HTML says in words. */
export function readableText({ text, html }: Omit<Contents, 'cut'>): string {
  if (text !== undefined && text.trim() !== '') return text
  return html === undefined ? '' : htmlText(html)
}

/** The one-time codes of a message, those of its subject first; see `codesIn`. */
export function messageCodes(contents: Contents, subject: string): readonly string[] {
  return Array.from(new Set([...codesIn(subject), ...codesIn(readableText(contents))]))
}
