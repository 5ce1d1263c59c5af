import { encodeBase64 } from '../base/base64.ts'
import { encodeUtf8 } from '../base/octets.ts'
import { formatDate } from '../message/date.ts'
import { formatField } from '../message/field.ts'

/** A message that carries a report in a file. */
export interface ReportMessage {
  /** Name that is shown of the author. */
  readonly author: string
  readonly from: string
  readonly to: readonly string[]
  /** Each on a line of its own where the field is folded. */
  readonly subject: readonly string[]
  /** With its angle brackets. */
  readonly messageId: string
  /** Unix milliseconds. */
  readonly now: number
  /** Fields that only this kind of report has. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  /** The media type of the whole, with its parameters but the boundary: `multipart/mixed;`. */
  readonly type: readonly string[]
  /** Unlike all that base64 or the text may hold. */
  readonly boundary: string
  /** ASCII, lines ended by CRLF. */
  readonly text: string
  readonly file: { readonly type: string; readonly name: string; readonly octets: Uint8Array }
}

/** Writes it: a text for people, and the file in base64. Its only octets are ASCII. */
export function writeReportMessage(message: ReportMessage): Uint8Array {
  const { author, from, to, subject, messageId, now, fields, type, boundary, text, file } = message
  const parts = [
    // RFC 5322 §3.2.4: the dots of a name want quotation marks.
    formatField('From', `${author} <${from}>`),
    formatField('To', list(to)),
    formatField('Subject', subject),
    formatField('Date', formatDate(now)),
    formatField('Message-ID', messageId),
    // RFC 3834 §5: no program shall answer it.
    formatField('Auto-Submitted', 'auto-generated'),
    ...fields.map(([name, value]) => formatField(name, value)),
    formatField('MIME-Version', '1.0'),
    formatField('Content-Type', [...type, `boundary="${boundary}"`]),
    '\r\n',
    `--${boundary}\r\n`,
    'Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\n',
    text,
    `\r\n--${boundary}\r\n`,
    formatField('Content-Type', [`${file.type};`, `name="${file.name}"`]),
    'Content-Transfer-Encoding: base64\r\n',
    formatField('Content-Disposition', ['attachment;', `filename="${file.name}"`]),
    '\r\n',
    base64Lines(file.octets),
    `--${boundary}--\r\n`,
  ]
  return encodeUtf8(parts.join(''))
}

/** Addresses with a comma behind each but the last, so that the field folds between them. */
function list(addresses: readonly string[]): readonly string[] {
  const last = addresses.length - 1
  return addresses.map((one, index) => `<${one}>${index === last ? '' : ','}`)
}

function base64Lines(octets: Uint8Array): string {
  let text = ''
  // 57 octets are 76 characters, RFC 2045 §6.8.
  for (let at = 0; at < octets.length; at += 57) {
    text += `${encodeBase64(octets.subarray(at, at + 57))}\r\n`
  }
  return text
}
