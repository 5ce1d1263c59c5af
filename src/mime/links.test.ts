import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { htmlText } from './html.ts'
import { linksIn } from './links.ts'

const inText: readonly (readonly [string, readonly string[]])[] = [
  ['See https://a.example/x?y=1&z=2.', ['https://a.example/x?y=1&z=2']],
  ['(https://a.example/) and <https://b.example/c>', ['https://a.example/', 'https://b.example/c']],
  ['https://a.example/wiki/Mail_(post)', ['https://a.example/wiki/Mail_(post)']],
  ['https://a.example, https://a.example!', ['https://a.example']],
  ['HTTP://A.example/', ['HTTP://A.example/']],
  ['javascript:alert(1) ftp://a.example xhttps://', []],
  ['https://a.example/\u202Egpj', ['https://a.example/']],
  ['詳細はhttps://a.example/b?c=1。次の文', ['https://a.example/b?c=1']],
  [
    '「https://a.example」を参照、https://b.example/（作成済み）',
    ['https://a.example', 'https://b.example/'],
  ],
  [
    '《一》http://a.example/b《二》和http://c.example，好',
    ['http://a.example/b', 'http://c.example'],
  ],
  ['https://a.example/wiki/サクラ_(曖昧さ回避)', ['https://a.example/wiki/サクラ_(曖昧さ回避)']],
  ['<https://a.example/long/\nreset?x=1> b', ['https://a.example/long/reset?x=1']],
  ['<URL: https://a.example/long/ \n  reset>', ['https://a.example/long/reset']],
  ['<https://a.example/b is\nthe page>', ['https://a.example/b']],
]

for (const [text, expected] of inText) {
  test(`links in text: ${text}`, () => {
    assert.deepEqual(
      linksIn({ text }).map(({ href }) => href),
      expected,
    )
  })
}

test('links of HTML: in order, each once, with their words, and before those of the text', () => {
  const html = [
    '<a title="a>b" href="https://a.example/?x=1&amp;y=2">Reset <b>it</b></a>',
    "<A HREF='https://b.example'></A>",
    '<a href=https://c.example/d>c</a>',
    '<a href="https://a.example/?x=1&amp;y=2">again</a>',
    '<a href=" https://e.example/\n"> E </a>',
    '<a href="javascript:alert(1)">no</a><a href="data:text/html,x">no</a><a name=x>no</a>',
    '<!-- <a href="https://comment.example">no</a> -->',
    '<script>"<a href=\'https://script.example\'>"</script>',
    'bare: https://f.example/',
  ].join('\n')
  assert.deepEqual(linksIn({ html, text: 'https://c.example/d and https://g.example/' }), [
    { href: 'https://a.example/?x=1&y=2', text: 'Reset it' },
    { href: 'https://b.example' },
    { href: 'https://c.example/d', text: 'c' },
    { href: 'https://e.example/', text: 'E' },
    { href: 'https://f.example/' },
    { href: 'https://g.example/' },
  ])
})

test('what HTML says in text and words of links is decoded', () => {
  const html = [
    '<p>Go to https://a.example/?x=1&amp;y=2 now, or &lt;https://b.example&gt;</p>',
    '<a href="https://c.example">Best&auml;tigen &#38; weiter</a>',
    '<!--><a href="https://d.example">d</a><!---><a href="https://e.example">e</a><!-- x -->',
  ].join('\n')
  assert.deepEqual(linksIn({ html }), [
    { href: 'https://a.example/?x=1&y=2' },
    { href: 'https://b.example' },
    { href: 'https://c.example', text: 'Bestätigen & weiter' },
    { href: 'https://d.example', text: 'd' },
    { href: 'https://e.example', text: 'e' },
  ])
})

test('nothing that is written throws, and no link is anything but http', () => {
  const piece = fc.constantFrom(
    '<a ',
    'href=',
    '"',
    "'",
    '>',
    '<',
    '</a>',
    '<!--',
    '-->',
    'https://x',
    '&#',
    '&amp;',
    ';',
    '<script>',
    ' ',
    'javascript:',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 50 }), (chosen) => {
      const html = chosen.join('')
      for (const { href } of linksIn({ html, text: html })) assert.match(href, /^https?:\/\//)
      htmlText(html)
    }),
    { numRuns: 500 },
  )
})

test('more links than anybody follows are not told', () => {
  const text = Array.from({ length: 1001 }, (_, n) => `https://a.example/${n}`).join(' ')
  const links = linksIn({ text })
  assert.equal(links.length, 1000)
  assert.equal(links.at(-1)?.href, 'https://a.example/999')
})

test('hostile shapes cost one pass', () => {
  const shapes = [
    '<a href="',
    '<a href=x ',
    '<!--',
    '<',
    '<a ',
    '=" ',
    '&#',
    '<script>',
    '<b>',
    'https://',
    '((',
    '))',
  ]
  for (const shape of shapes) {
    const html = shape.repeat(300_000)
    assert.ok(linksIn({ html, text: html }).length <= 1000)
    htmlText(html)
  }
})
