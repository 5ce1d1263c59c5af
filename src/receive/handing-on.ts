import { ArcSealer, type ArcSealing } from '../arc/arc.ts'
import type { Srs } from '../directory/address-table.ts'
import { sealingKey } from '../directory/signing-keys.ts'
import type { DkimSigningKey } from '../dkim/dkim.ts'
import { srsForward } from '../forwarding/srs.ts'
import type { Evaluation } from '../inspect/inspection.ts'
import { authenticationResultsText } from '../inspect/results-field.ts'
import { octetsOf } from '../base/octets.ts'
import type { StepData } from '../journey/steps.ts'
import { type HeaderField, formatField, unfoldedValue } from '../message/field.ts'
import { type MessageHeader, splitMessage } from '../message/header-reader.ts'
import type { Forwarding, MailRecipient } from '../post/placing.ts'
import { ledOn, ownerOf } from '../post/wishes-behind.ts'

/** Of a letter of which nothing is known yet. */
const noChain: Pick<Evaluation['arc'], 'result'> = { result: 'none' }

/** A recipient whose mail goes on to other servers. */
export type OnwardRecipient = MailRecipient & { readonly to: Onward }

type Onward = Extract<MailRecipient['to'], { readonly type: 'forward' }>

/** The recipients among these that lead on. */
export function onwardOf(recipients: readonly MailRecipient[]): readonly OnwardRecipient[] {
  return recipients.flatMap((one) => {
    const { to } = one
    return to.type === 'forward' ? [{ ...one, to }] : []
  })
}

/** RFC 5321 §6.3: a letter that we handed on for this address has come back to it. */
export function comesBack(header: MessageHeader, recipients: readonly OnwardRecipient[]): boolean {
  const passed = header.fields
    .filter(({ name }) => name === 'x-loop')
    .map((field) => unfoldedValue(field).trim().toLowerCase())
  return recipients.some(({ address }) => passed.includes(address.toLowerCase()))
}

/**
 * The field by which `comesBack` knows a copy again. It is above the copies for that recipient alone: who
 * gets another must not read whom the letter went to besides (RFC 5321 §7.2).
 */
export function loopField(address: string): string {
  return formatField('X-Loop', address)
}

/**
 * The reverse-path under which a letter of this sender is handed on. `undefined`: none can be said.
 *
 * @param now Unix milliseconds
 */
export function onwardPath(mailFrom: string, srs: Srs, now: number): string | undefined {
  return mailFrom === '' ? '' : srsForward(mailFrom, { ...srs, now })
}

/** Where it goes under which reverse-path: what an account has sent on, under the account's own. */
function pathsOf(
  to: Onward,
  reversePath: string,
): readonly { readonly to: readonly string[]; readonly reversePath: string }[] {
  const led = ledOn(to)
  const owned = to.to.flatMap((recipient) => {
    const owner = ownerOf(to, recipient)
    return owner === undefined ? [] : [{ to: [recipient], reversePath: reversePath && owner }]
  })
  return led.length === 0 ? owned : [{ to: led, reversePath }, ...owned]
}

/** What stands above a letter that is handed on, and what is told of it. */
export interface HandedOn {
  readonly prefix: string
  readonly forwarding: Forwarding
  readonly steps: readonly StepData[]
}

/**
 * Makes a letter of a stranger fit to be handed on: follows its body, seals what was found of it (RFC
 * 8617 §5.1), and writes the reverse-path so that SPF holds for us. Nothing of it is changed.
 */
export class HandingOn {
  readonly #hostname: string
  readonly #key: DkimSigningKey | undefined
  readonly #sealer: ArcSealer | undefined
  /** What is known at the end only. */
  readonly #known: {
    results: string
    chain: Pick<Evaluation['arc'], 'result'>
    fields: readonly HeaderField[]
  } = { results: '', chain: noChain, fields: [] }

  /** @param now Unix seconds */
  constructor(keys: readonly DkimSigningKey[], by: { hostname: string; now: number }) {
    this.#hostname = by.hostname
    const key = sealingKey(keys)
    this.#key = key
    const known = this.#known
    this.#sealer =
      key === undefined
        ? undefined
        : new ArcSealer({
            authservId: by.hostname,
            domain: key.domain,
            selector: key.selector,
            privateKey: key.privateKey,
            now: by.now,
            get authenticationResults() {
              return known.results
            },
            get chain() {
              return known.chain
            },
            get header() {
              return { fields: known.fields }
            },
          })
  }

  body(octets: Uint8Array): void {
    this.#sealer?.push(octets)
  }

  async finish(
    letter: {
      readonly header: MessageHeader
      readonly trace: string
      /** What of the header does not go on. */
      readonly omit: readonly (readonly [number, number])[]
      /** As `onwardPath` has it. */
      readonly reversePath: string
    },
    evaluation: Evaluation,
    recipients: readonly OnwardRecipient[],
  ): Promise<HandedOn> {
    const { header, omit, reversePath } = letter
    const ours = letter.trace
    const start = header.octets.byteOffset
    const kept = header.fields.filter(({ raw }) => {
      return !omit.some(([from]) => from === raw.byteOffset - start)
    })
    const text = authenticationResultsText(evaluation, this.#hostname)
    this.#known.results = text.slice(text.indexOf(';') + 1).trim()
    this.#known.chain = evaluation.arc
    this.#known.fields = [...splitMessage(octetsOf(ours)).header.fields, ...kept]
    const sealing = await this.#sealer?.finish()
    const seal = sealing?.type === 'sealed' ? sealing.fields.join('') : ''
    return {
      prefix: seal + ours,
      forwarding: { reversePath },
      steps: recipients.flatMap(({ address, to }) => {
        const common = { type: 'forwarded', recipient: address, because: to.of } as const
        return pathsOf(to, reversePath).map((path) => ({
          ...common,
          ...path,
          seal: this.#told(sealing),
        }))
      }),
    }
  }

  #told(sealing: ArcSealing | undefined): (StepData & { type: 'forwarded' })['seal'] {
    const key = this.#key
    if (key === undefined || sealing === undefined) {
      return { type: 'not-sealed', text: 'There is no key of ours.' }
    }
    if (sealing.type === 'not-sealed') return { type: 'not-sealed', text: sealing.text }
    const { instance, status } = sealing
    return { type: 'sealed', instance, status, domain: key.domain, selector: key.selector }
  }
}
