import { settledResidents } from '../app/people.ts'
import { readConfig } from '../config/config.ts'
import type { AccountPart } from '../desk/account-operations.ts'
import { AccountDesk, residentsOf } from '../desk/accounts.ts'
import type { Operation } from '../desk/act.ts'
import { InTurn } from '../desk/in-turn.ts'
import { publishDomain } from '../desk/publish.ts'
import type { KnownResidents } from '../desk/residents.ts'
import { systemClock } from '../io/clock.ts'
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

/** Changes who lives here, by the server that runs or in its data folder. */
export async function changeResidents<Input, Result>(
  operation: Operation<AccountPart, Input, Result>,
  input: Input,
  { config, why }: ResidentOptions,
): Promise<Result> {
  const settings = readConfig(config)
  const now = (): number => systemClock.now()
  return await atDesk(operation, input, {
    opening: { folder: settings.data },
    desk: (store) => ({
      residents: new AccountDesk({
        port: store.accounts,
        settled: () => settledResidents(settings),
        publish: (domain) => publishDomain(store, domain, { ...settings, now: now() }),
        now,
        turn: new InTurn(),
      }),
    }),
    ...(why === undefined ? {} : { why }),
  })
}
