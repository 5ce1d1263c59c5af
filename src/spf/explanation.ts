/** The explanation that a domain publishes for its fails (RFC 7208 §6.2). */
import type { Evaluation } from './evaluation.ts'
import { expandName, expandText, type MacroParts, parseMacroString } from './macro.ts'
import { isAskable } from './target-name.ts'
import { ptrNames, validatedName } from './target.ts'
import type { DomainSpec } from './term.ts'
import type { SpfLookup } from './verdict.ts'

/** So that it fits into a reply line of 512 octets with some words beside it (RFC 7208 §6.2). */
const maxExplanation = 450

export interface Explanation {
  readonly target: string
  /** Not there when nothing usable was published. */
  readonly text: string | undefined
}

/**
 * Fetches and expands the explanation. Anything wrong means there is none: never an error, and none
 * of these questions counts towards a limit, because they are asked after the evaluation.
 */
export async function fetchExplanation(
  evaluation: Evaluation,
  spec: DomainSpec,
  domain: string,
  asked: SpfLookup[],
): Promise<Explanation> {
  const lookUp = new ValidatedName(evaluation, domain, asked)
  const target = spec.fixed ?? (await lookUp.expand(spec.parts, spec.usesPtr, expandName))
  const usable = !spec.usesLocalPart || evaluation.localPartIsAscii
  if (!usable || !isAskable(target)) return { target, text: undefined }
  const answer = await evaluation.ask(target, 'TXT', asked)
  const [published] = answer.type === 'found' ? answer.records : []
  // More than one record: as if there were none.
  if (answer.type !== 'found' || published === undefined || answer.records.length > 1) {
    return { target, text: undefined }
  }
  const read = parseMacroString(published, { from: 0, to: published.length }, 'explanation')
  if (!read.ok) return { target, text: undefined }
  const { parts } = read.value
  const usesPtr = parts.some((part) => typeof part !== 'string' && part.letter === 'p')
  const text = await lookUp.expand(parts, usesPtr, (all, values) =>
    expandText(all, values, maxExplanation),
  )
  // The text goes into SMTP replies: what the client brought in by a macro must not end the line.
  return { target, text: /^[\x20-\x7e]+$/.test(text) ? text : undefined }
}

/** Expands macros, asking for the validated name of the client at most once, and only if needed. */
class ValidatedName {
  readonly #evaluation: Evaluation
  readonly #domain: string
  readonly #asked: SpfLookup[]
  #name: string | undefined

  constructor(evaluation: Evaluation, domain: string, asked: SpfLookup[]) {
    this.#evaluation = evaluation
    this.#domain = domain
    this.#asked = asked
  }

  async expand(
    parts: MacroParts,
    usesPtr: boolean,
    expand: (parts: MacroParts, values: ReturnType<Evaluation['macroValues']>) => string,
  ): Promise<string> {
    if (usesPtr && this.#name === undefined) {
      const names = await ptrNames(this.#evaluation, this.#asked)
      this.#name = await validatedName(this.#evaluation, names, this.#domain, this.#asked)
    }
    return expand(parts, this.#evaluation.macroValues(this.#domain, this.#name ?? 'unknown'))
  }
}
