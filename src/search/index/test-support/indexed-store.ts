import assert from 'node:assert/strict'
import type { JourneyRecord } from '../../../journey/record.ts'
import type { Step } from '../../../journey/steps.ts'
import { acceptance, journey, message, now } from '../../../store/contract-cases.ts'
import { dataFolder } from '../../../store/data-folder.ts'
import type { Store } from '../../../store/ports/store.ts'
import type { Database } from '../../../store/sqlite/database.ts'
import { openReads, portsHere, type SqliteReads } from '../../../store/sqlite/sqlite-reader.ts'
import { openSqliteStore } from '../../../store/sqlite/sqlite-store.ts'
import { testFolder } from '../../../store/test-folder.ts'
import { parseQuery } from '../../query.ts'
import type { FoundMessages, SearchPage } from '../../scan.ts'
import { answerFromIndex } from '../answer.ts'
import { type FollowedStore, Follower } from '../follower.ts'
import { openIndex } from '../index-file.ts'

/** A store with its index, both on this thread. */
export interface Indexed {
  readonly store: Store
  readonly followed: FollowedStore & { readonly reads: SqliteReads }
  readonly path: string
  readonly database: Database
  readonly follow: () => Promise<void>
  readonly ask: (text: string, page?: SearchPage) => Promise<FoundMessages | undefined>
  readonly ids: (text: string) => Promise<readonly string[] | undefined>
}

/** Runs a test over a store with an index that is not begun. */
export async function withIndex(
  run: (indexed: Indexed) => Promise<void>,
  changesKept = 5000,
): Promise<void> {
  const { folder, remove } = testFolder()
  const store = await openSqliteStore({ folder, changesKept })
  const reads = openReads({ folder, busyTimeoutMs: 1000 })
  const followed = { reads, ports: portsHere(reads, folder) }
  const path = dataFolder(folder).search
  const database = openIndex(path)
  const ask = async (text: string, page: SearchPage = { limit: 1000 }) => {
    const query = parseQuery(text, now)
    assert.ok(query.ok, text)
    return await answerFromIndex(database, followed, query.value, page)
  }
  try {
    await run({
      store,
      followed,
      path,
      database,
      ask,
      follow: () => follow(database, followed),
      ids: async (text) => (await ask(text))?.rows.map(({ id }) => id),
    })
  } finally {
    database.close()
    reads.close()
    await store.close()
    remove()
  }
}

/** Follows the store until the index is where it is. */
export async function follow(database: Database, followed: FollowedStore): Promise<void> {
  const follower = new Follower(database, followed)
  while ((await follower.step()) === 'more');
}

/** What a letter of a test is like. */
export interface Letter {
  readonly subject: string
  readonly text: string
  readonly from: string
  readonly to: readonly string[]
  readonly author: string
  readonly cc: string
  readonly attachment: boolean
  readonly status: 'delivered' | 'quarantined' | 'refused'
  readonly ip: string
  readonly helo: string
  readonly login: string
  readonly code: number
  readonly enhanced: string
  readonly octets: number
  readonly tookMs: number
  readonly tls: string
  readonly startedAt: number
}

const plain: Letter = {
  subject: 'Hello',
  text: 'some words',
  from: 'anna@north.example',
  to: ['bob@south.example'],
  author: 'anna@north.example',
  cc: '',
  attachment: false,
  status: 'delivered',
  ip: '192.0.2.1',
  helo: 'Client.example',
  login: '',
  code: 250,
  enhanced: '2.0.0',
  octets: 100,
  tookMs: 10,
  tls: '',
  startedAt: now,
}

/** A letter comes, of which nothing is in doubt but what is given. */
export async function put(store: Store, id: string, given: Partial<Letter> = {}): Promise<void> {
  const letter = { ...plain, ...given }
  const { subject, startedAt, from: mailFrom, to: rcptTo, status, ip, login, author } = letter
  const common = { startedAt, durationMs: 0, dns: [] }
  const filed: Step = {
    ...common,
    type: 'filed',
    account: letter.to[0] ?? '',
    recipient: letter.to[0] ?? '',
    mailbox: status === 'quarantined' ? 'Junk' : 'Inbox',
  }
  const steps: Step[] = [
    { ...common, type: 'message', octets: letter.octets, sha256: '', problem: undefined },
    { ...common, type: 'message', octets: 1, sha256: '', problem: undefined },
    ...(status === 'refused' ? [] : [filed]),
  ]
  if (letter.tls !== '') steps.push({ ...common, type: 'tls', protocol: letter.tls, cipher: 'X' })
  const [first] = steps
  if (first !== undefined) steps[0] = { ...first, durationMs: letter.tookMs }
  const smtp = { code: letter.code, enhanced: letter.enhanced, text: '', atCommand: 'DATA' }
  const record: JourneyRecord = {
    schema: 'waybill.record/1',
    id,
    direction: 'in',
    mode: 'live',
    host: 'mx.example',
    startedAt,
    envelope: { ip, helo: letter.helo, mailFrom, rcptTo, ...(login === '' ? {} : { login }) },
    outcome: { status, smtp, because: [] },
    steps,
    conversation: [],
    replay: undefined,
    subject,
    messageId: '',
    author,
  }
  const lines = [
    `Subject: x`,
    ...(letter.cc === '' ? [] : [`Cc: ${letter.cc}`]),
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain; charset=utf-8',
    '',
    letter.text,
    '--b',
    'Content-Type: text/plain',
    `Content-Disposition: ${letter.attachment ? 'attachment' : 'inline'}`,
    '',
    '--b--',
  ]
  const recipients = letter.to.map((address, at) => ({
    address,
    status,
    accounts: at === 0 && status !== 'refused' ? address : '',
  }))
  const stored = journey(id, {
    startedAt,
    status,
    mailFrom,
    rcptTo,
    subject,
    ip,
    login,
    author,
    recipients,
    messageId: `m-${id}`,
    json: JSON.stringify(record),
  })
  await store.post.accept(
    acceptance({ message: message(`m-${id}`, lines.join('\r\n')), journeys: [stored] }),
  )
}
