import { createRoute, z } from '@hono/zod-openapi'
import { WaybillError } from '../../base/error.ts'
import { perform } from '../../desk/act.ts'
import type { Archives } from '../../desk/archives.ts'
import { mailDelete } from '../../desk/mail.ts'
import type { MailPlace } from '../../store/ports/mailboxes.ts'
import type { Api } from '../api-types.ts'
import { actorOf, type DeskPlace } from '../desk-place.ts'
import { answer, body } from '../route-parts.ts'

const remove = createRoute({
  method: 'post',
  path: '/v1/messages/delete',
  summary: 'Takes messages out of all mailboxes, where the server lets people; journeys stay',
  request: body(
    z.object({
      ids: z.array(z.string().max(1000)).min(1).max(500).describe('Of journeys'),
      reason: z.string().max(1000).default('').describe('For the audit'),
    }),
  ),
  responses: answer(
    'What is gone',
    z.object({
      count: z.number().describe('Messages'),
      copies: z.number().describe('In so many places of mailboxes'),
    }),
  ),
})

/** Deletes messages from mailboxes. */
export function messageDeleteRoutes(
  api: Api,
  archives: Archives,
  place: Pick<DeskPlace<unknown>, 'acts' | 'now'>,
): void {
  api.openapi(remove, async (c) => {
    const { ids, reason: why } = c.req.valid('json')
    const actor = { ...actorOf(c), why }
    let [count, copies] = [0, 0]
    for (const id of new Set(ids)) {
      const { archive, stored, record } = await archives.find(id)
      const { mailboxes, reads } = archive
      if (mailboxes === undefined) throw notHere()
      const accounts = record.steps.flatMap((step) => (step.type === 'filed' ? [step.account] : []))
      const items: MailPlace[] = []
      for (const account of new Set(accounts)) {
        const rows = await reads.mailboxes.items({ account })
        items.push(...rows.filter(({ journeyId }) => journeyId === stored.id))
      }
      if (items.length === 0) continue
      const desk = { mail: { mailboxes, now: place.now } }
      const input = { items, ids: [stored.id] }
      copies += await perform(mailDelete, { ...place, desk }, { input, actor })
      count++
    }
    return c.json({ count, copies }, 200)
  })
}

function notHere(): WaybillError {
  return new WaybillError('usage', 'Mail of this server is not deleted over HTTP.', {
    hint: 'It belongs to its accounts; waybill mail delete takes messages out.',
  })
}
