import { SaxesParser } from 'saxes'
import { oneLine } from '../message/field.ts'
import type { ProblemList } from './report-problem.ts'
import { type XmlParents, XmlRepair } from './xml-repair.ts'

/** An element with what is inside it. */
export interface XmlElement {
  /** Local name in lower case. */
  readonly name: string
  /** The text directly in it, trimmed; cut at 4,000 characters. */
  readonly text: string
  readonly children: readonly XmlElement[]
}

/** The elements that a reader wants, and what it does with each. */
export interface XmlReading {
  /** Local names. An element of such a name is handed over whole, as soon as it is closed. */
  readonly wanted: ReadonlySet<string>
  /** Answers whether reading goes on. */
  readonly take: (element: XmlElement) => 'go-on' | 'stop'
  /** Called with each `xmlns` attribute of the elements that are not inside a wanted one. */
  readonly namespace: (uri: string, element: string) => void
  /** Called when an element begins that is neither wanted nor inside a wanted one. */
  readonly begin: (element: string) => void
  /** What is known of the document, to mend what is not closed. */
  readonly parents: XmlParents
}

interface OpenElement {
  readonly name: string
  text: string
  readonly children: XmlElement[]
}

const maxDepth = 32
const maxText = 4000
/** In one wanted element. */
const maxElements = 20_000
const maxErrors = 100
/** Slices without an element: 1 MiB of comments or text. */
const maxSilentSlices = 64

/**
 * Reads the wanted elements of an XML document wherever they stand, also of several documents one
 * behind the other. What breaks the rules of XML is mended and told (`XmlRepair`): a fault costs a
 * value, not the rest.
 *
 * No entity is expanded but the five of XML. At most 32 levels, 20,000 elements in a wanted one,
 * 1,000 attributes in a tag (a longer one is text), 1 MiB between tags, and 100 faults; a document
 * beyond them is not read on. Time and memory grow with `text` alone.
 */
export function readXmlElements(text: string, reading: XmlReading, problems: ProblemList): void {
  const reader = new ElementReader(reading, problems)
  const repair = new XmlRepair(text, reading.parents)
  // A fragment may have several roots.
  const parser = new SaxesParser({ xmlns: false, position: false, fragment: true })
  parser.on('opentag', ({ name, attributes }) => reader.open(name, attributes))
  parser.on('closetag', () => reader.close())
  parser.on('text', (piece) => reader.text(piece))
  parser.on('cdata', (piece) => reader.text(piece))
  // With a listener saxes goes on after a fault; without one it would throw.
  parser.on('error', (fault) => reader.fault(fault.message))
  for (let piece = repair.next(); piece !== undefined; piece = repair.next()) {
    parser.write(piece)
    reader.endSlice()
    if (reader.stopped) break
  }
  if (!reader.stopped) parser.close()
  reader.end()
  for (const fault of repair.faults) problems.add('malformed', '', fault)
  if (repair.doctype) problems.add('doctype', '', doctypeText)
  if (repair.cut) problems.add('too-large', '', 'It has too many faults. The rest was not read.')
}

const doctypeText = 'It declares a document type, which no report has; nothing of that is read.'

class ElementReader {
  readonly #reading: XmlReading
  readonly #problems: ProblemList
  /** The wanted element that is open, then the open elements in it. */
  readonly #open: OpenElement[] = []
  #depth = 0
  #elements = 0
  #faults = 0
  #silentSlices = 0
  #cutTexts = 0
  #stopped = false

  constructor(reading: XmlReading, problems: ProblemList) {
    this.#reading = reading
    this.#problems = problems
  }

  get stopped(): boolean {
    return this.#stopped
  }

  open(tag: string, attributes: Readonly<Record<string, string>>): void {
    if (this.#stopped) return
    this.#silentSlices = 0
    if (++this.#depth > maxDepth) {
      this.#stop(`More than ${maxDepth} elements are inside each other.`)
      return
    }
    const name = localName(tag)
    if (this.#open.length === 0) {
      for (const key of Object.keys(attributes)) {
        if (/^xmlns(?::|$)/.test(key)) this.#reading.namespace(attributes[key] ?? '', name)
      }
      if (!this.#reading.wanted.has(name)) {
        this.#reading.begin(name)
        return
      }
      this.#elements = 0
    } else if (++this.#elements > maxElements) {
      this.#stop(`More than ${maxElements} elements are in one ${this.#open[0]?.name ?? ''}.`)
      return
    }
    this.#open.push({ name, text: '', children: [] })
  }

  close(): void {
    this.#depth--
    if (this.#stopped) return
    const closed = this.#open.pop()
    if (closed === undefined) return
    const element = { name: closed.name, text: closed.text.trim(), children: closed.children }
    const parent = this.#open.at(-1)
    if (parent !== undefined) parent.children.push(element)
    else if (this.#reading.take(element) === 'stop') this.#stopped = true
  }

  text(piece: string): void {
    const element = this.#open.at(-1)
    if (element === undefined || (element.text.length >= maxText && piece.trim() === '')) return
    // Leading white space is layout, and must not use up the room.
    const start = element.text === '' ? piece.trimStart() : piece
    const room = maxText - element.text.length
    if (start.length > room) this.#cutTexts++
    element.text += start.slice(0, room)
  }

  endSlice(): void {
    if (++this.#silentSlices <= maxSilentSlices || this.#stopped) return
    this.#stop('There is 1 MiB without an element.')
  }

  end(): void {
    if (this.#cutTexts === 0) return
    const text = `Values are longer than ${maxText} characters; the rest of them was not read.`
    this.#problems.add('too-large', '', text)
  }

  fault(message: string): void {
    if (this.#stopped) return
    if (++this.#faults > maxErrors) {
      this.#stop(`It has more than ${maxErrors} faults of XML.`)
      return
    }
    // Faults follow from each other; the first ones tell enough.
    if (this.#faults <= 3)
      this.#problems.add('malformed', '', `This is no XML: ${oneLine(message, 200)}`)
  }

  #stop(text: string): void {
    this.#problems.add('too-large', '', `${text} The rest was not read.`)
    this.#stopped = true
  }
}

function localName(tag: string): string {
  return tag.slice(tag.lastIndexOf(':') + 1).toLowerCase()
}

/** The first child of that name. */
export function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((one) => one.name === name)
}

/** All children of that name. */
export function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((one) => one.name === name) ?? []
}
