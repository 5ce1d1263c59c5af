import { parseNetwork } from '../base/ip.ts'
import { plainNetwork } from '../base/ip-ranges.ts'
import { decisionRules } from '../config/decision-rules.ts'
import type { Settings } from '../config/settings.ts'
import type { Residents } from '../directory/address-table.ts'
import { DayMark } from '../io/day-mark.ts'
import { type CallPlace, secureWebPlace } from '../io/outside-address.ts'
import type { StaticRsa } from '../io/tls-context.ts'
import type { AdmissionLimits } from '../policy/admission-limits.ts'
import { defaultRetryPolicy, type RetryPolicy } from '../queue/schedule.ts'
import type { TrustedNetworks } from '../receive/trust.ts'
import type { SessionRules } from '../sessions/sessions.ts'
import { dataFolder } from '../store/data-folder.ts'
import type { TransportRules } from '../transport/transport.ts'
import type { SuppressionRules } from '../suppression/strikes.ts'
import type { AccountHabitPlan } from './account-holding.ts'
import type { MailSystemLimits, MailSystemOptions } from './system-options.ts'
import { selfOf } from './own-addresses.ts'
import type { ReportsPlan } from './reporter.ts'
import { sourcePlan } from './source-settings.ts'
import { trafficPlan } from './traffic-settings.ts'

/** What settings say of a mail system beside its rules; most of it holds until the server ends. */
export function staticOptions(
  settings: Settings,
  { folder, loopbackIsSelf }: { readonly folder: string; readonly loopbackIsSelf: boolean },
): Pick<
  MailSystemOptions,
  'hostname' | 'self' | 'retry' | 'reports' | 'policyPlace' | 'staticRsa' | ChangingOption
> {
  return {
    hostname: settings.hostname,
    self: selfOf(settings, loopbackIsSelf),
    retry: retryPolicy(settings),
    reports: reportsPlan(settings, folder),
    staticRsa: staticRsaOf(settings),
    policyPlace: policyPlace(settings),
    ...changingOptions(settings),
  }
}

type ChangingOption = 'limits' | 'transport' | 'suppression' | 'habit'

/** What may change of it while the server runs, beside rules and certificates. */
export function changingOptions(settings: Settings): Pick<MailSystemOptions, ChangingOption> {
  return {
    limits: limitsOf(settings),
    transport: transportRules(settings),
    suppression: suppressionRules(settings),
    habit: habitPlan(settings),
  }
}

/** How addresses come onto the suppression list. */
function suppressionRules({ suppression }: Settings): SuppressionRules {
  const { after_refusals: after, days, complaints } = suppression
  return { after, staysMs: days * 86_400_000, complaints }
}

/** Which accounts are held that send far above their habit. */
function habitPlan(settings: Settings): AccountHabitPlan | undefined {
  const { hold, factor, least_per_hour: hour, least_per_day: day, ...rest } = settings.account_rate
  if (!hold) return undefined
  const { new_days: newDays, release_hours: releaseHours, exempt } = rest
  return {
    rules: {
      factor,
      least: { hour, day },
      newMs: newDays * 86_400_000,
      passMs: releaseHours * 3_600_000,
      exempt: new Set(exempt.map((one) => one.toLowerCase())),
    },
    postmaster: postmasterOf(settings),
  }
}

/** Of this house. */
function postmasterOf({ domains, hostname }: Settings): string {
  return `postmaster@${domains[0] ?? hostname}`
}

/** By which rules letters are taken and kept; all domains of ours belong to them. */
export function rulesOf(
  { receive, limits, queue, retention, submission }: Settings,
  { domains, srs }: Pick<Residents, 'domains' | 'srs'>,
): SessionRules {
  return {
    ...(srs === undefined ? {} : { forwarding: srs }),
    decision: decisionRules({ receive }, domains),
    receivedFields: limits.received_fields,
    receivedSpf: receive.received_spf,
    addresses: receive.strict_addresses ? 'strict' : 'lenient',
    refusedBytes: retention.refused_bytes_each,
    queueMs: queue.expire_seconds * 1000,
    trusted: trustedNetworks(submission),
  }
}

/** Whose machines may send without a log-in, ready to be compared with. */
function trustedNetworks({
  trusted_networks: networks,
  trusted_any_sender: anySender,
}: Settings['submission']): TrustedNetworks {
  return {
    networks: networks.flatMap((text) => {
      const read = parseNetwork(text)
      return read === undefined ? [] : [{ text, network: plainNetwork(read) }]
    }),
    anySender,
  }
}

/** How much sessions and deliveries may use, as settings have it. */
function limitsOf(settings: Settings): MailSystemLimits {
  const { limits, queue } = settings
  return {
    messageBytes: limits.message_bytes,
    recipients: limits.recipients,
    connections: limits.connections,
    errors: limits.errors,
    outgoing: queue.connections,
    outgoingSlow: queue.slow_connections,
    outgoingToSite: queue.site_connections,
    traffic: trafficPlan(settings),
    sources: sourcePlan(settings),
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

/** Policy hosts are called at addresses of the internet, and in networks that mail may go to. */
function policyPlace({ mta_sts: sts, queue }: Settings): CallPlace | undefined {
  return sts.enabled ? secureWebPlace(queue.allow_networks) : undefined
}

/** What the settings ask of TLS at a destination. */
export function transportRules({
  delivery,
  mta_sts: sts,
}: Settings): (destination: string) => TransportRules {
  const [verified, encrypted] = [new Set(delivery.verified_to), new Set(delivery.encrypted_to)]
  const { dane, tls_memory: memory } = delivery
  return (destination) => {
    const least = verified.has(destination)
      ? 'verified'
      : encrypted.has(destination)
        ? 'encrypted'
        : 'opportunistic'
    return { dane, mtaSts: sts.enabled, least, memory }
  }
}

/** Reports of each day and of TLS, unless the settings say no; failure reports, where they say yes. */
function reportsPlan(settings: Settings, folder: string): ReportsPlan {
  const { reports } = settings
  const from = reports.from ?? postmasterOf(settings)
  const firstOpenDay = new DayMark(dataFolder(folder).firstUnreportedDay)
  const failure = {
    from,
    content: reports.failure_content,
    perDestination: reports.failure_per_destination,
    perDay: reports.failure_per_day,
  }
  return {
    ...(reports.aggregate ? { daily: { from, firstOpenDay } } : {}),
    ...(reports.tls ? { tls: { from } } : {}),
    ...(reports.failure ? { failure } : {}),
  }
}
