import type { Settings } from '../config/settings.ts'
import { AddressTable, type Residents } from '../directory/address-table.ts'
import type { SessionRules } from '../sessions/sessions.ts'
import type { SiteLimits } from './site.ts'

/** Who lives in the domains of the settings. */
export function residentsOf({ domains, account, alias }: Settings): Residents {
  const accounts = account.map(({ address, aliases, password_hash: passwordHash }) => {
    return { address, aliases, passwordHash }
  })
  return { domains, accounts, aliases: alias }
}

/** Whom the addresses of the settings lead to. */
export function addressesOf(settings: Settings): AddressTable {
  return new AddressTable(residentsOf(settings))
}

/** By which rules letters are taken and kept; all domains of ours belong to them. */
export function rulesOf(
  settings: Omit<Settings, 'domains'> & { readonly domains: readonly string[] },
): SessionRules {
  const { domains, receive, limits, queue, retention } = settings
  return {
    decision: {
      trustedForwarders: receive.trusted_forwarders,
      mailingLists: receive.mailing_lists,
      allow: receive.allow,
      onTemperror: receive.on_temperror,
      ownDomains: domains,
      onOwnDomain: receive.on_own_domain,
      onMissingDomain: receive.on_missing_domain,
      onSpfFail: receive.on_spf_fail,
    },
    receivedFields: limits.received_fields,
    receivedSpf: receive.received_spf,
    addresses: receive.strict_addresses ? 'strict' : 'lenient',
    refusedBytes: retention.refused_bytes_each,
    queueMs: queue.expire_seconds * 1000,
  }
}

/** The limits of each session, as settings have them. */
export function siteLimits({ limits, queue }: Settings): SiteLimits {
  return {
    messageBytes: limits.message_bytes,
    recipients: limits.recipients,
    connections: limits.connections,
    errors: limits.errors,
    outgoing: queue.connections,
    outgoingSlow: queue.slow_connections,
  }
}
