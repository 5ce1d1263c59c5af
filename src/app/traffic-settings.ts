import type { Settings } from '../config/settings.ts'
import type { DestinationSettings } from '../config/tables/destination.ts'
import type { QuietHours } from '../queue/quiet-hours.ts'
import type { Rate } from '../queue/rate.ts'
import type { TrafficPlan } from '../queue/traffic-plan.ts'

/** How much may go when, as the tables `[[destination]]` and `[[sender]]` have it. */
export function trafficPlan({
  destination: destinations,
  sender: senders,
}: Pick<Settings, 'destination' | 'sender'>): TrafficPlan {
  return {
    destinations: destinations.map((table) => {
      const { domains, mail_servers: servers, connections } = table
      const quiet = quietHours(table)
      return {
        name: nameOf([...domains, ...servers]),
        domains,
        servers,
        rates: rates(table),
        ...(connections === undefined ? {} : { connections }),
        ...(quiet === undefined ? {} : { quiet }),
      }
    }),
    senders: senders.map((table) => {
      const addresses = table.addresses.map((one) => one.toLowerCase())
      const accounts = table.accounts.map((one) => one.toLowerCase())
      return { name: nameOf([...addresses, ...accounts]), addresses, accounts, rates: rates(table) }
    }),
  }
}

/** What was counted for a table counts on when the settings are read again, if it names the same. */
function nameOf(names: readonly string[]): string {
  return names.toSorted().join(',')
}

function rates(table: {
  readonly per_minute?: number | undefined
  readonly per_hour?: number | undefined
}): readonly Rate[] {
  const { per_minute: minute, per_hour: hour } = table
  return [
    ...(minute === undefined ? [] : [{ count: minute, perMs: 60_000 }]),
    ...(hour === undefined ? [] : [{ count: hour, perMs: 3_600_000 }]),
  ]
}

function quietHours(table: DestinationSettings): QuietHours | undefined {
  const { quiet_from: from, quiet_until: to, quiet_zone: zone } = table
  if (from === undefined || to === undefined) return undefined
  return { from: minutes(from), to: minutes(to), zone }
}

function minutes(time: string): number {
  const [hours = '', rest = ''] = time.split(':')
  return Number(hours) * 60 + Number(rest)
}
