import type { Settings } from '../config/settings.ts'
import { AccountDesk } from '../desk/accounts.ts'
import { ApiKeyDesk } from '../desk/api-keys.ts'
import type { InTurn } from '../desk/in-turn.ts'
import { KeyDesk } from '../desk/keys.ts'
import type { Desk } from '../desk/operations.ts'
import { publishDomain } from '../desk/publish.ts'
import { SecondFactorDesk } from '../desk/second-factors.ts'
import { QueueDesk, type QueueDeskParts } from '../desk/queue.ts'
import type { Retention } from '../desk/retention.ts'
import { standingOf } from '../desk/standing.ts'
import { statusOf, type StatusSources } from '../desk/status.ts'
import { storeStatus } from '../desk/store-status.ts'
import { silent } from '../base/log.ts'
import { readPackedLines } from '../io/bundle-file.ts'
import type { Webhooks } from '../hooks/webhooks.ts'
import { systemClock } from '../io/clock.ts'
import type { Store } from '../store/ports/store.ts'
import type { SuppressionList } from '../suppression/suppression-list.ts'
import { settledResidents } from './people.ts'
import { openResolver } from './resolver.ts'

/** What a running server's desk is made of. */
export interface ServerDeskParts {
  readonly folder: string
  readonly store: Store
  readonly suppressions: SuppressionList
  /** As they are now. */
  readonly settings: () => Settings
  readonly retention: Pick<Retention, 'run'>
  readonly queue: Pick<
    QueueDeskParts,
    'forget' | 'giveUp' | 'pauses' | 'roads' | 'rules' | 'withdraw'
  >
  /** What changes keys or who lives here waits for the one before. */
  readonly turn: InTurn
  /** Keys, accounts, aliases or domains have changed: who looks them up looks again. */
  readonly changed: () => Promise<void>
  readonly turns: Desk['turns']
  readonly sites: Desk['sites']
  readonly webhooks: Webhooks
  readonly submit: Desk['submit']
  readonly status: Omit<StatusSources, 'store' | 'clock' | 'hostname' | 'webhooks'>
}

/** The desk of a running server: what people may do there, whatever the door. */
export function serverDesk(parts: ServerDeskParts): Desk {
  const { folder, store, settings, retention, turn, changed, webhooks, status } = parts
  const now = (): number => systemClock.now()
  const residents = new AccountDesk({
    port: store.accounts,
    settled: () => settledResidents(settings()),
    publish: (domain) => publishDomain(store, domain, { ...settings(), now: now() }),
    now,
    turn,
    changed,
  })
  return {
    queue: new QueueDesk({ queue: store.queue, now, canTell: true, ...parts.queue }),
    keys: new KeyDesk({
      store,
      openResolver: () => openResolver(settings(), silent),
      now,
      turn,
      changed,
    }),
    residents,
    secondFactors: new SecondFactorDesk({
      port: store.secondFactors,
      residents: () => residents.residents(),
      now,
      turn,
    }),
    apiKeys: new ApiKeyDesk({
      port: store.apiKeys,
      residents: () => residents.residents(),
      now,
      turn,
    }),
    suppressions: { list: parts.suppressions, register: store.register, clock: systemClock },
    mail: { mailboxes: store.mailboxes, now },
    submit: parts.submit,
    imports: { store, linesOf: (path) => readPackedLines(path) },
    webhooks,
    standing: (destinations) => standingOf(destinations, { ...status, clock: systemClock }),
    turns: (queueIds) => parts.turns(queueIds),
    sites: (destinations) => parts.sites(destinations),
    prune: () => retention.run(),
    status: () =>
      statusOf({
        ...status,
        hostname: () => settings().hostname,
        store: () => storeStatus(store, folder, now()),
        webhooks: () => webhooks.list,
        clock: systemClock,
      }),
  }
}
