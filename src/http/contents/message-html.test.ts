import assert from 'node:assert/strict'
import { test } from 'node:test'
import { octetsOf } from '../../base/octets.ts'
import { readParts } from '../../mime/tree.ts'
import { shownHtml } from './message-html.ts'

const png = 'iVBORw0KGgoAAAA='
const webp = 'UklGRgAAAABXRUJQ'

const cases: readonly (readonly [string, string, string, string, string])[] = [
  ['as it is', 'cid:pic', 'image/gif', 'R0lGODlh', 'data:image/gif;base64,R0lGODlh'],
  ['coded in percent', 'cid:a%40pic', 'image/png', png, `data:image/png;base64,${png}`],
  ['a reference of HTML', 'cid:a&amp;pic', 'image/png', png, `data:image/png;base64,${png}`],
  ['octets', 'cid:pic', 'application/octet-stream', png, `data:image/png;base64,${png}`],
  ['other octets', 'cid:pic', 'application/octet-stream', webp, `data:image/webp;base64,${webp}`],
  ['octets of no picture', 'cid:pic', 'application/octet-stream', 'PHN2Zz4=', 'cid:pic'],
  ['no picture', 'cid:pic', 'text/html', 'PHN2Zz4=', 'cid:pic'],
  ['nobody', 'cid:none', 'image/png', png, 'cid:none'],
]

for (const [what, source, type, content, expected] of cases) {
  test(`a picture in HTML: ${what}`, () => {
    const id =
      /a%40|a&amp;/.exec(source)?.[0] === undefined
        ? 'pic'
        : source.includes('&')
          ? 'a&pic'
          : 'a@pic'
    const message = octetsOf(
      `Content-Type: ${type}\r\nContent-ID: <${id}>\r\nContent-Transfer-Encoding: base64\r\n\r\n${content}`,
    )
    const { parts } = readParts(message)
    const shown = shownHtml(`<img src="${source}">`, { message, parts, remote: true })
    assert.equal(shown, `<img src="${expected}">`)
  })
}
