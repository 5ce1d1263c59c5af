/** `waybill probe` as it is typed, against a server that follows a script. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { testFolder } from '../../store/test-folder.ts'
import { runner } from './command-lines.test-support.ts'

/** What it answers, by the first word; anything else is 250. */
type Answers = Readonly<Record<string, string>>

interface Bench {
  readonly place: string
  /** Lines of the client, and the content of its last message. */
  readonly heard: string[]
}

async function serve(t: TestContext, answers: Answers = {}): Promise<Bench> {
  const heard: string[] = []
  const server = createServer((socket) => talk(socket, answers, heard))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const place = server.address()
  assert.ok(place !== null && typeof place !== 'string')
  return { place: `127.0.0.1:${place.port}`, heard }
}

function talk(socket: Socket, answers: Answers, heard: string[]): void {
  socket.on('error', () => {})
  socket.write(`${answers['greeting'] ?? '220 mx.example ESMTP'}\r\n`)
  let rest = ''
  let inData = false
  socket.on('data', (chunk) => {
    const lines = (rest + chunk.toString('latin1')).split('\r\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      heard.push(line)
      if (inData) {
        if (line !== '.') continue
        inData = false
        socket.write(`${answers['message'] ?? '250 2.0.0 taken'}\r\n`)
        continue
      }
      const word = /^\w+/.exec(line)?.[0] ?? ''
      const answer = answers[line] ?? answers[word] ?? (word === 'DATA' ? '354 go on' : '250 ok')
      inData = word === 'DATA' && answer.startsWith('354')
      if (answer !== 'nothing') socket.write(`${answer}\r\n`)
      if (word === 'QUIT') socket.end()
    }
  })
}

function folderFor(t: TestContext): string {
  const { folder, remove } = testFolder()
  t.after(remove)
  return folder
}

/** What the server answers, and the exit code that says so. */
const outcomes: readonly (readonly [
  what: string,
  Answers,
  stop: string,
  code: number,
  out: RegExp,
])[] = [
  ['yes', {}, 'rcpt', 0, /^ {2}accepted {2}The server said yes as far as was asked\.$/m],
  [
    'no to the recipient',
    { RCPT: '550 5.1.1 no such user' },
    'rcpt',
    1,
    /It said: 550 5\.1\.1 no such user/,
  ],
  ['not now', { MAIL: '451 4.7.1 later' }, 'mail', 3, /^ {2}not now {2}/m],
  [
    'a greeting that is a refusal',
    { greeting: '554 5.7.1 not you' },
    'banner',
    1,
    /554 5\.7\.1 not you/,
  ],
  ['nonsense', { EHLO: 'what' }, 'ehlo', 3, /not now/],
]
for (const [what, answers, stop, code, out] of outcomes) {
  test(`${what}, asked as far as ${stop}: exit code ${code}`, async (t) => {
    const { place } = await serve(t, answers)
    const ran = await runner(t)('probe', 'r@south.example', '--server', place, '--stop-after', stop)
    assert.equal(ran.code, code, ran.out + ran.messages)
    assert.match(ran.out, out)
  })
}

test('--json is the journey, with the dialogue and what was said of each recipient', async (t) => {
  const { place } = await serve(t, { 'RCPT TO:<s@south.example>': '550 5.1.1 nobody' })
  const to = ['probe', 'r@south.example', '--to', 's@south.example', '--server', place]
  const ran = await runner(t)(
    ...to,
    ...'--from <> --helo me.example --stop-after rcpt --json'.split(' '),
  )
  assert.equal(ran.code, 1)
  const view = JSON.parse(ran.out)
  assert.equal(view.schema, 'waybill.journey/1')
  const statuses = view.recipients.map((one: { address: string; status: string }) => [
    one.address,
    one.status,
  ])
  assert.deepEqual(statuses, [
    ['r@south.example', 'accepted'],
    ['s@south.example', 'failed'],
  ])
  const said = view.conversation.map(({ text }: { text: string }) => text)
  assert.ok(said.includes('EHLO me.example') && said.includes('MAIL FROM:<>'))
})

test('a message is made of subject, text, files and fields, or is the file that is named', async (t) => {
  const folder = folderFor(t)
  const attached = join(folder, 'plan.txt')
  writeFileSync(attached, 'the plan')
  const { place, heard } = await serve(t)
  const waybill = runner(t)
  const to = ['probe', 'r@south.example', '--server', place, '--from', 'ann@north.example']
  const parts = [
    '--subject',
    'Plan',
    '--body',
    '.dot',
    '--attach',
    attached,
    '--header',
    'X-One: 1',
  ]
  assert.equal((await waybill(...to, ...parts)).code, 0)
  const text = heard.join('\n')
  assert.match(text, /^Subject: Plan$/m)
  assert.match(text, /^X-One: 1$/m)
  assert.match(text, /^\.\.dot$/m)
  assert.ok(text.includes(Buffer.from('the plan').toString('base64')))
  heard.length = 0
  const whole = join(folder, 'letter.eml')
  writeFileSync(whole, 'Subject: whole\n\nas it is\n')
  assert.equal((await waybill(...to, '--data', whole)).code, 0)
  const from = heard.indexOf('DATA')
  assert.deepEqual(heard.slice(from + 1, -1), ['Subject: whole', '', 'as it is', '.'])
})

/** Wrong uses, each with what is said of it. */
const wrongs: readonly (readonly [args: string, RegExp])[] = [
  ['nobody', /no address/],
  ['r@a.example --to s@b.example', /several domains/],
  ['r@a.example --server 127.0.0.1:1 --auth ann --tls never', /clear text/],
  ['r@a.example --server 127.0.0.1:1 --password-file x', /--auth USER/],
  ['r@a.example --server 127.0.0.1:99999', /Wants a server/],
  ['r@a.example --server [::1', /Wants a server/],
  ['r@a.example --server 127.0.0.1:1 --data - --subject x', /--subject has no place/],
  ['r@a.example --server 127.0.0.1:1 --header nothing', /is no field/],
  ['r@a.example --server 127.0.0.1:1 --timeout 0', /1 to 3600/],
  ['r@a.example --server 127.0.0.1:1 --stop-after lunch', /choices/i],
  ['r@a.example --server 127.0.0.1:1 --from x', /--from/],
  ['r@a.example --lmtp', /LMTP is spoken with a server that is named/],
]
test('wrong use is told and nothing is dialled', async (t) => {
  const waybill = runner(t)
  for (const [args, said] of wrongs) {
    const ran = await waybill('probe', ...args.split(' '))
    assert.equal(ran.code, 2, `${args}: ${ran.out}${ran.messages}`)
    assert.match(ran.messages, said)
  }
})

test('a server that says nothing is waited for as long as --timeout says', async (t) => {
  const { place } = await serve(t, { EHLO: 'nothing' })
  const ran = await runner(t)('probe', 'r@a.example', '--server', place, '--timeout', '1')
  assert.equal(ran.code, 3)
  assert.match(ran.out, /No answer came in time/)
})

test('LMTP has an answer to the message for each recipient', async (t) => {
  const { place, heard } = await serve(t, {
    message: '250 2.1.5 filed\r\n552 5.2.2 full',
  })
  const to = ['probe', 'r@a.example', '--to', 's@b.example', '--lmtp', '--server', place]
  const ran = await runner(t)(...to, '--json')
  assert.equal(ran.code, 1, ran.out)
  assert.match(heard[0] ?? '', /^LHLO /)
  const { recipients } = JSON.parse(ran.out)
  const statuses = recipients.map(({ status }: { status: string }) => status)
  assert.deepEqual(statuses, ['accepted', 'failed'])
})
