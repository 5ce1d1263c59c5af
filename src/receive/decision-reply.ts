import type { Decision } from '../inspect/decide.ts'
import type { Evaluation } from '../inspect/inspection.ts'
import type { Reply } from '../smtp/reply.ts'
import { dmarcRefusal, replies } from './replies.ts'

/** What the sender hears of a decision. */
export function replyFor({ action, askedFor }: Decision, { dmarc }: Evaluation): Reply {
  switch (action) {
    case 'refuse': {
      const { authorDomain } = dmarc
      const asked = askedFor ?? 'reject'
      return authorDomain === null ? replies.noAuthor : dmarcRefusal(authorDomain, asked)
    }
    case 'defer':
      return replies.cannotTellNow
    case 'deliver':
      return replies.filed
    case 'mark-as-spam':
      return replies.filedAsSpam
  }
}
