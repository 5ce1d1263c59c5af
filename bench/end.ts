/**
 * The whole way of a letter of 5 KB: taken, committed, delivered, settled. Ours three times: on port
 * 465 with a login, unsigned, and signed with RSA-2048 alone, so that what signing costs stands beside
 * what the operation itself costs; and from a machine that it trusts, in clear text and unsigned, as
 * Postfix takes it and relays it.
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
  trustedEntry,
} from './outward.ts'
import { warmUpLetters } from './measured.ts'
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
    const settings = `${sinkSettings}[dkim]\nalgorithms = []\n[submission]\ntrusted_networks = ["127.0.0.0/8"]\n`
    const trusting = await openWaybill(bench, { zone: outwardZone, settings })
    const trusted = trustedEntry(trusting, 'Waybill, clear text from a trusted network, unsigned')
    const peer = peerEntry(await openRelayingPostfix(bench, { host: sinkIp, port: 25 }))
    const entries = [unsigned, signed, trusted, peer]
    for (let round = 0; round <= rounds; round++) {
      for (const entry of entries) {
        const filling = { letters, messages, octets, to: ['a@sink.example'] }
        const first = entry === peer ? messages : warmUpLetters
        const now = round === 0 ? { ...filling, messages: first } : filling
        keep(entry, row, { round, figures: await sendThrough(entry, sink, now) })
      }
    }
    const title = 'end: 5 KB submitted on 465, delivered, settled; Postfix: clear text'
    printRow(title, [unsigned, peer], { row, letters: messages })
    printRow('  and signed', [signed, peer], { row, letters: messages })
    printRow('  and both in clear text', [trusted, peer], { row, letters: messages })
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
