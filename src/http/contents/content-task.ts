import type { Part } from '../../mime/part.ts'

/** In which form a message is shown. */
export type ContentForm =
  | { readonly type: 'parts' | 'text' | 'links' | 'codes' }
  | { readonly type: 'part'; readonly n: number }
  | { readonly type: 'html'; readonly remote: boolean }

/** What the thread is asked that reads messages. */
export type ContentTask =
  | { readonly type: 'open'; readonly message: number; readonly octets: Uint8Array }
  | {
      readonly type: 'show'
      readonly message: number
      readonly form: ContentForm
      /** Decoded; a code may stand in it. */
      readonly subject: string
    }
  | { readonly type: 'close'; readonly message: number }

/** What it says. */
export type ContentAnswer =
  | { readonly type: 'done' }
  | {
      readonly type: 'shown'
      /** As they are sent: JSON, text in UTF-8, or those of a part. */
      readonly octets: Uint8Array<ArrayBuffer>
      /** Whose they are; those of the whole message are the first part's. */
      readonly part: FilePart
    }
  /** The message has no such thing; and how many parts it has. */
  | { readonly type: 'none'; readonly parts: number }

/** What is needed of a part to save it as a file. */
export type FilePart = Pick<Part, 'n' | 'type' | 'name'>

/** A part as the API tells it. */
export interface PartView {
  readonly n: number
  readonly parent: number | null
  readonly depth: number
  readonly type: string
  readonly charset: string | null
  readonly encoding: string
  readonly disposition: string | null
  readonly name: string | null
  readonly content_id: string | null
  readonly offset: number
  readonly size: number
}
