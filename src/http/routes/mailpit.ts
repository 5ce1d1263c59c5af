import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { WaybillError } from '../../base/error.ts'
import { displayText, octetsOf } from '../../base/octets.ts'
import { perform } from '../../desk/act.ts'
import type { Archives } from '../../desk/archives.ts'
import { mailDelete } from '../../desk/mail.ts'
import { decodedBody } from '../../mime/body.ts'
import { readParts } from '../../mime/tree.ts'
import { rawValue } from '../../message/field.ts'
import { splitMessage } from '../../message/header-reader.ts'
import type { MailPlace } from '../../store/ports/mailboxes.ts'
import type { Api, ApiEnv } from '../api-types.ts'
import { actorOf, type DeskPlace } from '../desk-place.ts'
import { type BoxedLetter, isRead, MailpitBox } from '../mailpit-box.ts'
import { htmlPolicy, shownHtml } from '../contents/message-html.ts'
import { fileHeaders } from './content.ts'

const page = z.object({
  query: z.string().default(''),
  start: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(0).max(1000).default(50),
})

const chosen = z.object({
  IDs: z.array(z.string()).nullish(),
  Read: z.boolean().nullish(),
  Search: z.string().nullish(),
})

/**
 * What Mailpit's API has at `/api/v1` and `/view`, as far as its helpers for Cypress and Playwright
 * ask for it: lists, search, a message and its parts, deleting, marking as read. The letters are those
 * that lie in mailboxes; their ids are those of their journeys. Each deletion leaves one act.
 */
export function mailpitRoutes(api: Api, archives: Archives, place: Place): void {
  const box = new MailpitBox(archives)
  const get = (path: string, run: (c: Context<ApiEnv>) => Promise<Response>): void => {
    api.get(path, (c) => orError(c, () => run(c)))
  }

  get('/api/v1/messages', async (c) => c.json(await listed(box, c.req.query())))
  get('/api/v1/search', async (c) => c.json(await listed(box, c.req.query())))
  get('/api/v1/message/:id', async (c) => {
    const letter = await box.letter(c.req.param('id') ?? '')
    await mark([letter], true)
    const { Snippet: _, Received: __, ...message } = await box.message(letter)
    return c.json({ ID: letter.id, ...message, ListUnsubscribe: noList })
  })
  get('/api/v1/message/:id/headers', async (c) => {
    const { header } = splitMessage(await box.octets(await box.letter(c.req.param('id') ?? '')))
    const headers: Record<string, string[]> = {}
    for (const field of header.fields) {
      const value = displayText(octetsOf(rawValue(field))).trim()
      ;(headers[titled(field.name)] ??= []).push(value)
    }
    return c.json(headers)
  })
  get('/api/v1/message/:id/raw', async (c) => {
    const octets = await box.octets(await box.letter(c.req.param('id') ?? ''))
    return c.body(new Uint8Array(octets), 200, { 'content-type': 'text/plain; charset=utf-8' })
  })
  get('/api/v1/message/:id/part/:part', async (c) => {
    const octets = await box.octets(await box.letter(c.req.param('id') ?? ''))
    const part = readParts(octets).parts[Number(c.req.param('part'))]
    if (part === undefined) throw new WaybillError('not-found', 'part not found')
    return c.body(new Uint8Array(decodedBody(octets, part)), 200, fileHeaders(part))
  })
  get('/api/v1/info', async (c) => {
    const letters = await box.letters()
    const unread = letters.filter((letter) => !isRead(letter)).length
    return c.json({ Version: 'waybill', Messages: letters.length, Unread: unread, Tags: {} })
  })
  get('/view/:file{.+\\.(?:html|txt)}', async (c) => {
    const [, id = '', form] = /^(.+)\.(html|txt)$/.exec(c.req.param('file') ?? '') ?? []
    const letter = await box.letter(id)
    const { HTML, Text } = await box.message(letter)
    if (form === 'txt') return c.text(Text)
    const octets = await box.octets(letter)
    c.header('content-security-policy', htmlPolicy(false))
    const { parts } = readParts(octets)
    return c.html(shownHtml(HTML, { message: octets, parts, remote: false }))
  })
  api.delete('/api/v1/messages', (c) =>
    orError(c, async () => {
      const { IDs: ids } = await bodyOf(c)
      const letters = await box.letters()
      await remove(c, among(letters, ids), place)
      return c.text('ok')
    }),
  )
  api.delete('/api/v1/search', (c) =>
    orError(c, async () => {
      const query = c.req.query('query') ?? ''
      if (query.trim() === '') throw new WaybillError('usage', 'no search query')
      await remove(c, await box.search(query), place)
      return c.text('ok')
    }),
  )
  api.put('/api/v1/messages', (c) =>
    orError(c, async () => {
      const { IDs: ids, Read: read, Search: query } = await bodyOf(c)
      const all = query == null || query === '' ? await box.letters() : await box.search(query)
      await mark(among(all, ids), read === true)
      return c.text('ok')
    }),
  )
}

type Place = Pick<DeskPlace<unknown>, 'acts' | 'now'>

const noList = { Header: '', HeaderPost: '', Links: [], Errors: '' }

async function listed(box: MailpitBox, asked: unknown): Promise<object> {
  const { query, start, limit } = page.parse(asked)
  const all = await box.letters()
  const found = query.trim() === '' ? all : await box.search(query)
  const messages = await Promise.all(
    found.slice(start, start + limit).map(async (letter) => {
      const {
        Text: _,
        HTML: __,
        Inline: ___,
        Date: ____,
        Received: created,
        Attachments,
        ReturnPath: _____,
        ...message
      } = await box.message(letter)
      return {
        ID: letter.id,
        ...message,
        Read: isRead(letter),
        Created: created,
        Attachments: Attachments.length,
      }
    }),
  )
  const unread = (letters: readonly BoxedLetter[]): number => {
    return letters.filter((letter) => !isRead(letter)).length
  }
  return {
    total: all.length,
    unread: unread(all),
    count: messages.length,
    messages_count: found.length,
    messages_unread: unread(found),
    start,
    tags: [],
    messages,
  }
}

/** Those with these ids; none is named: all. */
function among(
  letters: readonly BoxedLetter[],
  ids: readonly string[] | null | undefined,
): readonly BoxedLetter[] {
  if (ids == null || ids.length === 0) return letters
  const named = new Set(ids)
  return letters.filter(({ id }) => named.has(id))
}

/** All at once: each removal is a commit. */
async function remove(
  c: Context<ApiEnv>,
  letters: readonly BoxedLetter[],
  place: Place,
): Promise<void> {
  const { acts, now } = place
  const removeAll = async (at: number): Promise<number> => {
    let copies = 0
    for (const [{ mailboxes }, some] of Map.groupBy(letters, (letter) => letter.archive)) {
      copies += (await mailboxes?.remove({ items: some.flatMap(placesOf), at })) ?? 0
    }
    return copies
  }
  const desk = { mail: { mailboxes: { remove: ({ at }: { at: number }) => removeAll(at) }, now } }
  const input = { items: letters.flatMap(placesOf), ids: letters.map(({ id }) => id) }
  await perform(mailDelete, { desk, acts, now }, { input, actor: actorOf(c) })
}

function placesOf({ rows }: BoxedLetter): readonly MailPlace[] {
  return rows.map(({ account, mailbox, uid }) => ({ account, mailbox, uid }))
}

async function mark(letters: readonly BoxedLetter[], read: boolean): Promise<void> {
  const how = read ? 'add' : 'remove'
  for (const [archive, some] of Map.groupBy(letters, (letter) => letter.archive)) {
    const rows = some.flatMap((letter) => letter.rows)
    for (const [mailbox, theirs] of Map.groupBy(rows, ({ mailboxId }) => mailboxId)) {
      const uids = theirs.map(({ uid }) => uid)
      await archive.mailboxes?.setFlags({ mailbox, uids, how, flags: ['\\Seen'] })
    }
  }
}

async function bodyOf(c: Context<ApiEnv>): Promise<z.infer<typeof chosen>> {
  const text = await c.req.text()
  return text.trim() === '' ? {} : chosen.parse(JSON.parse(text))
}

/** As Mailpit tells what went wrong. */
async function orError(c: Context<ApiEnv>, run: () => Promise<Response>): Promise<Response> {
  try {
    return await run()
  } catch (problem) {
    if (problem instanceof z.ZodError || problem instanceof SyntaxError) {
      return c.json({ Error: 'invalid request' }, 400)
    }
    if (!(problem instanceof WaybillError)) throw problem
    return c.json({ Error: problem.message }, problem.code === 'not-found' ? 404 : 400)
  }
}

/** `message-id` as `Message-Id`, which is how Go writes it. */
function titled(name: string): string {
  return name.replace(/(?:^|-)[a-z]/g, (letter) => letter.toUpperCase())
}
