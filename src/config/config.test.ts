import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from './config.ts'

const smallest = 'hostname = "mx.example.com"\ndomains = ["example.com"]\n'

function problems(text: string): readonly string[] {
  const read = parseConfig(text)
  assert.equal(read.type, 'problems')
  return read.type === 'problems' ? read.problems.map((p) => `${p.key}: ${p.problem}`) : []
}

test('two lines are a configuration; the rest has defaults', () => {
  const read = parseConfig(smallest)
  assert.equal(read.type, 'settings')
  if (read.type !== 'settings') return
  assert.deepEqual(read.settings.listen, {
    address: '0.0.0.0',
    smtp: 25,
    submission: 587,
    submissions: 465,
  })
  assert.equal(read.settings.limits.message_bytes, 52_428_800)
})

test('all problems are told at once, each with its key', () => {
  const found = problems(
    'hostname = "not a name"\ndomains = []\n[listen]\nsmpt = 25\nsubmission = 70000\n[dns]\nservers = ["localhost"]\n',
  )
  assert.deepEqual(found, [
    'hostname: "not a name" is not a domain name, such as "example.com"',
    'domains: [] needs at least one domain',
    'listen.submission: 70000 is not a port: 0 to 65535',
    'listen.smpt: is no setting; did you mean "smtp"?',
    'dns.servers[0]: "localhost" is not an address with an optional port, such as "127.0.0.1:53" or "[::1]:53"',
  ])
})

test('what is missing is said', () => {
  assert.deepEqual(problems(''), ['hostname: is missing', 'domains: is missing'])
})

test('a syntax error has its line', () => {
  assert.match(problems('hostname = \n')[0] ?? '', /^line 1, column \d+: /)
})

test('an account must be in one of the domains, and no address twice', () => {
  const found = problems(
    `${smallest}[[account]]\naddress = "a@example.com"\n[[account]]\naddress = "A@example.com"\naliases = ["x@other.example"]\n`,
  )
  assert.deepEqual(found, [
    'account[1]: "A@example.com" is given twice',
    'account[1]: "x@other.example" is not in one of your domains',
  ])
})

test('a key inside an account is known too', () => {
  const found = problems(`${smallest}[[account]]\naddress = "a@example.com"\npasswort_hash = "x"\n`)
  assert.deepEqual(found, [
    'account[0].passwort_hash: is no setting; did you mean "password_hash"?',
  ])
})

test('half a certificate is not one', () => {
  assert.deepEqual(problems(`${smallest}[tls]\nkey = "k.pem"\n`), [
    'tls: needs both "certificate" and "key", or neither',
  ])
})
