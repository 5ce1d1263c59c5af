import { encodeUtf8 } from '../../base/octets.ts'
import type { Done } from '../../io/work-loop.ts'
import { decodedBody } from '../../mime/body.ts'
import {
  type Contents,
  messageCodes,
  type Readable,
  readableText,
  readContents,
} from '../../mime/contents.ts'
import { linksIn } from '../../mime/links.ts'
import type { Part, PartTree } from '../../mime/part.ts'
import { readParts } from '../../mime/tree.ts'
import type { ContentAnswer, ContentForm, ContentTask, FilePart, PartView } from './content-task.ts'
import { shownHtml } from './message-html.ts'

type ShownForm = Extract<ContentAnswer, { readonly type: 'shown' }>

const whole: FilePart = { n: 0, type: 'message/rfc822' }

/** How a message is read; a test counts. */
interface Reading {
  readonly parts: (message: Uint8Array) => PartTree
  readonly contents: (message: Uint8Array, tree: PartTree) => Contents
  readonly text: (message: Uint8Array, tree: PartTree) => Readable
}

/** Messages that are open: each is read once, in however many forms it is shown. */
export class OpenMessages {
  readonly #reading: Reading
  readonly #open = new Map<number, OpenOne>()

  constructor(reading: Reading = { parts: readParts, contents: readContents, text: readableText }) {
    this.#reading = reading
  }

  /** Does what it is asked. */
  do(task: ContentTask): Done<ContentAnswer> {
    if (task.type === 'open') this.#open.set(task.message, new OpenOne(task.octets, this.#reading))
    if (task.type === 'close') this.#open.delete(task.message)
    if (task.type !== 'show') return { answer: { type: 'done' } }
    const one = this.#open.get(task.message)
    if (one === undefined) throw new Error('contents: a message that is not open is to be shown')
    const answer = one.show(task.form, task.subject)
    return { answer, given: answer.type === 'shown' ? [answer.octets.buffer] : [] }
  }
}

class OpenOne {
  readonly #message: Uint8Array
  readonly #reading: Reading
  #readTree: PartTree | undefined
  #readContents: Contents | undefined
  #readText: Readable | undefined

  constructor(message: Uint8Array, reading: Reading) {
    this.#message = message
    this.#reading = reading
  }

  show(form: ContentForm, subject: string): ContentAnswer {
    switch (form.type) {
      case 'parts': {
        const { parts, more } = this.#tree
        return json({ data: parts.map(partView), more })
      }
      case 'part':
        return this.#part(form.n)
      case 'text': {
        const { text, cut } = this.#text
        return shown(encodeUtf8(cut ? `${text}\n\n[The rest is not shown.]\n` : text))
      }
      case 'html':
        return this.#html(form.remote)
      case 'links':
        return json({ data: linksIn(this.#contents) })
      case 'codes': {
        const codes = messageCodes(this.#text.text, subject)
        return json({ data: codes.map((code) => ({ code })) })
      }
    }
  }

  #part(n: number): ContentAnswer {
    const { parts } = this.#tree
    const part = parts[n]
    if (part === undefined) return { type: 'none', parts: parts.length }
    // A body without encoding is a piece of the message, which stays.
    const octets = new Uint8Array(decodedBody(this.#message, part))
    const { type, name } = part
    return { ...shown(octets), part: { n, type, ...(name === undefined ? {} : { name }) } }
  }

  #html(remote: boolean): ContentAnswer {
    const { html, cut } = this.#contents
    const { parts } = this.#tree
    if (html === undefined) return { type: 'none', parts: parts.length }
    const whole = shownHtml(html, { message: this.#message, parts, remote })
    return shown(encodeUtf8(cut ? `${whole}<hr><p>The rest is not shown.</p>` : whole))
  }

  get #tree(): PartTree {
    return (this.#readTree ??= this.#reading.parts(this.#message))
  }

  get #contents(): Contents {
    return (this.#readContents ??= this.#reading.contents(this.#message, this.#tree))
  }

  get #text(): Readable {
    return (this.#readText ??= this.#reading.text(this.#message, this.#tree))
  }
}

function shown(octets: Uint8Array<ArrayBuffer>): ShownForm {
  return { type: 'shown', octets, part: whole }
}

function json(value: object): ShownForm {
  return shown(encodeUtf8(JSON.stringify(value)))
}

function partView(part: Part): PartView {
  const { n, parent, depth, type, parameters, encoding, disposition, name, contentId } = part
  return {
    n,
    parent: parent ?? null,
    depth,
    type,
    charset: parameters.get('charset') ?? null,
    encoding,
    disposition: disposition ?? null,
    name: name ?? null,
    content_id: contentId ?? null,
    offset: part.at,
    size: part.size,
  }
}
