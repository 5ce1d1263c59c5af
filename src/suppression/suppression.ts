import { foldLocalPart, formatMailbox, parseMailbox } from '../address/mailbox.ts'
import type { SuppressionReason } from '../journey/delivery-steps.ts'
import type { RegisterEntry } from '../store/ports/register.ts'

/** Under this kind the register keeps suppressed addresses. */
export const suppressionKind = 'suppression'

/** An address to which nothing of our users is sent. */
export interface Suppression {
  /** As it was written when it came onto the list. */
  readonly address: string
  readonly reason: SuppressionReason
  /** Unix milliseconds, as `until`. */
  readonly since: number
  /** It ends by itself then; absent: it does not. */
  readonly until?: number
  /** What the other server said, or what a person wrote down; may be empty. */
  readonly why: string
  /** The journey that shows it; absent where there is none. */
  readonly journey?: string
}

/**
 * The name of an address on the list: its domain in the one form that it has, its local part in small
 * letters and in one form of Unicode (NFC, RFC 6530 §10.1). RFC 5321 §2.4 lets servers tell `A` from
 * `a` there; none that one meets does, and a list that is got round by a capital letter is none.
 *
 * @returns `undefined` for what is no address
 */
export function suppressionKey(address: string): string | undefined {
  const read = parseMailbox(address)
  if (!read.ok) return undefined
  const { localPart, domain } = read.value
  return formatMailbox({ localPart: foldLocalPart(localPart), domain })
}

/** As the register keeps it. @returns `undefined` for what is no address */
export function suppressionEntry(suppression: Suppression): RegisterEntry | undefined {
  const { until, since, ...rest } = suppression
  const key = suppressionKey(suppression.address)
  if (key === undefined) return undefined
  return {
    kind: suppressionKind,
    key,
    json: JSON.stringify({ ...rest, since }),
    changedAt: since,
    ...(until === undefined ? {} : { expiresAt: until }),
  }
}

/** Reads what the register keeps. Something that is no suppression still is one: by hand, unsaid why. */
export function suppressionIn({ key, json, changedAt, expiresAt }: RegisterEntry): Suppression {
  const read: unknown = JSON.parse(json)
  const [address, reason, since, why, journey] = [
    'address',
    'reason',
    'since',
    'why',
    'journey',
  ].map((name): unknown => {
    return typeof read === 'object' && read !== null ? Reflect.get(read, name) : undefined
  })
  return {
    address: typeof address === 'string' ? address : key,
    reason: reason === 'hard-bounce' || reason === 'complaint' ? reason : 'by-hand',
    since: typeof since === 'number' ? since : changedAt,
    ...(expiresAt === undefined ? {} : { until: expiresAt }),
    why: typeof why === 'string' ? why : '',
    ...(typeof journey === 'string' ? { journey } : {}),
  }
}
