import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concat, encodeUtf8, octetString, octetsOf } from '../base/octets.ts'
import { decodedBody } from '../mime/body.ts'
import { PartReader, readParts } from '../mime/tree.ts'
import { SevenBitPlanner, type SevenBitObstacle, type SevenBitPlan } from './plan.ts'
import { SevenBitWriter } from './writer.ts'

/** The octets in pieces of these lengths, again and again. */
function cut(octets: Uint8Array, lengths: readonly number[]): readonly Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0, n = 0; at < octets.length; n++) {
    const length = lengths[n % lengths.length] ?? octets.length
    pieces.push(octets.slice(at, at + length))
    at += length
  }
  return pieces
}

function planOf(
  message: Uint8Array,
  lengths: readonly number[] = [],
): SevenBitPlan | SevenBitObstacle {
  const reader = new PartReader()
  for (const piece of cut(message, lengths)) reader.push(piece)
  const planner = new SevenBitPlanner(reader.end())
  for (const piece of cut(message, lengths)) planner.push(piece)
  return planner.finish()
}

/** The message in seven bits, read and written in pieces of these lengths. */
function converted(message: Uint8Array, lengths: readonly number[] = []): Uint8Array {
  const plan = planOf(message, lengths)
  if (plan.type !== 'plan') throw new Error(plan.text)
  const writer = new SevenBitWriter(plan.edits)
  const out = cut(message, lengths).map((piece) => writer.push(piece).slice())
  return concat([...out, writer.end()])
}

function lines(...texts: readonly string[]): Uint8Array {
  return encodeUtf8(texts.join('\r\n'))
}

const cases: readonly (readonly [string, Uint8Array, readonly string[]])[] = [
  [
    'text without a word on its encoding',
    lines('From: a@b.example', '', 'Grüße an alle dort im Süden und anderswo', ''),
    [
      'From: a@b.example',
      'MIME-Version: 1.0',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'Gr=C3=BC=C3=9Fe an alle dort im S=C3=BCden und anderswo',
      '',
    ],
  ],
  [
    'text that says 8bit, with soft line breaks, dots and blanks',
    lines(
      'MIME-Version: 1.0',
      'Content-Transfer-Encoding: 8bit',
      'Subject: x',
      '',
      `${'é'.repeat(4)}${' and more'.repeat(10)}`,
      '.dot, = and blank ',
      '',
    ),
    [
      'MIME-Version: 1.0',
      'Content-Transfer-Encoding: quoted-printable',
      'Subject: x',
      '',
      '=C3=A9=C3=A9=C3=A9=C3=A9 and more and more and more and more and more and m=',
      'ore and more and more and more and more',
      '=2Edot, =3D and blank=20',
      '',
    ],
  ],
  [
    'text that is shorter in base64',
    lines('MIME-Version: 1.0', 'Content-Type: text/plain; charset=utf-8', '', 'Ёлка', ''),
    [
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: base64',
      '',
      '0IHQu9C60LANCg==',
      '',
    ],
  ],
  [
    'two fields of which the first counts',
    lines(
      'MIME-Version: 1.0',
      'content-transfer-encoding:',
      ' 8BIT (yes)',
      'Content-Transfer-Encoding: base64',
      '',
      'naïve letter',
    ),
    ['MIME-Version: 1.0', 'Content-Transfer-Encoding: quoted-printable', '', 'na=C3=AFve letter'],
  ],
  [
    'parts: what is no text is base64, what is ASCII says so, what holds them is 7bit',
    lines(
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=x',
      'Content-Transfer-Encoding: 8bit',
      '',
      'für niemand',
      '--x',
      'Content-Type: application/octet-stream',
      'Content-Transfer-Encoding: 8bit',
      '',
      'ÿ',
      '--x',
      'Content-Transfer-Encoding: 8bit',
      '',
      'plain',
      '--x',
      '',
      'schön ohne Kopf und so weiter',
      '--x',
      'schön, und so weiter, ohne leere Zeile',
      '--x',
      'Content-Transfer-Encoding: base64',
      '',
      'QQ==',
      '--x--',
      '',
    ),
    [
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=x',
      'Content-Transfer-Encoding: 7bit',
      '',
      'f??r niemand',
      '--x',
      'Content-Type: application/octet-stream',
      'Content-Transfer-Encoding: base64',
      '',
      'w78=',
      '--x',
      'Content-Transfer-Encoding: 7bit',
      '',
      'plain',
      '--x',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'sch=C3=B6n ohne Kopf und so weiter',
      '--x',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'sch=C3=B6n, und so weiter, ohne leere Zeile',
      '--x',
      'Content-Transfer-Encoding: base64',
      '',
      'QQ==',
      '--x--',
      '',
    ],
  ],
  [
    'an enclosed message',
    lines(
      'MIME-Version: 1.0',
      'Content-Type: message/rfc822',
      'Content-Transfer-Encoding: 8bit',
      '',
      'Subject: inner',
      '',
      'Wörter und noch mehr davon',
      '',
    ),
    [
      'MIME-Version: 1.0',
      'Content-Type: message/rfc822',
      'Content-Transfer-Encoding: 7bit',
      '',
      'Subject: inner',
      'MIME-Version: 1.0',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'W=C3=B6rter und noch mehr davon',
      '',
    ],
  ],
  [
    'an enclosed message of SMTPUTF8 is coded whole (RFC 6532 §3.5)',
    lines(
      'MIME-Version: 1.0',
      'Content-Type: message/global',
      'Content-Transfer-Encoding: 8bit',
      '',
      'Subject: é',
      '',
      'x',
    ),
    [
      'MIME-Version: 1.0',
      'Content-Type: message/global',
      'Content-Transfer-Encoding: base64',
      '',
      'U3ViamVjdDogw6kNCg0KeA==',
      '',
    ],
  ],
  [
    'what says binary is coded beside what must be, a line end alone in it too',
    lines(
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=x',
      'Content-Transfer-Encoding: binary',
      '',
      '--x',
      'Content-Transfer-Encoding: binary',
      '',
      'a\nb',
      '--x',
      '',
      'ein schöner Tag am See',
      '--x--',
    ),
    [
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=x',
      'Content-Transfer-Encoding: 7bit',
      '',
      '--x',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'a=0Ab',
      '--x',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'ein sch=C3=B6ner Tag am See',
      '--x--',
    ],
  ],
  [
    'a signed part of ASCII stays as it is, the one beside it is coded',
    lines(
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=x',
      '',
      '--x',
      'Content-Type: multipart/signed; boundary=y; protocol=p',
      'Content-Transfer-Encoding: 8bit',
      '',
      '--y',
      'Content-Transfer-Encoding: 8bit',
      '',
      'signed',
      '--y',
      '',
      'signature',
      '--y--',
      'behind it',
      '--x',
      '',
      'Füße und noch viel mehr Text',
      '--x--',
    ),
    [
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=x',
      '',
      '--x',
      'Content-Type: multipart/signed; boundary=y; protocol=p',
      'Content-Transfer-Encoding: 7bit',
      '',
      '--y',
      'Content-Transfer-Encoding: 8bit',
      '',
      'signed',
      '--y',
      '',
      'signature',
      '--y--',
      'behind it',
      '--x',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      '=46=C3=BC=C3=9Fe und noch viel mehr Text',
      '--x--',
    ],
  ],
  [
    'what has seven bits already stays as it is, whatever it says',
    lines('Content-Transfer-Encoding: 8bit', '', 'Hello', ''),
    ['Content-Transfer-Encoding: 8bit', '', 'Hello', ''],
  ],
]

for (const [name, message, expected] of cases) {
  test(name, () => {
    for (const lengths of [[], [1], [7]]) {
      assert.deepEqual(octetString(converted(message, lengths)).split('\r\n'), expected)
    }
  })
}

const obstacles: readonly (readonly [string, Uint8Array, SevenBitObstacle['because']])[] = [
  ['a field of the header', lines('Subject: é', '', 'x'), 'header'],
  [
    'a field of a part',
    lines(
      'Content-Type: multipart/mixed; boundary=x',
      '',
      '--x',
      'Content-Disposition: attachment; filename=é',
      '',
      'a',
      '--x--',
    ),
    'header',
  ],
  [
    'what is signed, however deep',
    lines(
      'Content-Type: multipart/signed; boundary=x',
      '',
      '--x',
      'Content-Type: message/rfc822',
      '',
      'A: b',
      '',
      'é',
      '--x',
      '',
      's',
      '--x--',
    ),
    'signed',
  ],
  [
    'text between what is signed',
    lines('Content-Type: multipart/signed; boundary=x', '', '--x', '', 'a', '--x--', 'é'),
    'signed',
  ],
  [
    'base64 that is none',
    lines('Content-Type: image/png', 'Content-Transfer-Encoding: base64', '', 'é'),
    'coded',
  ],
  ['an encoding that nobody knows', lines('Content-Transfer-Encoding: x-uue', '', 'é'), 'coded'],
  ['a fragment', lines('Content-Type: message/partial; id=a; number=1', '', 'é'), 'type'],
  [
    'a multipart without parts',
    lines('Content-Type: multipart/mixed; boundary=x', '', 'é'),
    'type',
  ],
  [
    'more depth than is followed',
    lines(...Array.from({ length: 120 }, () => ['Content-Type: message/rfc822', '']).flat(), 'é'),
    'structure',
  ],
  ['a header too long to be held', lines(`A: ${'x'.repeat(1 << 20)}`, '', 'é'), 'structure'],
  [
    'headers too long together',
    lines(
      'Content-Type: multipart/mixed; boundary=b',
      '',
      ...Array.from({ length: 5 }, () => ['--b', `A: ${'x'.repeat(500_000)}`, '', 'é']).flat(),
      '--b--',
      '',
    ),
    'structure',
  ],
  ['lines that end with LF alone', octetsOf('Subject: x\n\n\xe9'), 'structure'],
]

for (const [name, message, because] of obstacles) {
  test(`not converted: ${name}`, () => {
    const plan = planOf(message)
    assert.equal(plan.type, 'impossible')
    assert.equal(plan.type === 'impossible' && plan.because, because)
    assert.match(plan.type === 'impossible' ? plan.text : '', /^[a-z].*\.$/)
  })
}

/** Which encoding of which type becomes what; `-`: it cannot. */
test('each encoding with each type', () => {
  const types = ['text/plain', 'text/html', 'application/pdf', 'image/x', 'message/global-headers']
  const encodings = ['7bit', '8BIT', 'binary', 'quoted-printable', 'base64', 'x-other']
  const table = types.flatMap((type) =>
    encodings.map((encoding) => {
      const header = [`Content-Type: ${type}`, `Content-Transfer-Encoding: ${encoding}`]
      const plan = planOf(lines(...header, '', 'only one of these is é'))
      const to = plan.type === 'plan' ? plan.parts.map((part) => part.to).join() : '-'
      return `${type} ${encoding} ${to}`
    }),
  )
  const coded = (type: string, to: string): readonly string[] => [
    ...['7bit', '8BIT', 'binary'].map((encoding) => `${type} ${encoding} ${to}`),
    ...['quoted-printable', 'base64', 'x-other'].map((encoding) => `${type} ${encoding} -`),
  ]
  assert.deepEqual(table, [
    ...coded('text/plain', 'quoted-printable'),
    ...coded('text/html', 'quoted-printable'),
    ...coded('application/pdf', 'base64'),
    ...coded('image/x', 'base64'),
    ...coded('message/global-headers', 'base64'),
  ])
})

/** A part with its header, as text of octets. */
const leaf = fc
  .record({
    type: fc.constantFrom('', 'text/plain', 'text/html; charset=utf-8', 'application/x', 'image/y'),
    encoding: fc.constantFrom('', '7bit', '8bit', 'binary'),
    body: fc.array(
      fc.constantFrom('é', 'ÿ', 'a', ' ', '\t', '.', '=', '\r\n', '\r', '\n', 'word '),
      {
        maxLength: 120,
      },
    ),
  })
  .map(({ type, encoding, body }) => {
    const header = [
      ...(type === '' ? [] : [`Content-Type: ${type}`]),
      ...(encoding === '' ? [] : [`Content-Transfer-Encoding: ${encoding}`]),
    ]
    return `${header.map((field) => `${field}\r\n`).join('')}\r\n${body.join('')}`
  })

const { part } = fc.letrec<{ part: string; several: string; enclosed: string }>((tie) => ({
  part: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    tie('several'),
    tie('enclosed'),
  ),
  several: fc
    .record({ id: fc.nat(1_000_000), parts: fc.array(tie('part'), { minLength: 1, maxLength: 4 }) })
    .map(({ id, parts }) => {
      const inner = parts.map((one) => `--b${id}\r\n${one}\r\n`).join('')
      return `Content-Type: multipart/mixed; boundary=b${id}\r\n\r\né\r\n${inner}--b${id}--\r\n`
    }),
  enclosed: tie('part').map(
    (inner) => `Content-Type: message/rfc822\r\n\r\nSubject: x\r\n${inner}`,
  ),
}))

test('each part decodes to what it was, and all is ASCII in short lines (property)', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 5 })
  fc.assert(
    fc.property(part, lengths, (text, pieces) => {
      const message = octetsOf(`Subject: x\r\n${text}`)
      const after = converted(message, pieces)
      const plan = planOf(message)
      assert.ok(plan.type === 'plan')
      assert.ok(after.every((octet) => octet < 128))
      const before = readParts(message).parts
      const now = readParts(after).parts
      assert.deepEqual(
        now.map(({ n, parent, type }) => ({ n, parent, type })),
        before.map(({ n, parent, type }) => ({ n, parent, type })),
      )
      for (const [n, one] of now.entries()) {
        const was = before[n]
        const holds = now.some(({ parent }) => parent === n)
        if (was === undefined) throw new Error('a part is gone')
        if (plan.parts.length > 0) assert.doesNotMatch(one.encoding, /^8bit|^binary/)
        if (holds) continue
        assert.equal(octetString(decodedBody(after, one)), octetString(decodedBody(message, was)))
        if (!plan.parts.some((coded) => coded.n === n)) continue
        const body = octetString(after, one.at, one.at + one.size)
        assert.doesNotMatch(body, /[^\r\n]{77}|\r(?!\n)|(?<!\r)\n/)
      }
    }),
    { numRuns: 400 },
  )
})
