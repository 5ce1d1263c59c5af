import { decodeReferences } from './references.ts'

/** A piece of HTML: text between tags, or a tag with its attributes as they stand. */
export type HtmlPiece =
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'tag'
      /** In lower case. */
      readonly name: string
      readonly closes: boolean
      readonly attributes: string
    }

/** Elements whose content is no HTML and nothing that a reader sees. */
const unreadable = new Set([
  'script',
  'style',
  'template',
  'noscript',
  'iframe',
  'title',
  'textarea',
])

const tagName = /[a-z][a-z0-9:-]{0,60}/iy

/**
 * The pieces of HTML in their order, for finding text and links and never for showing it: what it
 * looks like in a browser is not known here. One pass, whatever is written.
 */
export function* htmlPieces(html: string): Generator<HtmlPiece> {
  let at = 0
  while (at < html.length) {
    const open = html.indexOf('<', at)
    if (open < 0) {
      yield { type: 'text', text: html.slice(at) }
      return
    }
    if (open > at) yield { type: 'text', text: html.slice(at, open) }
    if (/[!?]/.test(html.charAt(open + 1))) {
      at = behindMarkup(html, open)
      continue
    }
    const closes = html.charAt(open + 1) === '/'
    const nameAt = open + (closes ? 2 : 1)
    tagName.lastIndex = nameAt
    const name = tagName.exec(html)?.[0].toLowerCase()
    if (name === undefined) {
      yield { type: 'text', text: '<' }
      at = open + 1
      continue
    }
    const end = tagEnd(html, nameAt + name.length)
    yield { type: 'tag', name, closes, attributes: html.slice(nameAt + name.length, end) }
    at = end + 1
    if (!closes && unreadable.has(name)) at = closingTag(html, name, at)
  }
}

/** Behind a comment or a declaration; an open one runs to the end. */
function behindMarkup(html: string, open: number): number {
  const isComment = html.startsWith('<!--', open)
  // `<!-->` is a comment without a content (HTML §13.2.5.43): its end may begin where it began.
  const end = isComment ? html.indexOf('-->', open + 2) : html.indexOf('>', open)
  if (end < 0) return html.length
  return end + (isComment ? 3 : 1)
}

/** The `>` that no quoted value holds. */
function tagEnd(html: string, from: number): number {
  for (let at = from; at < html.length; at++) {
    const character = html.charAt(at)
    if (character === '>') return at
    const isQuote = character === '"' || character === "'"
    if (!isQuote || !/=\s{0,8}$/.test(html.slice(Math.max(from, at - 10), at))) continue
    const close = html.indexOf(character, at + 1)
    if (close < 0) return html.length
    at = close
  }
  return html.length
}

function closingTag(html: string, name: string, from: number): number {
  const closing = new RegExp(`</${name}`, 'gi')
  closing.lastIndex = from
  return closing.exec(html)?.index ?? html.length
}

/** The value of an attribute of a tag, its references decoded; `undefined` when it has none. */
export function attributeOf(attributes: string, name: string): string | undefined {
  const pattern = /([^\s"'=<>/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/g
  for (const [, found = '', double, single, bare] of attributes
    .slice(0, 20_000)
    .matchAll(pattern)) {
    if (found.toLowerCase() === name) return decodeReferences(double ?? single ?? bare ?? '')
  }
  return undefined
}

const breaks =
  /^(?:p|div|br|tr|li|ul|ol|h[1-6]|table|blockquote|hr|section|article|header|footer|pre)$/

/** What a reader of HTML would read, about: its text, a line for each block, references decoded. */
export function htmlText(html: string): string {
  let text = ''
  for (const piece of htmlPieces(html)) {
    if (piece.type === 'text') text += decodeReferences(piece.text).replace(/[ \t\r\n]+/g, ' ')
    else if (breaks.test(piece.name)) text += '\n'
    else if (piece.name === 'td' || piece.name === 'th') text += ' '
  }
  return text.replace(/ ?\n[ \n]*/g, '\n').trim()
}
