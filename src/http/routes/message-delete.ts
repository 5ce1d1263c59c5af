import { createRoute, z } from '@hono/zod-openapi'
import { WaybillError } from '../../base/error.ts'
import { perform } from '../../desk/act.ts'
import type { Archive, Archives } from '../../desk/archives.ts'
import { mailDelete } from '../../desk/mail.ts'
import { readRecord } from '../../journey/record.ts'
import type { MailPlace } from '../../store/ports/mailboxes.ts'
import type { Api } from '../api-types.ts'
import { actorOf, type DeskPlace } from '../desk-place.ts'
import { answer, body, reason } from '../route-parts.ts'

const remove = createRoute({
  method: 'post',
  path: '/v1/messages/delete',
  summary: 'Takes messages out of all mailboxes, where the server lets people; journeys stay',
  request: body(
    z.object({
      ids: z.array(z.string().max(1000)).min(1).max(500).describe('Of journeys'),
      reason,
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
    const actor = actorOf(c, why)
    let [count, copies] = [0, 0]
    const placesOf = mailPlaces()
    const looked = new Set<string>()
    for (const id of ids) {
      const { archive, stored } = await archives.locate(id)
      if (looked.has(stored.id)) continue
      looked.add(stored.id)
      const record = readRecord(stored.json, stored.appended)
      const { mailboxes } = archive
      if (mailboxes === undefined) throw notHere()
      const accounts = record.steps.flatMap((step) => (step.type === 'filed' ? [step.account] : []))
      const items: MailPlace[] = []
      for (const account of new Set(accounts)) {
        items.push(...((await placesOf(archive, account)).get(stored.id) ?? []))
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

/** Where the messages of an account lie, by their journeys: read once, however many are meant. */
function mailPlaces(): (
  archive: Archive,
  account: string,
) => Promise<ReadonlyMap<string, readonly MailPlace[]>> {
  const known = new Map<string, Promise<ReadonlyMap<string, readonly MailPlace[]>>>()
  return ({ name, reads }, account) => {
    const key = JSON.stringify([name, account])
    const places =
      known.get(key) ??
      reads.mailboxes
        .items({ account })
        .then((rows) => Map.groupBy(rows, ({ journeyId }) => journeyId))
    known.set(key, places)
    return places
  }
}

function notHere(): WaybillError {
  return new WaybillError('usage', 'Mail of this server is not deleted over HTTP.', {
    hint: 'It belongs to its accounts; waybill mail delete takes messages out.',
  })
}
