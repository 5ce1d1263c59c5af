/** What a message is compared with. */
export interface Searched {
  readonly from: string
  readonly to: string
  readonly cc: string
  readonly bcc: string
  readonly replyTo: string
  readonly subject: string
  readonly messageId: string
  readonly text: string
  readonly read: boolean
  readonly attachments: number
}

type Test = (message: Searched) => boolean

const fields = {
  from: 'from',
  to: 'to',
  cc: 'cc',
  bcc: 'bcc',
  'reply-to': 'replyTo',
  subject: 'subject',
  'message-id': 'messageId',
} as const

/**
 * A query of Mailpit: words, `from:`, `to:`, `cc:`, `bcc:`, `reply-to:`, `addressed:`, `subject:`,
 * `message-id:`, `is:read`, `is:unread`, `has:attachment`, quoted where there are spaces, and `!` or
 * `-` before what must not be. All must fit; upper and lower case are the same.
 */
export function mailpitQuery(query: string): Test {
  const words = query.slice(0, 2000).match(/[!-]?(?:[a-z-]+:)?(?:"[^"]*"?|[^\s"]+)/gi) ?? []
  const tests = words.map((word) => {
    const isNot = /^[!-]/.test(word)
    const test = testOf(isNot ? word.slice(1) : word)
    return isNot ? (message: Searched) => !test(message) : test
  })
  return (message) => tests.every((test) => test(message))
}

function testOf(word: string): Test {
  const [, name = '', rest = ''] = /^([a-z-]+):([^]*)$/i.exec(word) ?? []
  const key = name.toLowerCase()
  const value = (key in fields || /^(?:is|has|addressed)$/.test(key) ? rest : word)
    .replaceAll('"', '')
    .toLowerCase()
  const has = (text: string): boolean => text.toLowerCase().includes(value)
  if (key === 'is') return ({ read }) => (value === 'read' ? read : value === 'unread' && !read)
  if (key === 'has') return ({ attachments }) => attachments > 0
  if (key === 'addressed') return ({ from, to, cc, bcc }) => [from, to, cc, bcc].some(has)
  const field = Object.entries(fields).find(([one]) => one === key)?.[1]
  if (field !== undefined) return (message) => has(message[field])
  return ({ from, to, subject, text }) => [from, to, subject, text].some(has)
}
