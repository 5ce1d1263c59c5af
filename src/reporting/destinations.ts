import { formatMailbox, parseMailbox } from '../address/mailbox.ts'
import { isAscii } from '../base/octets.ts'
import { checkReportDestination } from '../dmarc/report-destination.ts'
import type { ReportUri } from '../dmarc/report-uri.ts'
import type { Resolver } from '../dns/resolver.ts'
import { oneLine } from '../message/field.ts'

/** A place that gets no report, and why. Plain data. */
export interface RefusedDestination {
  readonly uri: string
  readonly because: /** Not a URI, no host, or an address that cannot be written to. */
    | 'unusable'
    /** Reports go by mail only. */
    | 'not-mail'
    /** It lies outside the organization and has not agreed (RFC 9990 §4). */
    | 'not-authorized'
    /** It could not be asked; later it may be known. */
    | 'dns-error'
    /** More than ten are not served. */
    | 'too-many'
    /** No mail can get there from here: an address of our own that nobody has. */
    | 'no-mailbox'
    /** It has had its reports of the day. */
    | 'limit'
}

/** Where reports about a domain go to. */
export interface Destinations {
  /** Addresses, each once. */
  readonly mailboxes: readonly string[]
  readonly refused: readonly RefusedDestination[]
}

const maxUris = 10

/** Finds the places that get a report, each of them verified. RFC 9990 §3.5 and §4. */
export async function findDestinations(
  input: {
    readonly policyDomain: string
    readonly uris: readonly string[]
    readonly tag: 'rua' | 'ruf'
  },
  resolver: Resolver,
): Promise<Destinations> {
  const { policyDomain, uris, tag } = input
  const asked = uris.slice(0, maxUris)
  const answers = await Promise.all(
    asked.map((uri) => checkReportDestination({ policyDomain, uri, tag }, resolver)),
  )
  const mailboxes = new Set<string>()
  const refused: RefusedDestination[] = []
  for (const [index, answer] of answers.entries()) {
    const uri = oneLine(asked[index] ?? '', 200)
    switch (answer.result) {
      case 'internal':
        take([answer.uri], uri)
        break
      case 'authorized':
        // RFC 9990 §4 step 9: a place may name another one, on the same host.
        take(answer.override.length > 0 ? answer.override : [answer.uri], uri)
        break
      case 'unauthorized':
        refused.push({ uri, because: 'not-authorized' })
        break
      case 'temperror':
        refused.push({ uri, because: 'dns-error' })
        break
      case 'unusable':
        refused.push({ uri, because: 'unusable' })
    }
  }
  for (const uri of uris.slice(maxUris, 2 * maxUris)) {
    refused.push({ uri: oneLine(uri, 200), because: 'too-many' })
  }
  return { mailboxes: Array.from(mailboxes), refused }

  function take(places: readonly ReportUri[], uri: string): void {
    for (const { scheme, mailbox } of places.slice(0, maxUris)) {
      const address = mailbox === null ? undefined : writable(mailbox)
      if (address !== undefined) mailboxes.add(address)
      else refused.push({ uri, because: scheme === 'mailto' ? 'unusable' : 'not-mail' })
    }
  }
}

/** The address as it goes into an envelope; reports are ASCII and ask for no SMTPUTF8. */
function writable(text: string): string | undefined {
  const mailbox = parseMailbox(text)
  if (!mailbox.ok) return undefined
  const address = formatMailbox(mailbox.value)
  return isAscii(address) ? address : undefined
}
