import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, octetString, octetsOf } from '../base/octets.ts'
import { reply } from './reply.ts'
import { ServerEngine } from './server-engine.ts'
import { defaultServerOptions } from './server-options.ts'
import type { Answer, Question, References, ServerInput, ServerOptions } from './server-types.ts'

const accept: Answer = { type: 'accept' }

/** A driver that names its transactions t1, t2 … and what stands outside of them o0, o1 … */
class Driver {
  readonly #engine: ServerEngine
  readonly #answer: (question: Question) => Answer
  #transactions = 0

  constructor(
    options: Partial<ServerOptions> = {},
    answer: (question: Question) => Answer = () => accept,
  ) {
    this.#engine = new ServerEngine({ ...defaultServerOptions, hostname: 'mx.example', ...options })
    this.#answer = answer
    this.feed({ type: 'connected' })
  }

  get #references(): References {
    return { transaction: `t${this.#transactions}`, outside: `o${this.#transactions}` }
  }

  /** The replies to what came, one string each. */
  feed(input: ServerInput): readonly string[] {
    this.#engine.setReferences(this.#references)
    const sent: Uint8Array[] = []
    const more: string[] = []
    for (const output of this.#engine.handle(input)) {
      if (output.type === 'send') sent.push(output.octets)
      if (output.type !== 'ask') continue
      const answer = this.#answer(output.question)
      if (output.question.type === 'sender' && answer.type === 'accept') this.#transactions++
      more.push(...this.feed({ type: 'answer', answer }))
    }
    const text = octetString(concat(sent))
    return [...text.split('\r\n').filter((line) => line !== ''), ...more]
  }

  say(...lines: readonly string[]): readonly string[] {
    return this.feed({ type: 'octets', octets: octetsOf(lines.map((l) => `${l}\r\n`).join('')) })
  }
}

function last(lines: readonly string[]): string {
  return lines.at(-1) ?? ''
}

const ehlo = 'EHLO x.example'
const mail = 'MAIL FROM:<a@b>'
const rcpt = 'RCPT TO:<c@d>'

test('each refusal that the engine words itself ends with a reference, no other reply does', () => {
  const driver = new Driver()
  assert.equal(last(driver.say('FOO')), '500 5.5.1 Unknown command Ref o0')
  assert.equal(last(driver.say('DATA')), '503 5.5.1 EHLO or HELO first Ref o0')
  for (const line of driver.say(ehlo)) assert.doesNotMatch(line, /Ref/)
  assert.equal(last(driver.say(mail)), '250 2.1.0 Sender OK')
  assert.equal(
    last(driver.say('RCPT TO: c')),
    '501 5.1.3 Bad recipient address: the address has no @ and domain Ref t1',
  )
  assert.equal(last(driver.say(rcpt)), '250 2.1.5 Recipient OK')
  assert.doesNotMatch(last(driver.say('DATA')), /Ref/)
  assert.match(last(driver.say('a\nb', '.')), /^550 5\.6\.0 .* Ref t1$/)
  assert.equal(last(driver.say('FOO')), '500 5.5.1 Unknown command Ref o1')
  assert.equal(last(driver.say('QUIT')), '221 2.0.0 Goodbye')
})

test('behind the end of a transaction the next reference is used, also in one packet', () => {
  const driver = new Driver()
  driver.say(ehlo)
  assert.deepEqual(driver.say(mail, 'FOO', 'RSET', 'FOO').slice(-3), [
    '500 5.5.1 Unknown command Ref t1',
    '250 2.0.0 OK',
    '500 5.5.1 Unknown command Ref o1',
  ])
  assert.deepEqual(driver.say(mail, rcpt, 'DATA', 'a\nb', '.', 'FOO').slice(-2), [
    '550 5.6.0 The message has a CR or LF alone; lines must end with CRLF' +
      ' (RFC 5321 section 2.3.8) Ref t2',
    '500 5.5.1 Unknown command Ref o2',
  ])
  assert.deepEqual(driver.say(mail, rcpt, 'DATA', 'x', '.', 'FOO').slice(-2), [
    '250 2.0.0 Message accepted',
    '500 5.5.1 Unknown command Ref o3',
  ])
})

test('a refusal of policy gets the reference unless it has one', () => {
  const said: Partial<Record<Question['type'], Answer>> = {
    sender: { type: 'reject', reply: reply(550, '5.7.1', 'Not you.') },
    recipient: { type: 'reject', reply: reply(550, '5.1.1', 'Nobody.', 'Ask there. Ref t1') },
  }
  const driver = new Driver({}, (question) => said[question.type] ?? accept)
  driver.say(ehlo)
  assert.equal(last(driver.say(mail)), '550 5.7.1 Not you. Ref o0')
  delete said.sender
  assert.deepEqual(driver.say(mail, rcpt).slice(-2), [
    '550-5.1.1 Nobody.',
    '550 5.1.1 Ask there. Ref t1',
  ])
})

test('the words with which a session ends carry the reference of what was under way', () => {
  const slow = new Driver()
  slow.say(ehlo, mail)
  assert.match(last(slow.feed({ type: 'deadline' })), /^421 4\.4\.2 .* Ref t1$/)
  const idle = new Driver()
  assert.match(last(idle.feed({ type: 'deadline' })), /^421 4\.4\.2 .* Ref o0$/)
  const stopped = new Driver()
  assert.match(last(stopped.feed({ type: 'shutdown' })), /^421 4\.3\.2 .* Ref o0$/)
  const clumsy = new Driver({ limits: { ...defaultServerOptions.limits, errors: 2 } })
  clumsy.say(ehlo, mail)
  assert.match(last(clumsy.say('FOO', 'FOO')), /^421 4\.7\.0 Too many errors, closing Ref t1$/)
})

test('when the last message that may be refused is refused, its own reference is told', () => {
  const refuse: Answer = { type: 'reject', reply: reply(550, '5.7.1', 'No. Ref t1') }
  const limits = { ...defaultServerOptions.limits, rejections: 1 }
  const driver = new Driver({ limits }, ({ type }) => (type === 'message' ? refuse : accept))
  const lines = driver.say(ehlo, mail, rcpt, 'DATA', 'x', '.')
  assert.equal(last(lines), '421 4.7.0 Too much was refused, closing Ref t1')
})

test('without references the replies are as they are', () => {
  const engine = new ServerEngine({ ...defaultServerOptions, hostname: 'mx.example' })
  engine.handle({ type: 'connected' })
  engine.handle({ type: 'answer', answer: accept })
  const outputs = engine.handle({ type: 'octets', octets: octetsOf('FOO\r\n') })
  const text = outputs.flatMap((o) => (o.type === 'send' ? [octetString(o.octets)] : [])).join('')
  assert.equal(text, '500 5.5.1 Unknown command\r\n')
})
