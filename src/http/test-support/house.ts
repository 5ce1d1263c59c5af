import { acceptance, journey, mailboxItem, message, queueItem } from '../../store/contract-cases.ts'
import type { Store } from '../../store/ports/store.ts'
import type { Access, Visitor } from '../access.ts'

/** Somebody who lives there, and has an alias. */
export const ann = 'ann@south.example'

const answer = { code: 250, enhanced: '2.0.0', text: 'taken', atCommand: 'DATA' }
const startedAt = 1_000_000
const step = { startedAt, durationMs: 1, dns: [] }

interface Letter {
  readonly direction: 'in' | 'out'
  readonly mailFrom: string
  readonly login?: string
  readonly ip: string
  /** Each with the account that has it; an empty one: it waits for another server. */
  readonly to: Readonly<Record<string, string>>
  readonly text: string
  /** Octets of the content that nobody is sent. */
  readonly omit?: readonly [number, number]
}

/** Ids of letters that `ann` may see, and of one that she may not. */
export const letters = {
  /** To her, and to somebody whom she is not to know of. */
  came: 'CAME0001',
  /** Bob wrote to her and, blindly, to somebody elsewhere. */
  fromBob: 'FROMBOB1',
  /** Hers, to two elsewhere. */
  sent: 'SENT0001',
  /** Nobody's but Bob's. */
  bobs: 'BOBSOWN1',
} as const

const blind = 'Bcc: hidden@elsewhere.example\r\n'

const all: Readonly<Record<keyof typeof letters, Letter>> = {
  came: {
    direction: 'in',
    mailFrom: 'shop@far.example',
    ip: '192.0.2.1',
    to: { 'info@south.example': ann, 'hidden@south.example': 'hidden@south.example' },
    text: 'From: shop@far.example\r\nSubject: one\r\n\r\nhttps://far.example/x code 123456\r\n',
  },
  fromBob: {
    direction: 'out',
    mailFrom: 'bob@south.example',
    login: 'bob@south.example',
    ip: '198.51.100.7',
    to: { [ann]: ann, 'hidden@elsewhere.example': '' },
    text: `${blind}From: bob@south.example\r\nSubject: two\r\n\r\nHello\r\n`,
    omit: [0, blind.length],
  },
  sent: {
    direction: 'out',
    mailFrom: ann,
    login: ann,
    ip: '198.51.100.8',
    to: { 'x@far.example': '', 'y@far.example': '' },
    text: 'From: ann@south.example\r\nSubject: three\r\n\r\nHello\r\n',
  },
  bobs: {
    direction: 'out',
    mailFrom: 'bob@south.example',
    login: 'bob@south.example',
    ip: '198.51.100.7',
    to: { 'secret@far.example': '' },
    text: 'From: bob@south.example\r\nSubject: secret\r\n\r\nsecret\r\n',
  },
}

/** Puts all of them down. */
export async function putLetters(store: Store): Promise<void> {
  for (const [name, letter] of Object.entries(all)) {
    await putLetter(store, letters[name as keyof typeof letters], letter)
  }
}

async function putLetter(store: Store, id: string, letter: Letter): Promise<void> {
  const { direction, mailFrom, login, ip, to, text, omit } = letter
  const rcptTo = Object.keys(to)
  const recipients = Object.entries(to).map(([address, accounts]) => {
    return { address, accounts, status: accounts === '' ? 'queued' : 'delivered' }
  })
  const waiting = rcptTo.filter((address) => to[address] === '')
  const status = waiting.length > 0 ? 'queued' : 'delivered'
  const line = (from: 'client' | 'server', said: string) => ({ from, text: said, at: startedAt })
  const record = {
    schema: 'waybill.record/1',
    id,
    direction,
    mode: 'live',
    host: 'mx.south.example',
    startedAt,
    envelope: { ip, helo: 'host.example', mailFrom, rcptTo, ...(login ? { login } : {}) },
    outcome: { status, smtp: answer, because: ['decision'] },
    steps: [
      { ...step, type: 'connect', ip, port: 25, listener: 'smtp' },
      ...rcptTo.map((one) => ({ ...step, type: 'recipient', rcptTo: one, to: 'mailbox', answer })),
      ...Object.entries(to).map(([recipient, account]) => {
        if (account !== '') return { ...step, type: 'filed', account, mailbox: 'Inbox', recipient }
        return { ...step, type: 'queued', recipient, destination: 'far.example' }
      }),
    ],
    conversation: rcptTo.flatMap((one) => {
      return [line('client', `RCPT TO:<${one}>`), line('server', '250 2.1.5 taken')]
    }),
    subject: id,
    messageId: '',
  }
  const messageId = `m-${id}`
  await store.post.accept(
    acceptance({
      message: message(messageId, text, omit === undefined ? {} : { omit: [omit] }),
      queue: waiting.map((recipient, n) => {
        const queueId = `q-${id}-${n}`
        return queueItem(queueId, { messageId, journeyId: id, recipient, reversePath: mailFrom })
      }),
      mailbox: Object.values(to).flatMap((account) => {
        return account === '' ? [] : [mailboxItem({ account, messageId, journeyId: id })]
      }),
      journeys: [
        journey(id, {
          direction,
          status,
          mailFrom,
          rcptTo,
          recipients,
          messageId,
          ip,
          subject: id,
          summary: `Of 2 recipients: ${rcptTo.join(', ')}`,
          ...(login === undefined ? {} : { login }),
          json: JSON.stringify(record),
        }),
      ],
    }),
  )
}

/** Keys of a test, each the name of its scope, and one of an account. */
export const houseAccess: Access = {
  byKey: async (key) => visitors[key],
  bySession: async () => undefined,
  anybody: undefined,
}

const visitors: Readonly<Record<string, Visitor>> = {
  read: { who: 'key reader', scopes: ['read'] },
  send: { who: 'key sender', scopes: ['send'] },
  manage: { who: 'key manager', scopes: ['manage'] },
  all: { who: 'operator', scopes: ['read', 'send', 'manage'] },
  ann: { who: ann, account: ann, scopes: ['read', 'send', 'manage'] },
}
