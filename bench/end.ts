/**
 * The whole way of a letter of 5 KB: taken on port 465 with a login, committed, delivered, settled.
 * Ours once unsigned and once signed with RSA-2048 alone, so that what signing costs stands beside
 * what the operation itself costs; Postfix takes it in clear text and relays it unsigned.
 */
import { createPrivateKey, sign } from 'node:crypto'
import { join } from 'node:path'
import { shortFolder } from '../test/interop/processes.ts'
import { withCleanUp } from './clean-up.ts'
import { signingKey } from './letters.ts'
import {
  type Entry,
  keep,
  ourEntry,
  outwardZone,
  peerEntry,
  printRow,
  roundsOf,
  sendThrough,
  sinkIp,
  sinkSettings,
} from './outward.ts'
import { openRelayingPostfix } from './postfix.ts'
import { Sink } from './sink-process.ts'
import { spread } from './statistics.ts'
import { openWaybill } from './waybill.ts'

const messages = 2000
const octets = 5000
const row = 'end'

/** Prints the row, over so many rounds after one that warms up. */
export async function benchEnd(rounds: number): Promise<void> {
  await withCleanUp(async (bench) => {
    const letters = join(await shortFolder(bench), 'letters')
    const sink = new Sink(bench)
    await sink.open(sinkIp, 25)
    const open = async (name: string, algorithms: string): Promise<Entry> => {
      const settings = `${sinkSettings}[dkim]\nalgorithms = ${algorithms}\n`
      return ourEntry(await openWaybill(bench, { zone: outwardZone, settings }), name)
    }
    const unsigned = await open('Waybill, unsigned', '[]')
    const signed = await open('Waybill, signed with RSA-2048', '["rsa"]')
    const peer = peerEntry(await openRelayingPostfix(bench, { host: sinkIp, port: 25 }))
    const entries = [unsigned, signed, peer]
    for (let round = 0; round <= rounds; round++) {
      for (const entry of entries) {
        const filling = { letters, messages, octets, to: ['a@sink.example'] }
        // More to warm up for those whose code is compiled while it runs.
        const before = round === 0 ? { ...filling, messages: 2 * messages } : filling
        keep(entry, row, { round, figures: await sendThrough(entry, sink, before) })
      }
    }
    const title = 'end: 5 KB submitted on 465, delivered, settled; Postfix: clear text'
    printRow(title, [unsigned, peer], { row, letters: messages })
    printRow('  and signed', [signed, peer], { row, letters: messages })
    const extra = roundsOf(signed, row).flatMap(({ cpuMs }, round) => {
      const plain = roundsOf(unsigned, row)[round]
      return plain === undefined ? [] : [cpuMs - plain.cpuMs]
    })
    console.log(`  signing adds ${spread(extra, 3)} ms of CPU a letter;`)
    console.log(`  crypto.sign alone takes ${spread(signingAlone(rounds), 3)} ms\n`)
  })
}

/** Milliseconds of CPU for one RSA-2048 signature over a header of usual length. */
function signingAlone(rounds: number): readonly number[] {
  const key = createPrivateKey(signingKey.privateKey)
  const header = Buffer.alloc(500, 'a')
  const times = 200
  return Array.from({ length: rounds }, () => {
    const before = process.cpuUsage()
    for (let n = 0; n < times; n++) sign('sha256', header, key)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000 / times
  })
}
