import { Command } from 'commander'
import { type DsnReading, readDsn } from '../../report/read-dsn.ts'
import type { ReportedRecipient } from '../../report/reported-recipient.ts'
import { exitCodes, paint, print, printJson, say } from '../output.ts'
import { openReportInputs } from '../report-input.ts'
import { inOneLine } from '../../base/shown-text.ts'

type Bounce = DsnReading & { readonly type: 'dsn' }

/** `waybill report bounce FILE`. */
export function bounceCommand(): Command {
  return new Command('bounce')
    .description('say what a bounce says: who did not get the letter, and why (RFC 3464)')
    .argument('<file...>', 'messages, mbox files, Maildirs; "-" is stdin')
    .option('--json', 'one JSON object for each bounce')
    .addHelpText('after', '\nExit code 0: each message is a bounce that was read. 1: some are not.')
    .action(async (paths: readonly string[], options: { readonly json?: boolean }) => {
      for (const path of paths) {
        for await (const { path: file, octets, problem } of openReportInputs(path)) {
          const reading = readDsn(octets)
          if (problem === undefined && reading.type === 'dsn') {
            if (options.json === true) printJson({ file, ...reading })
            else print(bounceText(file, reading))
            continue
          }
          process.exitCode = exitCodes.no
          say(`${file}: ${problem ?? 'It is no bounce: nothing in it tells of a delivery.'}`)
        }
      }
    })
}

const sources = {
  report: '',
  loose: ' (its fields stand in the text)',
  text: ' (guessed from its sentences)',
} as const satisfies Readonly<Record<Bounce['source'], string>>

/** What it says, for a person. Everything in it is what a stranger claims. */
function bounceText(file: string, reading: Bounce): string {
  const { reportingMta, originalMessageId, originalEnvelopeId, arrivalDate, recipients } = reading
  const about = [
    ['Told by', reportingMta],
    ['Letter', originalMessageId],
    ['Envelope', originalEnvelopeId],
    ['Arrived', arrivalDate],
  ] as const
  const lines = about.flatMap(([name, value]) => {
    return value === undefined ? [] : [`  ${name.padEnd(9)} ${inOneLine(value)}`]
  })
  const title = paint('bold', `Bounce in ${inOneLine(file)}${sources[reading.source]}`)
  return [title, ...lines, ...recipients.flatMap(recipientLines)].join('\n')
}

function recipientLines(recipient: ReportedRecipient): readonly string[] {
  const { finalRecipient, originalRecipient, action, status } = recipient
  const { remoteMta, diagnosticCode, lastAttemptDate, willRetryUntil } = recipient
  const address = finalRecipient || originalRecipient || '(not told)'
  const colour = action === 'failed' ? 'red' : action === 'delayed' ? 'yellow' : 'green'
  const details = [
    ['written to', originalRecipient === finalRecipient ? undefined : originalRecipient],
    ['by', remoteMta],
    ['because', diagnosticCode],
    ['last tried', lastAttemptDate],
    ['tries until', willRetryUntil],
  ] as const
  return [
    `  ${paint(colour, action)} ${inOneLine(address)} (${status})`,
    ...details.flatMap(([name, value]) => {
      return value === undefined ? [] : [`    ${name} ${inOneLine(value)}`]
    }),
  ]
}
