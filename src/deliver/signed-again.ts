import { readChain, type SoundChain } from '../arc/chain.ts'
import { ArcSealer } from '../arc/sealer.ts'
import { concat, encodeUtf8, octetsOf } from '../base/octets.ts'
import { sealingKey } from '../directory/signing-keys.ts'
import { type DkimSigningKey, DkimSigner } from '../dkim/dkim.ts'
import { parseDkimSignature } from '../dkim/signature-field.ts'
import type { ConvertedStep, NamedSignature } from '../journey/converted-step.ts'
import type { HeaderField } from '../message/field.ts'
import { splitMessage } from '../message/header-reader.ts'

/** With what it is signed again. */
export interface SigningAgain {
  /** The active keys of a domain, see `Directory.signingKeys`. */
  readonly keysFor: (domain: string) => Promise<readonly DkimSigningKey[]>
  /** Unix milliseconds. */
  readonly now: number
}

/** The signatures of ours that stand above a letter of ours. */
export interface OwnSignatures {
  /** Where they begin: behind what a copy that is handed on has above them. */
  readonly start: number
  readonly octets: number
  readonly fields: readonly HeaderField[]
}

/**
 * Which signatures of ours stand at the top: those of DKIM in a letter that we send, or the ARC set of
 * one that we hand on. They are the first of what we put in front, but for the X-Loop of one copy.
 *
 * @param prefix what we put in front of the letter when we took it
 */
export function ownSignatures(prefix: Uint8Array): OwnSignatures {
  const all = splitMessage(prefix).header.fields
  const above = all[0]?.name === 'x-loop' ? 1 : 0
  const fields = all.slice(above)
  const set = fields.slice(0, 3)
  const names = new Set(set.map(({ name }) => name))
  const isSet = names.size === 3 && set.every(({ name }) => setNames.has(name))
  const end = fields.findIndex(({ name }) => name !== 'dkim-signature')
  const own = isSet ? set : end < 0 ? fields : fields.slice(0, end)
  const lengthOf = (some: readonly HeaderField[]): number => {
    return some.reduce((sum, { raw }) => sum + raw.length, 0)
  }
  return { start: lengthOf(all.slice(0, above)), octets: lengthOf(own), fields: own }
}

const setNames = new Set(['arc-authentication-results', 'arc-message-signature', 'arc-seal'])

/** What stands above the letter now, and what is told of it. */
export interface SignedAgain {
  readonly prefix: Uint8Array
  readonly told: Pick<ConvertedStep, 'signed' | 'sealed' | 'broken'>
}

/** Follows the body of a letter that was changed, and signs it as it was signed before. */
export interface SignerAgain {
  push(body: Uint8Array): void
  finish(): Promise<SignedAgain>
}

/**
 * Signs by the same domain and with the keys that it has now; seals with what was found when the letter
 * came, so that the chain holds. What cannot be made again stays as it was.
 *
 * @param own the signatures that are replaced
 * @param fields the header as it is sent, without them
 */
export async function signerAgain(
  own: readonly HeaderField[],
  fields: readonly HeaderField[],
  by: SigningAgain,
): Promise<SignerAgain> {
  const theirs = fields.flatMap((field) =>
    field.name === 'dkim-signature' ? [namesOf(field)] : [],
  )
  const [first] = own
  if (first?.name === 'dkim-signature') {
    const { domain } = namesOf(first)
    return dkimAgain({ domain, keys: await by.keysFor(domain), now: by.now }, fields, theirs)
  }
  const chain = own.length === 0 ? undefined : readChain([...own, ...fields])
  if (chain?.type !== 'sound') return untouched(own, theirs)
  const { domain, selector } = chain.newest.seal
  const key = sealingKey(await by.keysFor(domain))
  if (key === undefined) return untouched(own, [{ domain, selector }, ...theirs])
  return arcAgain({ chain, key, now: by.now }, fields, theirs)
}

function untouched(own: readonly HeaderField[], broken: readonly NamedSignature[]): SignerAgain {
  const prefix = concat(own.map(({ raw }) => raw))
  return { push: () => {}, finish: () => Promise.resolve({ prefix, told: { broken } }) }
}

function dkimAgain(
  { domain, keys, now }: { domain: string; keys: readonly DkimSigningKey[]; now: number },
  fields: readonly HeaderField[],
  broken: readonly NamedSignature[],
): SignerAgain {
  const signer = new DkimSigner({ keys, now: now / 1000, header: { fields } })
  const named = keys.map(({ selector, algorithm = '' }) => ({ selector, algorithm }))
  return {
    push: (body) => signer.push(body),
    finish: async () => {
      const prefix = octetsOf((await signer.finish()).join(''))
      return { prefix, told: { signed: { domain, keys: named }, broken } }
    },
  }
}

function arcAgain(
  { chain, key, now }: { chain: SoundChain; key: DkimSigningKey; now: number },
  fields: readonly HeaderField[],
  broken: readonly NamedSignature[],
): SignerAgain {
  const { results, status } = chain.newest
  const end = results.text.indexOf(';')
  const { domain, selector, privateKey } = key
  const sealer = new ArcSealer({
    authservId: results.text.slice(0, end).trim(),
    authenticationResults: results.text.slice(end + 1),
    domain,
    selector,
    privateKey,
    chain: { result: status },
    now: now / 1000,
    header: { fields },
  })
  return {
    push: (body) => sealer.push(body),
    finish: async () => {
      const sealing = await sealer.finish()
      if (sealing.type !== 'sealed') throw new Error(`sealed before, and now: ${sealing.text}`)
      const sealed = { domain, selector, instance: sealing.instance }
      return { prefix: encodeUtf8(sealing.fields.join('')), told: { sealed, broken } }
    },
  }
}

function namesOf(field: HeaderField): NamedSignature {
  const read = parseDkimSignature(field, 0)
  const { domain = '', selector = '' } = read.ok ? read.value.claims : read.problem.claims
  return { domain, selector }
}
