import {
  type ForwardPath,
  readForwardPath,
  readReversePath,
  type ReversePath,
} from '../address/path.ts'
import type { AddressRemark } from '../address/mailbox.ts'
import { decodeBase64 } from '../base/base64.ts'
import { member, notMeant, type Operation, textMember } from './act.ts'

/** A letter that a user of this machine hands in. */
export interface UnixLetter {
  readonly from: { readonly path: ReversePath; readonly remarks: readonly AddressRemark[] }
  readonly to: readonly { readonly path: ForwardPath; readonly remarks: readonly AddressRemark[] }[]
  /** Lines end with CRLF. */
  readonly octets: Uint8Array
  readonly dsn: {
    readonly notify: readonly ('NEVER' | 'SUCCESS' | 'FAILURE' | 'DELAY')[] | null
    readonly ret: 'FULL' | 'HDRS' | null
    readonly envid: string | null
  }
}

/** What became of it. Plain data. */
export type UnixSubmission =
  | { readonly type: 'taken'; readonly id: string }
  | {
      readonly type: 'refused'
      /** Of its journey. */
      readonly id: string
      readonly at: 'connect' | 'sender' | 'recipients' | 'message'
      readonly code: number
      readonly text: string
      /** Whom it was refused for, where that is why. */
      readonly recipients: readonly { readonly address: string; readonly text: string }[]
    }

/** What the operation needs of a server: a letter for all of its recipients or for none. */
export interface SubmitPart {
  readonly submit: (letter: UnixLetter, who: string) => Promise<UnixSubmission>
}

/**
 * Takes a letter of a user of this machine. It leaves no act: the letter's journey says who and when.
 */
export const submit: Operation<SubmitPart, UnixLetter, UnixSubmission> = {
  name: 'submit',
  read(input) {
    const sender = member(input, 'from')
    const from = readReversePath(`<${typeof sender === 'string' ? sender : '@'}>`)
    if (!from.ok || from.value.rest !== '') throw notMeant('submit', 'a sender in "from"')
    const given = member(input, 'to')
    const to = (Array.isArray(given) ? given : []).map((address) => {
      const path = readForwardPath(`<${String(address)}>`)
      if (!path.ok || path.value.rest !== '') throw notMeant('submit', 'addresses in "to"')
      return path.value
    })
    if (to.length === 0) throw notMeant('submit', 'addresses in "to"')
    const octets = decodeBase64(textMember('submit', input, 'octets'))
    if (octets === undefined) throw notMeant('submit', '"octets" in base64')
    const ret = member(input, 'ret')
    const envid = member(input, 'envid')
    const dsn: UnixLetter['dsn'] = {
      notify: notifyOf(member(input, 'notify')),
      ret: ret === 'FULL' ? 'FULL' : ret === 'HDRS' ? 'HDRS' : null,
      envid: typeof envid === 'string' ? envid : null,
    }
    return { from: from.value, to, octets, dsn }
  },
  run: ({ submit: hand }, letter, { by }) => hand(letter, by),
}

function notifyOf(given: unknown): UnixLetter['dsn']['notify'] {
  if (!Array.isArray(given)) return null
  const words = ['NEVER', 'SUCCESS', 'FAILURE', 'DELAY'] as const
  return words.filter((word) => given.includes(word))
}
