import { partText, textParts } from './body.ts'
import { codesIn } from './codes.ts'
import { htmlText } from './html.ts'
import type { Part, PartTree } from './part.ts'

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

/** What a person reads of a message. */
export interface Readable {
  readonly text: string
  /** Only the beginning of it. */
  readonly cut: boolean
}

/**
 * The text that a person reads, part by part in their order: plain text, and what HTML says in words
 * where it is no other form of a plain text beside it (RFC 2046 §5.1.4). A list that puts its plain
 * footer behind a letter of HTML has not said all of it.
 */
export function readableText(message: Uint8Array, tree: PartTree): Readable {
  let cut = false
  const read = (part: Part): string => {
    const { text, cut: isCut } = partText(message, part)
    cut ||= isCut
    return part.type === 'text/html' ? htmlText(text) : text
  }
  const plain = new Map(textParts(tree, 'text/plain').map((part) => [part, read(part)]))
  const isSaid = otherForms(
    tree,
    Array.from(plain).flatMap(([part, text]) => (text.trim() === '' ? [] : [part])),
  )
  const html = textParts(tree, 'text/html').filter((part) => !isSaid(part))
  const all = [...plain.keys(), ...html].toSorted((a, b) => a.n - b.n)
  let text = ''
  for (const part of all) {
    if (text.length >= maxCharacters) return { text, cut: true }
    const said = plain.get(part) ?? read(part)
    if (said.trim() !== '') text += text === '' ? said : `\n${said}`
  }
  return { text, cut }
}

/** Whether a part says in another form what one of these says: they are two of the same alternatives. */
function otherForms({ parts }: PartTree, plain: readonly Part[]): (part: Part) => boolean {
  /** Which of its alternatives has one of them; `undefined` stands for several. */
  const branches = new Map<number, number | undefined>()
  const above = function* (part: Part): Generator<readonly [number, number]> {
    for (let { n, parent } = part; parent !== undefined; ) {
      const holder = parts[parent]
      if (holder?.type === 'multipart/alternative') yield [parent, n]
      n = parent
      parent = holder?.parent
    }
  }
  for (const part of plain) {
    for (const [holder, branch] of above(part)) {
      const isOther = branches.has(holder) && branches.get(holder) !== branch
      branches.set(holder, isOther ? undefined : branch)
    }
  }
  return (part) => {
    for (const [holder, branch] of above(part)) {
      if (branches.has(holder) && branches.get(holder) !== branch) return true
    }
    return false
  }
}

/** The one-time codes of a message, those of its subject first; see `codesIn`. */
export function messageCodes(text: string, subject: string): readonly string[] {
  return Array.from(new Set([...codesIn(subject), ...codesIn(text)]))
}
