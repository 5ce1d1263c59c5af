import { isTooDeep } from '../base/json-depth.ts'

/** The JSON documents that stand in a text one behind the other. */
export interface JsonDocuments {
  /** At least one, in their order; values, or what is wrong with them. */
  readonly documents: readonly JsonDocument[]
  /** Raw controls stood in texts, which JSON does not allow; spaces stand for them. */
  readonly hadControls: boolean
  /** Behind the last document stands something that is none. */
  readonly hasRest: boolean
}

export type JsonDocument =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string }

/** More of them are a rest. */
const maxDocuments = 20

/**
 * Reads JSON as it is really written: RFC 8259, or several documents one behind the other (JSON
 * Lines), or with raw controls in its texts. Time grows with the text.
 */
export function readJsonDocuments(text: string): JsonDocuments {
  const whole = parse(text)
  if (whole.ok) return { documents: [whole], hadControls: false, hasRest: false }
  const clean = text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, ' ')
  const documents: JsonDocument[] = []
  let hadControls = clean !== text
  let at = 0
  while (documents.length < maxDocuments) {
    const end = endOfDocument(clean, at)
    if (end === undefined) break
    const piece = clean.slice(at, end)
    const plain = parse(piece)
    // Ends of lines, too, are blanks outside of a text and faults within it.
    const document = plain.ok ? plain : parse(piece.replace(/[\t\n\r]/g, ' '))
    hadControls ||= document.ok && !plain.ok
    documents.push(document)
    at = end
  }
  if (documents.length === 0) return { documents: [whole], hadControls: false, hasRest: false }
  return { documents, hadControls, hasRest: clean.slice(at).trim() !== '' }
}

function parse(text: string): JsonDocument {
  if (isTooDeep(text)) return { ok: false, problem: 'it is nested deeper than any report' }
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch (problem) {
    // JSON.parse tells of malformed text by a SyntaxError.
    if (problem instanceof SyntaxError) return { ok: false, problem: problem.message }
    throw problem
  }
}

/** Behind the brace or bracket that closes the first one from `start` on. */
function endOfDocument(text: string, start: number): number | undefined {
  let depth = 0
  let inText = false
  for (let at = start; at < text.length; at++) {
    const character = text[at]
    if (inText) {
      if (character === '\\') at++
      else if (character === '"') inText = false
    } else if (character === '"') inText = depth > 0
    else if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') {
      depth--
      if (depth <= 0) return depth < 0 ? undefined : at + 1
    } else if (depth === 0 && character?.trim() !== '') return undefined
  }
  return undefined
}
