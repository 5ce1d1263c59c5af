import type { ForwardPath } from '../address/path.ts'
import { andThen, type Soon } from '../base/result.ts'
import type { Account, Directory, Lead } from '../directory/directory.ts'
import type { Whereto } from '../post/whereto.ts'
import { InboundPort } from '../receive/inbound.ts'
import type { InboundOptions } from '../receive/inbound-options.ts'
import type { Port } from '../receive/port.ts'
import type { RecipientAdmission } from '../receive/recipient.ts'

/** Who has what was caught. Its name is no address: nobody can write to it, or be it. */
export const caughtAccount: Account = { id: 'caught', address: 'caught' }

/**
 * Takes letters for everybody, from everybody, and after any login. Whoever lives here gets theirs as
 * on any port 25; all else is caught: filed in one account, judged as if it had arrived, and never
 * refused for that. A letter for both is judged as that of whoever lives here.
 */
export function catchingPort(options: InboundOptions): Port {
  const { directory, admission } = options
  const inbound = new InboundPort({
    ...options,
    directory: {
      lead: (path) => leadOrCaught(directory, path),
      signingKeys: (domain) => directory.signingKeys(domain),
    },
    admission: admission === undefined ? undefined : sparing(admission),
    caught: (recipients) => recipients.every(({ to }) => isCaught(to)),
  })
  return {
    direction: inbound.direction,
    keepsRefused: inbound.keepsRefused,
    login: () => Promise.resolve(undefined),
    sender: (envelope) => inbound.sender(envelope),
    closed: () => {},
  }
}

/** A directory of nobody: every address is one that is caught. */
function leadOrCaught(
  directory: Pick<Directory, 'lead'>,
  path: ForwardPath,
): Soon<Lead & { readonly type: 'mailbox' }> {
  return andThen(directory.lead(path), (lead) => (lead.type === 'mailbox' ? lead : caught))
}

const caught = { type: 'mailbox', accounts: [caughtAccount] } as const

/** Whoever has a word about recipients has none about those that are caught. */
function sparing(admission: RecipientAdmission): RecipientAdmission {
  return {
    refusal: (asked, lead) => (isCaught(lead) ? undefined : admission.refusal(asked, lead)),
  }
}

function isCaught(to: Whereto): boolean {
  if (to.type !== 'mailbox') return false
  return to.accounts.every(({ address }) => address === caughtAccount.address)
}
