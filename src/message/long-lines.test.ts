import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { octetsOf, octetString } from '../base/octets.ts'
import { foldField, foldLongLines, hasLongLine, LineWatch } from './long-lines.ts'

const x = (count: number): string => 'x'.repeat(count)

test('a line of 998 octets is as long as a line may be', () => {
  const table: readonly (readonly [string, boolean])[] = [
    ['', false],
    [`${x(998)}\r\n`, false],
    [`${x(999)}\r\n`, true],
    [`a\r\n${x(998)}\r\nb\r\n`, false],
    [`a\r\n${x(999)}\r\nb\r\n`, true],
    [`${x(999)}\r\nb`, true],
    [`${x(999)}`, false],
    [`${x(1000)}`, true],
    [`a\r\n${x(1000)}`, true],
    [`${`${x(900)}\r\n`.repeat(3)}`, false],
  ]
  for (const [text, wanted] of table) {
    assert.equal(hasLongLine(octetsOf(text)), wanted, `${text.length} octets`)
  }
})

test('lines are watched cut anywhere', () => {
  for (const length of [998, 999]) {
    const octets = octetsOf(`ab\r\n${x(length)}\r\ncd\r\n`)
    for (const cut of [1, 3, 4, 500, length + 3, length + 4, length + 5, length + 6]) {
      const watch = new LineWatch()
      watch.push(octets.subarray(0, cut))
      watch.push(octets.subarray(cut))
      assert.equal(watch.tooLong, length > 998, `${length} cut at ${cut}`)
    }
  }
})

function folded(text: string): string | undefined {
  const octets = foldLongLines(octetsOf(text))
  return octets === undefined ? undefined : octetString(octets)
}

test('a long field is folded at its white space, and nothing else of it changes', () => {
  const words = Array.from({ length: 200 }, (_, i) => `<${i}@example.com>`).join(' ')
  const text = `References: ${words}\r\n`
  const got = folded(text) ?? ''
  assert.equal(got.replaceAll('\r\n', ''), text.replace('\r\n', ''))
  for (const line of got.split('\r\n').slice(0, -2)) assert.ok(line.length <= 78, line)
  assert.match(got, /^References: <0@example\.com> /)
})

test('what need not be folded stays as it is, its long neighbours do not', () => {
  const short = 'Subject: a\r\n b\r\n'
  assert.equal(folded(short), short)
  const kept = `${x(70)} ${x(70)}`
  const long = `X-A: ${kept}\r\n\t${x(900)} ${x(97)} ${x(5)}\r\n ${kept}\r\n`
  assert.equal(folded(long), `X-A: ${kept}\r\n\t${x(900)}\r\n ${x(97)} ${x(5)}\r\n ${kept}\r\n`)
})

test('a word of 997 octets has a line of its own, a longer one cannot be folded', () => {
  assert.equal(folded(`X-A: ${x(997)}\r\n`), `X-A:\r\n ${x(997)}\r\n`)
  assert.equal(folded(`X-A: ${x(998)}\r\n`), undefined)
  assert.equal(folded(`X-A:${x(997)}\r\n`), undefined)
  assert.equal(folded(`X-A: b ${x(997)} c\r\n`), `X-A: b\r\n ${x(997)}\r\n c\r\n`)
})

test('no line is made of white space alone', () => {
  const blank = ' '.repeat(600)
  assert.equal(folded(`X-A: a${blank}b${blank}\r\n`), undefined)
  assert.equal(folded(`X-A: a${blank}b ${x(500)}\r\n`), `X-A: a\r\n${blank}b\r\n ${x(500)}\r\n`)
  assert.equal(folded(`X-A: a${' '.repeat(1000)}\r\n`), undefined)
  assert.equal(folded(`X-A: a${' '.repeat(1000)}b\r\n`), undefined)
  assert.equal(
    folded(`X-A:${' '.repeat(975)}${x(20)}\r\n`),
    `X-A:\r\n${' '.repeat(975)}${x(20)}\r\n`,
  )
})

test('whatever is folded has the same value, short lines, and no line of white space', () => {
  const word = fc.oneof(
    fc.integer({ min: 1, max: 400 }).map(x),
    fc.integer({ min: 1, max: 90 }).map((n) => ' '.repeat(n)),
    fc.constantFrom('\t', ' ', '\r\n a'),
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 60 }), (words) => {
      const text = `X: a${words.join('')}b\r\n`
      const got = folded(text)
      if (got === undefined) return
      assert.equal(got.replace(/\r\n(?=[ \t])/g, ''), text.replace(/\r\n(?=[ \t])/g, ''))
      for (const line of got.split('\r\n').slice(0, -1)) {
        assert.ok(line.length <= 998)
        assert.match(line, /[^ \t]/)
      }
      assert.equal(folded(got), got)
    }),
  )
})

test('a list without spaces gets one behind each of its marks, and only where it must be folded', () => {
  const folded = (name: string, value: string): string | undefined => {
    const octets = foldField({ name, raw: octetsOf(`${name}:${value}\r\n`) })
    if (octets === undefined) return undefined
    assert.equal(hasLongLine(octets), false)
    return octetString(octets)
      .slice(name.length + 1)
      .replaceAll('\r\n', '')
  }
  const many = (item: string): string => item.repeat(600)
  for (const name of ['to', 'cc', 'from', 'sender', 'reply-to', 'resent-to', 'resent-cc']) {
    assert.equal(folded(name, `${many('a@b.example,')}c@d`), `${many('a@b.example, ')}c@d`)
  }
  for (const name of ['references', 'in-reply-to']) {
    // The last one ends the line, and so has no space behind it.
    assert.equal(folded(name, many('<a@b.example>')), many('<a@b.example> ').trimEnd())
  }
  // What stands in quotes and comments is left alone, whatever is quoted in them.
  const held = `"a,\\",b"(c,(d,)\\),e)<f@g.example>,`
  assert.equal(folded('to', many(held)), many(held.replace(/,$/, ', ')).trimEnd())
  assert.equal(folded('to', `(${many('a,')}),b`), undefined)
  assert.equal(folded('to', `"${many('a,')}"`), undefined)
  // A bracket too many closes nothing, and a backslash outside of quotes is one.
  assert.equal(folded('to', `)${many('a@b.example,')}`), `)${many('a@b.example, ')}`.trimEnd())
  assert.equal(folded('to', `\\${many('a@b.example,')}`), `\\${many('a@b.example, ')}`.trimEnd())
  // Other fields are no lists, and what can be folded as it is gets no space.
  assert.equal(folded('subject', many('a,')), undefined)
  assert.equal(folded('message-id', many('<a>')), undefined)
  assert.equal(folded('to', many('a,b, ')), many('a,b, '))
  assert.equal(folded('to', 'a,b'), 'a,b')
})
