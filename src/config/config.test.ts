import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseConfig, readConfig } from './config.ts'

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
    own_addresses: [],
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

test('a syntax error shows its line and what was probably meant', () => {
  const table: readonly (readonly [line: string, told: RegExp])[] = [
    ['a = x.example', /^line 3, column 5: .*, in `a = x\.example`; text stands in quotes, as in /],
    ["a = 'x'\nb: y", /^line 4, column 2: .*, in `b: y`; TOML writes a setting as name = value$/],
    ['[[account', /in `\[\[account`; the name of a table stands in brackets/],
    ['a = "x', /^line 3, column \d+: [^;]*, in `a = "x`$/],
    ['a = [1,', /^line \d+, column \d+: [^;]*$/],
    ['a = 08', /^line 3, column \d+: [^;]*, in `a = 08`$/],
    [`a = ${'x'.repeat(200)}`, /in `a = x{76}…`;/],
    // It may be in a log.
    ['password = hunter2', /in `password = …`; text stands in quotes/],
    ['password_hash: hunter2', /in `password_hash: …`; TOML writes/],
  ]
  for (const [line, told] of table) {
    const [problem = ''] = problems(`${smallest}${line}\n`)
    assert.match(problem, told)
    assert.doesNotMatch(problem, /hunter2|Invalid TOML/)
  }
})

test('a setting in the wrong table is told where it belongs', () => {
  assert.deepEqual(
    problems('[listen]\nsmtp = 2500\nhostname = "m.example"\ndomains = ["x.example"]'),
    [
      'hostname: is missing',
      'domains: is missing',
      'listen.hostname: is no setting of the table listen; "hostname" stands above the first table',
      'listen.domains: is no setting of the table listen; "domains" stands above the first table',
    ],
  )
  assert.deepEqual(problems(`message_bytes = 1\npassword_hash = "x"\n${smallest}`), [
    'message_bytes: is no setting here; it belongs into [limits]',
    'password_hash: is no setting here; it belongs into [[account]]',
  ])
  assert.deepEqual(problems(`${smallest}[listen]\naddress = "::"\nselector = "x"\nlimits = 1\n`), [
    'listen.selector: is no setting here; it belongs into [dkim]',
    'listen.limits: is no setting',
  ])
})

test('a file that is not UTF-8, or none, is told so', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-config-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'waybill.toml')
  const told = (octets: Uint8Array): string => {
    writeFileSync(path, octets)
    try {
      readConfig(path)
      return 'read'
    } catch (problem) {
      return problem instanceof Error ? problem.message : ''
    }
  }
  const text = (encoding: BufferEncoding): Buffer => Buffer.from(`\ufeff${smallest}`, encoding)
  assert.equal(told(text('utf8')), 'read', 'a byte order mark is no fault')
  assert.match(told(text('utf16le')), /has 1 problem:\n {2}the file: is UTF-16; save it as UTF-8$/)
  assert.match(told(text('utf16le').swap16()), /the file: is UTF-16/)
  const latin1 = Buffer.from(
    'hostname = "mx.example.com"\ndomains = ["b\u00fccher.example"]\n',
    'latin1',
  )
  assert.match(told(latin1), /\n {2}line 2: is not UTF-8; save the file as UTF-8$/)
  for (const [place, why] of [
    [join(folder, 'none'), 'there is no such file'],
    [folder, 'it is a folder'],
  ] as const) {
    assert.throws(() => readConfig(place), {
      code: 'not-found',
      message: `Cannot read the configuration ${place}: ${why}.`,
    })
  }
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

test('a value of the wrong kind: what was seen, what is wanted, and what to write', () => {
  const head = 'hostname = "mx.a.example"\ndomains = ["a.example"]\n'
  const table: readonly (readonly [string, string, string])[] = [
    [
      '[listen]\nsmtp = "25"',
      'listen.smtp',
      '"25" is text, and a whole number is wanted: write it without quotes, 25',
    ],
    ['[listen]\nsmtp = "many"', 'listen.smtp', '"many" is text, and a whole number is wanted'],
    ['[listen]\nsmtp = 2.5', 'listen.smtp', '2.5 is not a whole number'],
    ['[listen]\nsmtp = nan', 'listen.smtp', 'NaN is not a whole number'],
    [
      '[listen]\naddress = 127',
      'listen.address',
      '127 is a number, and text is wanted: write it in quotes, "127"',
    ],
    [
      '[dns]\ntrust_ad = "Yes"',
      'dns.trust_ad',
      '"Yes" is text, and true or false is wanted: write it without quotes, true',
    ],
    ['[dns]\ntrust_ad = 1', 'dns.trust_ad', '1 is a number, and true or false is wanted'],
    [
      '[receive]\nallow = "b.example"',
      'receive.allow',
      '"b.example" is text, and a list is wanted: write it in brackets, ["b.example"]',
    ],
    [
      '[receive]\nallow = [true]',
      'receive.allow[0]',
      'true is a truth value, and text is wanted: write it in quotes, "true"',
    ],
    [
      'listen = 25',
      'listen',
      '25 is a number, and a table is wanted: write its name in brackets on a line of its own, and its settings below',
    ],
    [
      '[account]\naddress = "me@a.example"',
      'account',
      '{"address":"me@a.example"} is a table, and a list is wanted: write its name in two brackets, as in [[account]]',
    ],
    ['data = 2026-09-01', 'data', '"2026-09-01" is a date, and text is wanted'],
  ]
  for (const [text, key, problem] of table) {
    const read = parseConfig(`${head}${text}\n`)
    assert.deepEqual(read, { type: 'problems', problems: [{ key, problem }] }, text)
  }
})

test('a value of sixty characters is shown whole, a longer one to its sixtieth', () => {
  for (const [length, wanted] of [
    [58, `"${'x'.repeat(58)}"`],
    [59, `"${'x'.repeat(59)}…`],
  ] as const) {
    const [found] = problems(`listen = "${'x'.repeat(length)}"\n${smallest}`)
    assert.ok(found?.startsWith(`listen: ${wanted} is text`), found)
  }
})

test('of a long value only the beginning is shown', () => {
  const read = parseConfig(`hostname = ["${'x'.repeat(500)}"]\ndomains = ["a.example"]\n`)
  assert.ok(read.type === 'problems')
  assert.ok((read.problems[0]?.problem.length ?? 0) < 120, JSON.stringify(read))
})

test('a hash that no password could fit is told, instead of refusing every login', () => {
  const withHash = (text: string): string =>
    `${smallest}[[account]]\naddress = "a@example.com"\npassword_hash = '${text}'\n`
  const salt = 'zfqilCzDIAuq40rHD8BobQ'
  const tag = 't6P4U0ojedO9p70jsSqAY7YUMRCz9debnenYookwfzE'
  const good = withHash(`$argon2id$v=19$m=19456,t=2,p=1$${salt}$${tag}`)
  assert.equal(parseConfig(good).type, 'settings')
  for (const bad of [
    '$argon2id$',
    'letmein',
    `$argon2i$v=19$m=19456,t=2,p=1$${salt}$${tag}`,
    `$argon2id$v=19$m=19456,t=2,p=1$${salt}`,
    // More memory than a login may cost.
    `$argon2id$v=19$m=99999999,t=2,p=1$${salt}$${tag}`,
  ]) {
    const [first, ...more] = problems(withHash(bad))
    assert.match(
      first ?? '',
      /^account\[0\]\.password_hash: .* is not a hash made by `waybill/,
      bad,
    )
    assert.deepEqual(more, [])
  }
})

test('a DNS server has a port that there is', () => {
  const withServer = (text: string): string => `${smallest}[dns]\nservers = ["${text}"]\n`
  for (const good of ['192.0.2.1', '192.0.2.1:1', '[::1]:65535']) {
    assert.equal(parseConfig(withServer(good)).type, 'settings', good)
  }
  for (const bad of ['192.0.2.1:0', '[::1]:65536']) {
    assert.match(problems(withServer(bad)).join(), /^dns\.servers\[0\]: .* is not an address/)
  }
})
