/** What a queue of a million letters costs beside one of a thousand. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { contentOf } from '../src/store/ports/contents.ts'
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import { shortFolder } from '../test/interop/processes.ts'
import { withCleanUp } from './clean-up.ts'

const waiting = Number(process.env['WAYBILL_BENCH_WAITING'] ?? 1_000_000)
/** Recipients of one letter. */
const recipients = 10
/** Letters that are put down at a time. */
const atOnce = 100

interface Figures {
  readonly readyMs: number
  readonly megabytes: number
  readonly leaseMicros: number
  readonly settleMicros: number
}

/** Prints how soon each queue is ready, how much memory it takes, and what an item costs. */
export async function benchMillion(): Promise<void> {
  await withCleanUp(async (bench) => {
    const folder = await shortFolder(bench)
    const small = await measure(join(folder, 'small'), 1000)
    const large = await measure(join(folder, 'large'), waiting)
    console.log(`million: ${waiting} letters that wait, all due, beside 1000 of them`)
    line('ready, with the first lease', 'ms', small.readyMs, large.readyMs)
    line('memory of the process', 'MiB', small.megabytes, large.megabytes)
    line('leasing, each', 'µs', small.leaseMicros, large.leaseMicros)
    line('settling, each', 'µs', small.settleMicros, large.settleMicros)
    console.log('')
  })
}

function line(what: string, unit: string, small: number, large: number): void {
  const figure = (value: number): string => `${value.toFixed(0)} ${unit}`.padStart(10)
  console.log(
    `  ${what.padEnd(30)} ${figure(small)} ${figure(large)}  ${(large / small).toFixed(2)} times`,
  )
}

async function measure(folder: string, count: number): Promise<Figures> {
  const began = performance.now()
  await fill(folder, count)
  console.log(`  ${count} put down in ${((performance.now() - began) / 1000).toFixed(0)} s`)
  const measured = fileURLToPath(new URL('million-process.ts', import.meta.url))
  const options = ['--conditions=waybill-source', '--disable-warning=ExperimentalWarning']
  const told = execFileSync(process.execPath, [...options, measured, folder], { encoding: 'utf8' })
  return JSON.parse(told)
}

async function fill(folder: string, count: number): Promise<void> {
  const store = await openSqliteStore({ folder })
  const now = Date.now()
  const content = contentOf(new TextEncoder().encode('Subject: x\r\n\r\nx\r\n'))
  for (let first = 0; first < count / recipients; first += atOnce) {
    const letters = Array.from({ length: atOnce }, (_, n) => first + n)
    await Promise.all(
      letters.map((letter) => {
        const messageId = `m${letter}`
        const journeyId = `J${letter}`
        const from = `x@sender${letter % 300}.example`
        const to = Array.from(
          { length: recipients },
          (_, n) => `r${n}@d${(letter + n) % 5000}.example`,
        )
        return store.post.accept({
          message: { id: messageId, content, prefix: new Uint8Array(0), omit: [] },
          mailbox: [],
          queue: to.map((recipient, n) => ({
            id: `q${letter}-${n}`,
            messageId,
            journeyId,
            reversePath: from,
            recipient,
            destination: recipient.slice(recipient.indexOf('@') + 1),
            smtpUtf8: false,
            eightBit: false,
            dsn: {},
            createdAt: now,
            nextAttemptAt: now - (letter % 3600) * 1000,
            expiresAt: now + 432_000_000,
          })),
          journeys: [
            {
              id: journeyId,
              direction: 'out',
              startedAt: now,
              status: 'queued',
              mailFrom: from,
              rcptTo: to,
              subject: 'x',
              summary: 'waits',
              json: '{"steps":[]}',
              shared: [],
              messageId,
            },
          ],
        })
      }),
    )
  }
  await store.close()
}
