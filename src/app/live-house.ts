import type { Settings } from '../config/settings.ts'
import { Directory } from '../policy/directory.ts'
import { makeHouse } from '../policy/house.ts'
import type { House } from '../receive/house.ts'
import type { SigningKeys } from './keys.ts'
import type { SitePlan } from './site.ts'

/** Whom the addresses of the settings lead to. */
export function directoryOf({ domains, account, alias }: Settings): Directory {
  const accounts = account.map(({ address, aliases, password_hash: passwordHash }) => {
    return { address, aliases, passwordHash }
  })
  return new Directory({ domains, accounts, aliases: alias })
}

/** The house that settings describe: who lives there, and by which rules. */
export function houseOf(
  settings: Settings,
  parts: { readonly signing: Pick<SigningKeys, 'for'>; readonly now: () => number },
): House {
  const { domains, receive, limits, queue, retention } = settings
  return makeHouse({
    hostname: settings.hostname,
    mode: 'live',
    directory: directoryOf(settings),
    rules: {
      trustedForwarders: receive.trusted_forwarders,
      mailingLists: receive.mailing_lists,
      allow: receive.allow,
      onTemperror: receive.on_temperror,
      ownDomains: domains,
      onOwnDomain: receive.on_own_domain,
      onMissingDomain: receive.on_missing_domain,
      onSpfFail: receive.on_spf_fail,
    },
    limits: {
      receivedFields: limits.received_fields,
      queueMs: queue.expire_seconds * 1000,
      refusedBytes: retention.refused_bytes_each,
    },
    addresses: receive.strict_addresses ? 'strict' : 'lenient',
    receivedSpf: receive.received_spf,
    signingKeys: (domain) => parts.signing.for(domain),
    now: parts.now,
  })
}

/** The limits of each session, as settings have them. */
export function siteLimits({ limits, queue }: Settings): SitePlan['limits'] {
  return {
    messageBytes: limits.message_bytes,
    recipients: limits.recipients,
    connections: limits.connections,
    errors: limits.errors,
    outgoing: queue.connections,
    outgoingSlow: queue.slow_connections,
  }
}
