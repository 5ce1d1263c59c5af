import type { Outbox } from '../wire/outbox.ts'
import { type Reply, withReference } from './reply.ts'
import { formatReply } from './reply-format.ts'
import type { References, ServerOutput, Session } from './server-types.ts'

/** Says replies: to the client and into the record, each refusal with what it refers to. */
export class ServerVoice {
  readonly #out: Outbox<ServerOutput>
  #references: References | undefined
  #reference: string | undefined

  constructor(out: Outbox<ServerOutput>) {
    this.#out = out
  }

  /** What refusals refer to from now on. */
  setReferences(references: References): void {
    this.#references = references
  }

  /** An exchange begins: all refusals in it belong to where it began, also when that ends in it. */
  beginExchange({ transaction }: Session): void {
    const references = this.#references
    this.#reference = transaction === null ? references?.outside : references?.transaction
  }

  say(reply: Reply): void {
    for (const line of formatReply(this.#referring(reply))) this.#out.sendLine('server', line)
  }

  #referring(reply: Reply): Reply {
    const reference = this.#reference
    if (reference === undefined || reply.code < 400) return reply
    const { transaction, outside } = this.#references ?? {}
    const text = reply.lines.at(-1) ?? ''
    const has = [transaction, outside].some((one) => text.endsWith(` Ref ${one}`))
    return has ? reply : withReference(reply, reference)
  }
}
