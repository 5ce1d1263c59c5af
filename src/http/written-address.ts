import { type ListedMailbox, parseAddressList } from '../message/address-list.ts'
import { decodeEncodedWords } from '../message/encoded-word.ts'
import {
  type ForwardPath,
  readForwardPath,
  readReversePath,
  type ReversePath,
} from '../address/path.ts'
import type { WrittenPath } from '../receive/hand-in.ts'

/** What is wrong with a member of a letter. */
export interface Wrong {
  /** RFC 6901: `/to/0`. */
  readonly pointer: string
  readonly detail: string
}

/** An address with a name beside it. */
export interface Named {
  readonly name: string
  readonly address: string
}

/** Gathers what is wrong, so that all of it is told at once. */
export class Wrongs {
  readonly all: Wrong[] = []

  add(pointer: string, detail: string): void {
    if (this.all.length < 50) this.all.push({ pointer, detail })
  }

  /** The addresses that a member has, each once named. */
  list(pointer: string, given: string | readonly string[] | undefined): readonly Named[] {
    if (given === undefined) return []
    if (typeof given === 'string') return this.#read(pointer, given)
    return given.flatMap((one, at) => this.#read(`${pointer}/${at}`, one))
  }

  #read(pointer: string, text: string): readonly Named[] {
    if (/[\x00-\x1f\x7f]/.test(text)) {
      this.add(pointer, 'has a line break or another control character')
      return []
    }
    const { mailboxes, problems } = parseAddressList(text, { form: 'text' })
    const broken = problems.some(({ type }) => type === 'error')
    if (mailboxes.length === 0 || broken) {
      this.add(pointer, `"${text.slice(0, 100)}" is no address`)
      return []
    }
    return mailboxes.map(namedOf)
  }

  /** Addresses as recipients. */
  recipients(pointer: string, all: readonly Named[]): readonly WrittenPath<ForwardPath>[] {
    return all.flatMap(({ address }) => {
      const read = readForwardPath(`<${address}>`)
      if (read.ok && read.value.rest === '') return [read.value]
      this.add(pointer, `"${address.slice(0, 100)}": ${read.ok ? 'is no address' : read.problem}`)
      return []
    })
  }

  /** An address as sender; the null one when it is empty. */
  sender(pointer: string, address: string): WrittenPath<ReversePath> {
    const inner = address.replace(/^<(.*)>$/, '$1')
    const read = readReversePath(`<${inner}>`)
    if (read.ok && read.value.rest === '') return read.value
    this.add(pointer, `"${address.slice(0, 100)}": ${read.ok ? 'is no address' : read.problem}`)
    return { path: { type: 'null' }, remarks: [] }
  }
}

/** A mailbox of a header, with the name that stands beside it. */
export function namedOf({ displayName, localPart, domain }: ListedMailbox): Named {
  const plain = /^[^\s()<>[\]:;@\\,"]+$/.test(localPart)
  const local = plain ? localPart : `"${localPart.replace(/["\\]/g, '\\$&')}"`
  return { name: decodeEncodedWords(displayName), address: `${local}@${domain}` }
}
