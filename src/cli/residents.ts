import { settledResidents } from '../app/people.ts'
import { readConfig } from '../config/config.ts'
import type { Settings } from '../config/settings.ts'
import type { AccountPart } from '../desk/account-operations.ts'
import { AccountDesk, residentsOf } from '../desk/accounts.ts'
import type { Operation } from '../desk/act.ts'
import { InTurn } from '../desk/in-turn.ts'
import { publishDomain } from '../desk/publish.ts'
import type { KnownResidents, ResidentParts } from '../desk/residents.ts'
import { systemClock } from '../io/clock.ts'
import type { Store } from '../store/ports/store.ts'
import { atDesk, type WhyOption } from './at-desk.ts'
import { storedIn } from './stored.ts'

/** The options of all commands about accounts, aliases and domains. */
export interface ResidentOptions extends WhyOption {
  readonly config: string
  readonly json?: boolean
}

/** All who live here, as the settings file and the store have it now. */
export async function residentsIn(config: string): Promise<KnownResidents> {
  const settled = settledResidents(readConfig(config))
  const known = await storedIn(config, ({ accounts }) => residentsOf(accounts, settled))
  return known ?? (await residentsOf(noStore, settled))
}

/** How many messages lie in the mailboxes of an address, which may have had another owner. */
export async function messagesAt(config: string, address: string): Promise<number> {
  const mailboxes = await storedIn(config, (reads) => reads.mailboxes.list(address))
  return (mailboxes ?? []).reduce((sum, { messages }) => sum + messages, 0)
}

const noStore = {
  accounts: () => Promise.resolve([]),
  aliases: () => Promise.resolve([]),
  domains: () => Promise.resolve([]),
}

/** What is changed of those who live here, and where. */
interface Change<Part, Input, Result> {
  readonly operation: Operation<Part, Input, Result>
  readonly input: Input
  readonly options: ResidentOptions
  /** The part of the desk that it needs. */
  readonly desk: (
    store: Store,
    parts: Omit<ResidentParts<unknown>, 'port'>,
    settings: Settings,
  ) => Part
}

/** Changes what belongs to those who live here, by the server that runs or in its data folder. */
export async function changeOf<Part, Input, Result>(
  change: Change<Part, Input, Result>,
): Promise<Result> {
  const { operation, input, options, desk } = change
  const { config, why } = options
  const settings = readConfig(config)
  return await atDesk(operation, input, {
    opening: { folder: settings.data },
    // Who lives here may be said before the first start.
    begins: true,
    desk: (store) => {
      const parts = {
        residents: () => residentsOf(store.accounts, settledResidents(settings)),
        now: () => systemClock.now(),
        turn: new InTurn(),
      }
      return desk(store, parts, settings)
    },
    ...(why === undefined ? {} : { why }),
  })
}

/** Changes who lives here. */
export function changeResidents<Input, Result>(
  operation: Operation<AccountPart, Input, Result>,
  input: Input,
  options: ResidentOptions,
): Promise<Result> {
  return changeOf({
    operation,
    input,
    options,
    desk: (store, { now, turn }, settings) => ({
      residents: new AccountDesk({
        port: store.accounts,
        settled: () => settledResidents(settings),
        publish: (domain) => publishDomain(store, domain, { ...settings, now: now() }),
        now,
        turn,
      }),
    }),
  })
}
