import { domainOf } from '../address/mailbox.ts'
import { heldName } from '../inspect/public-suffixes.ts'
import { recipientsOf } from '../journey/recipients.ts'
import type { JourneyRecord } from '../journey/record.ts'
import type { Step } from '../journey/steps.ts'
import { suppressionKey } from '../suppression/suppression.ts'

/** So long after a letter was sent what comes back is believed to be about it. */
export const believedMs: number = 14 * 86_400_000

/** A recipient for whom another server has taken a letter of ours. */
export interface HandedOn {
  readonly recipient: string
  /** The server that took it: its name, and its address. */
  readonly host: string
  readonly ip: string
}

/** Whom other servers have taken the letter for; nobody else's letter can come back. */
export function handedOn(record: JourneyRecord): readonly HandedOn[] {
  const taken = new Map<string, HandedOn>()
  for (const step of record.steps) {
    if (step.type !== 'attempt' || step.result !== 'delivered') continue
    const { recipient, host, ip } = step
    taken.set(recipient, { recipient, host, ip })
  }
  return recipientsOf(record).flatMap(({ address }) => taken.get(address) ?? [])
}

/** Those of them that a report names, by the addresses that it gives. */
export function namedIn(
  all: readonly HandedOn[],
  addresses: readonly (string | undefined)[],
): readonly HandedOn[] {
  const names = new Set(addresses.flatMap((one) => suppressionKey(one ?? '') ?? []))
  return all.filter(({ recipient }) => names.has(suppressionKey(recipient) ?? ''))
}

/** Finds the one that a report names, in the same time for however many. */
export function finder(
  all: readonly HandedOn[],
): (addresses: readonly (string | undefined)[]) => HandedOn | undefined {
  const byName = new Map(all.map((one) => [suppressionKey(one.recipient) ?? '', one]))
  return (addresses) => {
    for (const address of addresses) {
      const key = suppressionKey(address ?? '')
      const found = key === undefined ? undefined : byName.get(key)
      if (found !== undefined) return found
    }
    return undefined
  }
}

/**
 * Whether a delivery report speaks for the server that took the letter. It has no sender (RFC 3464 §2), and
 * who brought it is the same address, or has a name that is proved (by reverse DNS, or by SPF for HELO) in
 * the domain of that server or of the recipient. A report with a sender may be any customer's of that
 * domain: SPF then proves a user, and no server. DKIM proves as little: a signed letter of a user can be
 * sent again without a sender. A neighbour under a public suffix is nobody.
 *
 * @param steps of the journey of the report
 */
export function vouchedFor(
  one: HandedOn,
  { ip, mailFrom }: { readonly ip: string; readonly mailFrom: string },
  steps: readonly Step[],
): boolean {
  if (mailFrom !== '') return false
  if (ip !== '' && ip === one.ip) return true
  return steps.some((step) => {
    if (step.type === 'iprev') {
      return step.verdict.result === 'pass' && isOwnName(one, step.verdict.name)
    }
    if (step.type !== 'spf' || step.verdict.result !== 'pass') return false
    return step.verdict.identity === 'helo' && isOwnName(one, step.verdict.domain)
  })
}

/**
 * Whether a complaint speaks for the recipient. DMARC proves its author, and the author is the recipient,
 * or has a name of those that run feedback loops in the domain of the recipient or of the server that
 * took the letter. Any other user of that domain speaks for nobody else.
 *
 * @param author the addresses in From of the complaint; of several none counts
 */
export function complainsFor(
  one: HandedOn,
  author: string,
  steps: readonly Step[],
): 'proved' | 'unproved' | 'nobody' {
  const key = suppressionKey(author)
  const proved = provedAuthor(steps)
  if (proved === undefined) return 'nobody'
  if (key === undefined || heldName(domainOf(key)) !== heldName(proved)) return 'unproved'
  if (key === suppressionKey(one.recipient)) return 'proved'
  const local = key.slice(0, key.lastIndexOf('@'))
  return feedbackNames.has(local) && isOwnName(one, proved) ? 'proved' : 'unproved'
}

/**
 * Whether a complaint came to where complaints about a letter belong: to its sender, or to those who answer for
 * the sender's domain (RFC 2142 §2, §5).
 */
export function isForSender(rcptTo: readonly string[], mailFrom: string): boolean {
  const domain = domainOf(mailFrom)
  const places = [mailFrom, `postmaster@${domain}`, `abuse@${domain}`].flatMap((address) => {
    return suppressionKey(address) ?? []
  })
  return rcptTo.some((address) => places.includes(suppressionKey(address) ?? ''))
}

/**
 * Names that complaints of providers come from, and that no customer of theirs is given; among them AOL's
 * (`scomp`) and that of Outlook.com (`staff`).
 */
const feedbackNames: ReadonlySet<string> = new Set(
  'abuse postmaster fbl feedback feedbackloop feedback-loop complaints arf scomp staff'.split(' '),
)

function provedAuthor(steps: readonly Step[]): string | undefined {
  for (const step of steps) {
    if (step.type !== 'dmarc' || step.verdict.result !== 'pass') continue
    return step.verdict.authorDomain ?? undefined
  }
  return undefined
}

/** Whether a name is in the domain of the recipient or of the server that took the letter. */
function isOwnName({ host, recipient }: HandedOn, name: string): boolean {
  const held = heldName(name)
  return held !== undefined && [host, domainOf(recipient)].some((own) => heldName(own) === held)
}
