import type { Clock } from '../base/clock.ts'
import type { AccountPart } from '../desk/account-operations.ts'
import type { RecordToPublish } from '../desk/dns-records.ts'
import type { FreshResolver, KeyPart } from '../desk/keys.ts'
import type { ReportPart } from '../desk/reports.ts'
import type { KnownResidents } from '../desk/residents.ts'
import type { ReadPorts } from '../store/reads.ts'
import type { DeskPlace } from './desk-place.ts'
import { problem, ProblemError } from './problem.ts'

/** Who lives at one server, and what DNS must say of it. */
export interface ManagedSite {
  /** As its archive is called. */
  readonly name: string
  /** What stands for the settings file, where people cannot change what is there. */
  readonly settled: 'settings' | 'lab'
  readonly hostname: () => string
  readonly reads: Pick<ReadPorts, 'keys' | 'mailboxes'>
  readonly clock: Pick<Clock, 'now' | 'setTimer'>
  residents(): Promise<KnownResidents>
  records(domain: string): Promise<readonly RecordToPublish[]>
  /** One that remembers nothing of before. */
  openResolver(): Promise<FreshResolver>
  /** Where people change that; absent: they cannot. */
  readonly desk?: DeskPlace<AccountPart & KeyPart>
}

/** What can be managed over HTTP. */
export interface Management {
  readonly sites: readonly ManagedSite[]
  /** Why there is nothing, or why nothing can be changed; empty where all can be. */
  readonly note: string
  readonly reports: DeskPlace<ReportPart>
}

/**
 * Where accounts, aliases, domains and keys are changed.
 *
 * @throws ProblemError where they cannot be
 */
export function changeable({ sites, note }: Management): {
  readonly site: ManagedSite
  readonly place: DeskPlace<AccountPart & KeyPart>
} {
  for (const site of sites) if (site.desk !== undefined) return { site, place: site.desk }
  throw new ProblemError(
    problem(409, 'not-here', { title: 'That cannot be changed here', detail: note }),
  )
}

/** All of a kind at all sites, each with whose it is and where it stands. */
export async function listedAt<T extends { readonly from: string }>(
  { sites }: Management,
  of: (residents: KnownResidents) => readonly T[],
): Promise<(T & { site: string; from: string })[]> {
  const lists = await Promise.all(
    sites.map(async (site) => {
      const { name, settled } = site
      return of(await site.residents()).map((one) => {
        return { ...one, site: name, from: one.from === 'settings' ? settled : one.from }
      })
    }),
  )
  return lists.flat()
}
