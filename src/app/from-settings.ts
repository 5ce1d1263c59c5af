import { parseNetwork } from '../base/ip.ts'
import type { Settings } from '../config/settings.ts'
import { AddressTable, type Residents } from '../directory/address-table.ts'
import type { StaticRsa } from '../io/tls-context.ts'
import type { AdmissionLimits } from '../policy/admission-limits.ts'
import { defaultRetryPolicy, type RetryPolicy } from '../queue/schedule.ts'
import type { SessionRules } from '../sessions/sessions.ts'
import type { FailureReportsPlan } from './failure-reports.ts'
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

/** How much one client may use, as the settings say. */
export function admissionLimits({ limits }: Settings): AdmissionLimits {
  return {
    connectionsPerAddress: limits.connections_per_address,
    connectionsPerAccount: limits.connections_per_account,
    connectionsPerMinute: limits.connections_per_minute,
    wrongPasswords: limits.wrong_passwords,
    refusedRecipients: limits.refused_recipients,
    forgetMs: limits.forget_seconds * 1000,
    memoryBytes: limits.memory_bytes,
    exempt: limits.exempt.flatMap((text) => parseNetwork(text) ?? []),
  }
}

/** Whether old servers without forward secrecy are let in on port 25. */
export function staticRsaOf({ tls }: Settings): StaticRsa {
  return tls.static_rsa ? 'taken' : 'refused'
}

/** When letters are tried again, and until when. */
export function retryPolicy({ queue }: Settings): RetryPolicy {
  return {
    ...defaultRetryPolicy,
    firstDelayMs: queue.first_retry_seconds * 1000,
    maxDelayMs: queue.longest_retry_seconds * 1000,
    expireAfterMs: queue.expire_seconds * 1000,
  }
}

/** Failure reports, which are off unless the settings say yes. */
export function failureReportsPlan(settings: Settings): FailureReportsPlan | undefined {
  const { failure, failure_content, failure_per_destination, failure_per_day } = settings.reports
  if (!failure) return undefined
  return {
    from: reportAuthor(settings),
    content: failure_content,
    perDestination: failure_per_destination,
    perDay: failure_per_day,
  }
}

/** Whom reports come from. */
export function reportAuthor({ reports, domains, hostname }: Settings): string {
  return reports.from ?? `postmaster@${domains[0] ?? hostname}`
}
