import { isAddressLiteral } from '../address/address-literal.ts'
import { formatMailbox, type Mailbox, parseMailbox } from '../address/mailbox.ts'
import type { DkimSigningKey } from '../dkim/dkim.ts'
import type { DecisionRules } from '../inspect/decide.ts'
import { checkPassword } from '../io/password.ts'
import type { House, RecipientAnswer, UserAccount } from '../receive/house.ts'
import { notInLab, replies } from '../receive/replies.ts'
import type { Account, Directory } from './directory.ts'
import type { Greylist } from './greylist.ts'

/** What a house is made of. */
export interface HousePlan {
  readonly hostname: string
  readonly mode: 'lab' | 'live'
  readonly directory: Directory
  readonly rules: DecisionRules
  readonly limits: House['limits']
  /** Absent: lenient. */
  readonly addresses?: House['addresses']
  /** Absent: no. */
  readonly receivedSpf?: boolean
  /** Absent: strangers need not come twice. */
  readonly greylist?: Pick<Greylist, 'mustWait'>
  /** In the lab: who lives here, said to strangers who write to nobody. */
  readonly people?: readonly string[]
  /** In the lab: domains that there are; mail for any other is refused with a reason. */
  readonly reachable?: (domain: string) => boolean
  readonly signingKeys: (domain: string) => readonly DkimSigningKey[]
  /** Unix milliseconds. */
  readonly now: () => number
}

/** The rules of one server: who lives here, who may send, and where mail for others goes. */
export function makeHouse(plan: HousePlan): House {
  const { directory, greylist } = plan
  return {
    hostname: plan.hostname,
    mode: plan.mode,
    rules: plan.rules,
    limits: plan.limits,
    addresses: plan.addresses ?? 'lenient',
    receivedSpf: plan.receivedSpf ?? false,
    signingKeys: plan.signingKeys,
    recipient({ path, by, ip, mailFrom }): RecipientAnswer {
      if (path.type === 'postmaster') return filedFor(directory.postmaster())
      const { mailbox } = path
      if (!directory.isLocal(mailbox.domain)) return elsewhere(plan, mailbox, by)
      const answer = filedFor(directory.find(mailbox))
      if (answer.type === 'refused') return naming(plan, answer)
      const rcptTo = formatMailbox(mailbox)
      if (by === 'stranger' && greylist?.mustWait({ ip, mailFrom, rcptTo, now: plan.now() })) {
        return { type: 'refused', reply: replies.greylisted }
      }
      return answer
    },
    isOurs(address) {
      const mailbox = parseMailbox(address)
      return mailbox.ok && directory.isLocal(mailbox.value.domain)
    },
    async login(name, password) {
      const account = directory.login(name)
      const right = await checkPassword(password, account?.passwordHash)
      return right && account !== undefined ? { address: account.address } : undefined
    },
    accountsOf: (address) => directory.findAddress(address).map((account) => account.address),
    maySendAs(user: UserAccount, mailbox: Mailbox) {
      const account = directory.login(user.address)
      return account !== undefined && directory.maySendAs(account, mailbox)
    },
  }
}

function filedFor(accounts: readonly Account[]): RecipientAnswer {
  const [first, ...others] = accounts.map(({ address }) => address)
  if (first === undefined) return { type: 'refused', reply: replies.noSuchMailbox }
  return { type: 'mailbox', accounts: [first, ...others] }
}

/** A refusal that says whom there is to write to, where that is no secret. */
function naming(
  { people = [] }: HousePlan,
  { type, reply }: RecipientAnswer & { readonly type: 'refused' },
): RecipientAnswer {
  const [words = ''] = reply.lines
  if (people.length === 0) return { type, reply }
  return { type, reply: { ...reply, lines: [`${words} The lab has ${people.join(', ')}.`] } }
}

/** Mail for somebody else: our users may send it, strangers may not. */
function elsewhere(plan: HousePlan, mailbox: Mailbox, by: 'stranger' | 'user'): RecipientAnswer {
  if (by === 'stranger') return naming(plan, { type: 'refused', reply: replies.noRelaying })
  const { domain } = mailbox
  const known = plan.reachable ?? (() => true)
  if (isAddressLiteral(domain) ? plan.mode === 'lab' : !known(domain)) {
    return { type: 'refused', reply: notInLab(domain) }
  }
  return { type: 'remote', recipient: formatMailbox(mailbox), destination: domain }
}
