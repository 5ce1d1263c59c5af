/** A part of a message: the message itself is the first one. */
export interface Part {
  /** Its place in the list, in the order of the octets; the message itself is 0. */
  readonly n: number
  /** The part that holds it; absent for the message itself. */
  readonly parent?: number
  readonly depth: number
  /** Type and subtype in lower case, as in `text/plain`. */
  readonly type: string
  /** Parameters of Content-Type, their names in lower case. */
  readonly parameters: ReadonlyMap<string, string>
  /** Content-Transfer-Encoding in lower case; `7bit` when there is none (RFC 2045 §6.1). */
  readonly encoding: string
  /** The word of Content-Disposition in lower case (RFC 2183 §2). */
  readonly disposition?: string
  /** A name for a file of this part that can do no harm. */
  readonly name?: string
  /** Content-ID without its angle brackets (RFC 2392 §2). */
  readonly contentId?: string
  /** Where its header begins, in octets of the message. */
  readonly headerAt: number
  /** Where its body begins. */
  readonly at: number
  /** Octets of its body as it stands in the message, encoded. */
  readonly size: number
}

/**
 * Whether a part is a file that comes along, and nothing that the message says or shows: by its
 * disposition, where one that nobody knows is `attachment` (RFC 2183 §2.8); without one, by its name,
 * unless it is text or a picture of the HTML.
 */
export function isAttachment({ type, disposition, name, contentId }: Part): boolean {
  if (type.startsWith('multipart/')) return disposition === 'attachment'
  if (disposition !== undefined) return disposition !== 'inline'
  return name !== undefined && contentId === undefined && !/^text\/(?:plain|html)$/.test(type)
}

/** The parts of a message, each behind the one that holds it. */
export interface PartTree {
  readonly parts: readonly Part[]
  /**
   * There are more parts than are shown: the message has more than `maxParts`, or holds parts deeper
   * than `maxDepth`, which are shown as one.
   */
  readonly more: boolean
}

/** How many parts are shown. */
export const maxParts = 10_000

/** How deep parts are opened. */
export const maxDepth = 100
