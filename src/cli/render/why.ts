import { stageWords } from '../../desk/why-sending.ts'
import type { Why, WhyReading, WhyRecipient, WhySending } from '../../desk/why.ts'
import { paint } from '../output.ts'

/** An explanation for a terminal: a paragraph for each recipient, then what it stands on. */
export function whyText(why: Why): string {
  const parts = why.recipients.map(recipientText)
  if (why.about === 'reply') return parts.join('\n\n')
  const head = why.id === '' ? why.says : `${paint('bold', why.id)}  ${why.says}`
  return [head, ...parts].join('\n\n')
}

function recipientText(told: WhyRecipient): string {
  const { says, turn, answer, reading, holds } = told
  const rows: (readonly [string, string])[] = []
  if (answer !== null) {
    const code = answer.enhanced === '' ? `${answer.code}` : `${answer.code} ${answer.enhanced}`
    rows.push(['answer', `${code} ${answer.text} (to ${answer.at_command})`])
  }
  if (reading !== null) rows.push(...readingRows(reading))
  for (const { by, until, sending } of holds) {
    if (sending !== undefined) rows.push(['sent now', sendingRow(sending)])
    else rows.push(['kept by', until === null ? by : `${by}, until ${until}`])
  }
  rows.push(['whose turn', turns[turn]])
  return [says, ...rows.map(([name, text]) => `  ${name.padEnd(11)} ${text}`)].join('\n')
}

function sendingRow({ stage, host, address, since }: WhySending): string {
  const to = host === '' ? '' : `to ${host} [${address}], `
  return `${to}at ${stageWords(stage)}, since ${since}`
}

function readingRows({ kind, scope, rule, rule_says, against }: WhyReading): [string, string][] {
  const rows: [string, string][] = [
    ['means', `${kind}, about ${scopes[scope] ?? scope}`],
    ['rule', `${rule}: ${rule_says}`],
  ]
  if (against !== null) rows.push(['against', `${against.rule}: ${against.because}`])
  return rows
}

const scopes: Readonly<Record<string, string>> = {
  recipient: 'this recipient',
  message: 'this letter',
  connection: 'this connection',
  destination: 'all mail for the destination',
  ourselves: 'the server that sends',
}

const turns: Readonly<Record<WhyRecipient['turn'], string>> = {
  'this-server': 'the server that has the letter',
  operator: 'whoever runs the server that sends',
  sender: 'the sender',
  recipient: 'the recipient',
  'other-server': 'the other server, or whoever runs it',
  nobody: 'nobody: it is done',
}
