import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeBase64 } from '../base/base64.ts'
import { octetsOf } from '../base/octets.ts'
import { decodedBody, partText } from './body.ts'
import { messageCodes, readableText, readContents } from './contents.ts'
import { unflow } from './flowed.ts'
import { readParts } from './tree.ts'

function first(text: string): { message: Uint8Array; part: ReturnType<typeof partOf> } {
  const message = octetsOf(text)
  return { message, part: partOf(message) }
}

function partOf(message: Uint8Array) {
  const [part] = readParts(message).parts
  assert.ok(part !== undefined)
  return part
}

function textOf(type: string, body: string, encoding = '8bit'): string {
  const header = `Content-Type: ${type}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`
  const { message, part } = first(header + body)
  return partText(message, part).text
}

const texts: readonly (readonly [string, string, string, string, string])[] = [
  ['UTF-8', 'text/plain; charset=utf-8', 'a\xc3\xa4', '8bit', 'aä'],
  ['a BOM is no text', 'text/plain; charset=utf-8', '\xef\xbb\xbfa', '8bit', 'a'],
  ['ISO-8859-15', 'text/plain; charset=ISO-8859-15', '\xa4', '8bit', '€'],
  ['Shift_JIS', 'text/plain; charset=shift_jis', '\x83\x65', '8bit', 'テ'],
  ['no charset, UTF-8', 'text/plain', '\xc3\xa4', '8bit', 'ä'],
  ['no charset, not UTF-8', 'text/plain', '\x80', '8bit', '€'],
  ['an unknown charset', 'text/plain; charset=x-nobody', '\xc3\xa4', '8bit', 'ä'],
  ['broken UTF-8', 'text/plain; charset=utf-8', 'a\xff', '8bit', 'a\ufffd'],
  [
    'quotes of Windows',
    'text/plain; charset=iso-8859-1',
    'it\x92s \x93so\x94',
    '8bit',
    'it’s “so”',
  ],
  ['a name of Windows', 'text/plain; charset=cp936', '\xc4\xe3\xba\xc3', '8bit', '你好'],
  ['a name of Korea', 'text/plain; charset=CP949', '\xb0\xa1', '8bit', '가'],
  ['a name in the wrong quotes', "text/plain; charset='windows-1251'", '\xcf\xf0', '8bit', 'Пр'],
  ['UTF-16 that nobody names', 'text/plain', '\xff\xfea\x00\xe4\x00', '8bit', 'aä'],
  ['UTF-16, big end first', 'text/plain; charset=utf-8', '\xfe\xff\x00a', '8bit', 'a'],
  [
    'plain text has no meta',
    'text/plain',
    '<meta charset=koi8-r>\xe4',
    '8bit',
    '<meta charset=koi8-r>ä',
  ],
  ['quoted-printable', 'text/html; charset=utf-8', 'a=C3=A4=\r\nb=3', 'quoted-printable', 'aäb=3'],
  ['base64 with rubbish in it', 'text/plain', 'YW!Jj\r\nZA', 'Base64', 'abcd'],
  ['base64 pieces behind each other', 'text/plain', 'YQ==\r\nYg==', 'base64', 'ab'],
  ['an unknown encoding is none', 'text/plain', 'a=41', 'x-uuencode', 'a=41'],
  ['line ends', 'text/plain', 'a\r\nb\rc\nd', '8bit', 'a\nb\nc\nd'],
  ['flowed', 'text/plain; format=flowed', 'a \r\nb\r\n', '8bit', 'a b\n'],
]

for (const [what, type, body, encoding, expected] of texts) {
  test(`text: ${what}`, () => assert.equal(textOf(type, body, encoding), expected))
}

test('HTML whose header names no character set is in that of its meta', () => {
  const htmlIn = (meta: string, octets: string, type = 'text/html'): string => {
    return textOf(type, `${meta}${octets}`).slice(meta.length)
  }
  const old = '<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-2" name="x"><p>'
  assert.equal(htmlIn(old, '\xb1\xe6\xea'), 'ąćę')
  assert.equal(htmlIn("<meta name=a><META charset = 'koi8-r'>", '\xc1'), 'а')
  assert.equal(htmlIn(old, '\xc3\xa4', 'text/html; charset=utf-8'), 'ä', 'the header counts')
  assert.equal(htmlIn('<meta charset="utf-16">', '\xc3\xa4'), 'ä')
  assert.equal(htmlIn('<meta charset="utf-8">', '\xe4'), 'ä')
  assert.equal(htmlIn('<meta charset="x-nobody">', '\xc3\xa4'), 'ä')
  assert.equal(htmlIn(`${' '.repeat(1100)}<meta charset="koi8-r">`, '\xc3\xa4'), 'ä', 'too late')
})

test('octets in base64 come out as they were, cut into lines anyhow', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.integer({ min: 1, max: 80 }),
      (octets, width) => {
        const lines = encodeBase64(octets).replace(new RegExp(`(.{${width}})`, 'g'), '$1\r\n')
        const { message, part } = first(`Content-Transfer-Encoding: base64\r\n\r\n${lines}`)
        assert.deepEqual(Array.from(decodedBody(message, part)), Array.from(octets))
      },
    ),
  )
})

test('text of 20 MB is shown in part, and says so', () => {
  const { message, part } = first(`Content-Type: text/html\r\n\r\n${'<b>'.repeat(7_000_000)}`)
  const { text, cut } = partText(message, part)
  assert.equal(cut, true)
  assert.equal(text.length, 4 * 1024 * 1024)
})

test('flowed text: quotes, stuffed spaces, signatures (RFC 3676 §4)', () => {
  const cases: readonly (readonly [string, string, boolean?])[] = [
    ['one \ntwo\nthree', 'one two\nthree'],
    ['> a \n> b\n>> c \nd', '> a b\n>> c \nd'],
    [' From here\n >not a quote', 'From here\n>not a quote'],
    ['text \n-- \nme', 'text \n-- \nme'],
    ['新 \n聞', '新聞', true],
  ]
  for (const [text, expected, delsp] of cases) assert.equal(unflow(text, delsp ?? false), expected)
})

const letter = [
  'Content-Type: multipart/mixed; boundary=m',
  '',
  '--m',
  'Content-Type: multipart/alternative; boundary=a',
  '',
  '--a',
  '',
  'Your code is 123456.',
  '--a',
  'Content-Type: text/html',
  '',
  '<p>Your code is <b>123456</b>.</p>',
  '--a--',
  '--m',
  'Content-Disposition: attachment',
  '',
  'a file: code 999999',
  '--m',
  'Content-Type: message/rfc822',
  '',
  'Subject: enclosed',
  '',
  'enclosed: code 888888',
  '--m--',
].join('\r\n')

test('what a message says: files and enclosed messages say it not', () => {
  const message = octetsOf(letter)
  const contents = readContents(message, readParts(message))
  assert.deepEqual(contents, {
    text: 'Your code is 123456.',
    html: '<p>Your code is <b>123456</b>.</p>',
    cut: false,
  })
  const { text } = readableText(message, readParts(message))
  assert.equal(text, 'Your code is 123456.')
  assert.deepEqual(messageCodes(text, 'PIN: 4711'), ['4711', '123456'])
})

/** A kind with its body, or a multipart with the parts in it. */
type Made =
  | readonly ['plain' | 'html', string]
  | readonly ['mixed' | 'alternative', readonly Made[]]

function made([kind, inside]: Made, depth = 0): string {
  if (typeof inside === 'string') return `Content-Type: text/${kind}\r\n\r\n${inside}`
  const parts = inside.map((one) => `--b${depth}\r\n${made(one, depth + 1)}\r\n`)
  return `Content-Type: multipart/${kind}; boundary=b${depth}\r\n\r\n${parts.join('')}--b${depth}--`
}

function readableOf(one: Made): string {
  const message = octetsOf(made(one))
  return readableText(message, readParts(message)).text
}

test('a multipart of which no part is found is text', () => {
  for (const boundary of ['', '; boundary=other']) {
    const message = octetsOf(`Content-Type: multipart/mixed${boundary}\r\n\r\n--x\r\n\r\nwords`)
    assert.equal(readableText(message, readParts(message)).text, '--x\n\nwords')
  }
  assert.equal(readableOf(['mixed', [['html', '<p>A']]]), 'A')
})

test('HTML alone is read as words', () => {
  const html = '<style>p{}</style><p>One &amp; <b>two</b><br>three<!-- no --><script>x()</script>'
  assert.equal(readableOf(['html', html]), 'One & two\nthree')
  // One hyphen makes no comment: it ends with the first bracket.
  assert.equal(readableOf(['html', '<!-x>seen-->too']), 'seen-->too')
})

const alternatives: Made = [
  'alternative',
  [
    ['plain', 'A'],
    ['html', '<p>B'],
  ],
]
const readable: readonly (readonly [string, Made, string])[] = [
  [
    'HTML with a plain footer',
    [
      'mixed',
      [
        ['html', '<p>A'],
        ['plain', 'foot'],
      ],
    ],
    'A\nfoot',
  ],
  ['alternatives', alternatives, 'A'],
  [
    'an empty alternative',
    [
      'alternative',
      [
        ['plain', ' '],
        ['html', '<p>B'],
      ],
    ],
    'B',
  ],
  ['alternatives with a footer', ['mixed', [alternatives, ['plain', 'foot']]], 'A\nfoot'],
  [
    'HTML around a file',
    [
      'alternative',
      [
        ['plain', 'A'],
        [
          'mixed',
          [
            ['html', '<p>B'],
            ['html', '<p>C'],
          ],
        ],
      ],
    ],
    'A',
  ],
  [
    'one of several alternatives',
    [
      'alternative',
      [
        [
          'mixed',
          [
            ['html', '<p>B'],
            ['plain', 'foot'],
          ],
        ],
      ],
    ],
    'B\nfoot',
  ],
  [
    'alternatives within one',
    [
      'alternative',
      [
        [
          'mixed',
          [
            ['html', '<p>B'],
            ['plain', 'C'],
          ],
        ],
        ['html', '<p>D'],
      ],
    ],
    'B\nC',
  ],
]

for (const [what, one, expected] of readable) {
  test(`what is read: ${what}`, () => assert.equal(readableOf(one), expected))
}
