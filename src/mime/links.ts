import { attributeOf, htmlPieces } from './html.ts'
import { decodeReferences } from './references.ts'

/** A link in a message. */
export interface Link {
  /** With `http:` or `https:`. */
  readonly href: string
  /** The words that lead there, where it is a link of HTML that has any. */
  readonly text?: string
}

const maxLinks = 1000
const maxHref = 8192
const maxWords = 200

/**
 * An address of the web in running text; what ends a sentence is not part of it, and the marks of
 * scripts that write without spaces end one wherever they stand.
 */
const inText =
  /\bhttps?:\/\/[^\s<>"'`\\^{|}\u0000-\u0020\u007f-\u00a0\u200b-\u200f\u2028-\u202e“”\u3000-\u3002\u3008-\u3011\u3014-\u301b！（），．：；？［］｛｝｡｢｣､]{1,8000}/gi

/** RFC 3986 appendix C: who is long stands in angle brackets, and may go on in the next line. */
const inBrackets = /<(?:URL:)?\s{0,20}(https?:\/\/[^<>"]{1,8000})>/gi

/**
 * The links of a message in the order in which they stand, each once: those of its HTML, then those
 * that only its text has. Nothing is fetched, and nothing but `http:` and `https:` is a link.
 */
export function linksIn(texts: {
  readonly html?: string
  readonly text?: string
}): readonly Link[] {
  const links = new Map<string, Link>()
  const add = (link: Link): void => {
    if (links.size < maxLinks && !links.has(link.href)) links.set(link.href, link)
  }
  for (const link of linksOfHtml(texts.html ?? '')) add(link)
  for (const href of linksOfText(texts.text ?? '')) add({ href })
  return Array.from(links.values())
}

function* linksOfHtml(html: string): Generator<Link> {
  let open: { readonly href: string; text: string } | undefined
  for (const piece of htmlPieces(html)) {
    if (piece.type === 'text') {
      if (open !== undefined && open.text.length < maxWords) open.text += piece.text
      else if (open === undefined) {
        for (const href of linksOfText(decodeReferences(piece.text))) yield { href }
      }
      continue
    }
    if (piece.name !== 'a' && piece.name !== 'area') continue
    if (open !== undefined) yield linkOf(open)
    open = undefined
    if (piece.closes) continue
    const href = webAddress(attributeOf(piece.attributes, 'href') ?? '')
    if (href !== undefined) open = { href, text: '' }
  }
  if (open !== undefined) yield linkOf(open)
}

function linkOf({ href, text }: { readonly href: string; readonly text: string }): Link {
  const words = decodeReferences(text).replace(/\s+/g, ' ').trim().slice(0, maxWords)
  return words === '' ? { href } : { href, text: words }
}

/** Browsers take white space around an address away, and line ends and tabs within. */
function webAddress(href: string): string | undefined {
  const plain = href.replace(/[\t\r\n]/g, '').trim()
  return plain.length <= maxHref && /^https?:\/\/[^\s]/i.test(plain) ? plain : undefined
}

function* linksOfText(text: string): Generator<string> {
  for (const [found] of text.replace(inBrackets, joined).matchAll(inText)) {
    const href = withoutEnd(found)
    if (href.length > 8) yield href
  }
}

/** Its lines as one, unless words stand in between. */
function joined(whole: string, href: string): string {
  const one = href.replace(/[ \t]*\r?\n[ \t]*/g, '').trim()
  return /\s/.test(one) ? whole : `<${one}>`
}

/** Without the marks that end a sentence, and the bracket that closes one before the link. */
function withoutEnd(found: string): string {
  let href = found
  for (;;) {
    const last = href.at(-1) ?? ''
    const closes = { ')': '(', ']': '[' }[last]
    const isEnd = /[.,;:!?*_'»”’…]/.test(last)
    if (
      !isEnd &&
      (closes === undefined || href.split(closes).length > href.split(last).length - 1)
    ) {
      return href
    }
    href = href.slice(0, -1)
  }
}
