import type { AccountChange, AccountPort } from './ports/accounts.ts'
import type { CredentialChange } from './ports/credentials.ts'
import type { Operation, Results } from './operations.ts'
import type { Store } from './ports/store.ts'
import type { ReadPorts } from './reads.ts'

/** Has an operation carried out, and gives what it gives when that is durable. */
export type Submit = <T extends Operation['type']>(
  operation: Extract<Operation, { readonly type: T }>,
) => Promise<Results[T]>

/** The ports that write, beside those that read: all but the way in and what concerns its octets. */
export type WritingPorts = Pick<
  Store,
  | 'queue'
  | 'mailboxes'
  | 'accounts'
  | 'keys'
  | 'acts'
  | 'apiKeys'
  | 'secondFactors'
  | 'receipts'
  | 'register'
  | 'journeys'
  | 'messages'
  | 'counts'
  | 'changesBehind'
>

/**
 * @param settle brings settlements into the store; their notifications may be long
 */
export function writingPorts(
  submit: Submit,
  read: ReadPorts,
  { settle }: Pick<Store['queue'], 'settle'>,
): WritingPorts {
  return {
    journeys: read.journeys,
    receipts: read.receipts,
    messages: read.messages,
    counts: () => read.counts(),
    changesBehind: (query) => read.changesBehind(query),
    queue: {
      ...read.queue,
      lease: (request) => submit<'lease'>({ type: 'lease', request }),
      take: (request) => submit<'take'>({ type: 'take', request }),
      settle,
      releaseLeases: (of) =>
        submit<'releaseLeases'>({ type: 'releaseLeases', ...(of === undefined ? {} : { of }) }),
      hold: (queueIds, how) =>
        submit<'hold'>({ type: 'hold', queueIds, ...(how === undefined ? {} : { how }) }),
      release: (queueIds, nextAttemptAt, told = []) =>
        submit<'release'>({ type: 'release', queueIds, nextAttemptAt, told }),
      nextDueAt: () => submit<'nextDueAt'>({ type: 'nextDueAt' }),
    },
    mailboxes: {
      ...read.mailboxes,
      setFlags: (change) => submit<'setFlags'>({ type: 'setFlags', change }),
      remove: (removal) => submit<'removeMail'>({ type: 'removeMail', removal }),
    },
    accounts: accountPort(read, (change) => {
      return submit<'changeAccounts'>({ type: 'changeAccounts', change })
    }),
    keys: {
      list: (domain) => read.keys.list(domain),
      put: (key) => submit<'putDkimKey'>({ type: 'putDkimKey', key }),
    },
    acts: {
      list: (query) => read.acts.list(query),
      put: (act) => submit<'putAct'>({ type: 'putAct', act }),
    },
    register: {
      ...read.register,
      put: (entries) => submit<'putRegister'>({ type: 'putRegister', entries }),
      remove: (kind, keys) => submit<'removeRegister'>({ type: 'removeRegister', kind, keys }),
    },
    ...credentialPorts(read, (change) => {
      return submit<'changeCredentials'>({ type: 'changeCredentials', change })
    }),
  }
}

function credentialPorts(
  { apiKeys, secondFactors }: ReadPorts,
  write: (change: CredentialChange) => Promise<number>,
): Pick<Store, 'apiKeys' | 'secondFactors'> {
  const done = async (change: CredentialChange): Promise<boolean> => (await write(change)) === 1
  return {
    apiKeys: {
      ...apiKeys,
      add: async (key) => void (await write({ type: 'add-key', key })),
      used: async (id, at) => void (await write({ type: 'use-key', id, at })),
      remove: (id) => done({ type: 'remove-key', id }),
    },
    secondFactors: {
      ...secondFactors,
      put: async (factor) => void (await write({ type: 'put-factor', factor })),
      spend: (who, code) => done({ type: 'spend-code', who, code }),
      remove: (who) => done({ type: 'remove-factor', who }),
    },
  }
}

function accountPort(
  { accounts: read }: ReadPorts,
  write: (change: AccountChange) => Promise<number>,
): AccountPort {
  const remove = async (
    type: 'remove-account' | 'remove-alias' | 'remove-domain',
    name: string,
  ): Promise<boolean> => (await write({ type, name })) === 1
  return {
    ...read,
    putAccount: (account) => write({ type: 'put-account', account }),
    removeAccount: (address) => remove('remove-account', address),
    putAlias: (alias) => write({ type: 'put-alias', alias }),
    removeAlias: (address) => remove('remove-alias', address),
    putDomain: (domain) => write({ type: 'put-domain', domain }),
    removeDomain: (name) => remove('remove-domain', name),
  }
}
