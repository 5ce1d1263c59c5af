import { RecipientCheck, type RecipientCheckOptions } from '../deliver/recipient-check.ts'
import type { NamedWays } from '../deliver/way.ts'
import type { RecipientAdmission } from '../receive/recipient.ts'
import { replies } from '../receive/replies.ts'
import type { Reply } from '../smtp/reply.ts'

/**
 * Whether addresses of domains that are handed on are somebody's: their server is asked while the
 * sender waits. Of all other addresses it has no word.
 */
export function askTheirServer(
  ways: NamedWays,
  options: RecipientCheckOptions,
): RecipientAdmission {
  const check = new RecipientCheck(options)
  return {
    onlyUsers: true,
    async refusal(_asked, lead) {
      if (lead.type !== 'remote' || lead.unknown !== true) return undefined
      const named = ways.to(lead.destination)
      if (named === undefined) return replies.mailboxUnknown
      const word = await check.ask(lead.recipient, named)
      switch (word.type) {
        case 'taken':
          return undefined
        case 'refused':
          return inOurWords(word.reply)
        case 'unknown':
          return replies.mailboxUnknown
      }
    },
  }
}

/** RFC 3463 §3.3: whether it is full, or there is none. The other server's words are its own affair. */
function inOurWords({ code, enhanced }: Reply): Reply {
  const full = enhanced?.endsWith('.2.2') === true
  if (code < 500) return full ? replies.mailboxFullNow : replies.mailboxUnknown
  return full ? replies.mailboxFull : replies.noSuchMailbox
}
