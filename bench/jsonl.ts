/** `waybill verify --jsonl`: CPU of the whole process for each line of a letter of 5 KB. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run, shortFolder } from '../test/interop/processes.ts'
import { withCleanUp } from './clean-up.ts'
import { senderZone, signedLetterOf, signingTime } from './letters.ts'
import { spread } from './statistics.ts'

const lines = 20_000
const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
let serial = 0

/** Prints the CPU a line, with the start of the process and without. */
export async function benchJsonl(rounds: number): Promise<void> {
  await withCleanUp(async (bench) => {
    const folder = await shortFolder(bench)
    const file = join(folder, 'requests')
    const whole: number[] = []
    const alone: number[] = []
    for (let round = 0; round < rounds; round++) {
      // A start that answers one line is what is taken off.
      const start = await cpuMs(file, 1)
      const all = await cpuMs(file, lines)
      whole.push(all / lines)
      alone.push((all - start) / (lines - 1))
    }
    console.log(`jsonl: ${lines} lines of verify --jsonl, letters of 5 KB, each with its DNS`)
    console.log(`  CPU ${spread(whole, 3)} ms a line, ${spread(alone, 3)} without the start\n`)
  })
}

/** CPU of one process that answers so many lines. */
async function cpuMs(file: string, count: number): Promise<number> {
  const zone = senderZone('192.0.2.10')
  const requests = Array.from({ length: count }, () => {
    const message = signedLetterOf(5000, serial++).toString('base64')
    const sender = {
      ip: '192.0.2.10',
      helo: 'mx.sender.example',
      mailFrom: 'sender@sender.example',
    }
    return JSON.stringify({ id: serial, message, ...sender, now: signingTime + 100, dns: zone })
  })
  writeFileSync(file, `${requests.join('\n')}\n`)
  const node = `${process.execPath} --disable-warning=ExperimentalWarning --conditions=waybill-source`
  const script = `${node} ${main} verify --jsonl < ${file}`
  const timed = spawnSync('sh', ['-c', `${script} > ${file}.out; times`], { encoding: 'utf8' })
  if (timed.status !== 0) throw new Error(`jsonl: ${timed.stderr}`)
  const checked = await run('sh', ['-c', `grep -c '"pass"' ${file}.out`])
  if (Number(checked.stdout) !== count) {
    throw new Error(`jsonl: only ${checked.stdout.trim()} of ${count} lines pass`)
  }
  return childCpuMs(timed.stdout)
}

/** The second line of `times`: user and system time of the shell's children. */
function childCpuMs(text: string): number {
  const found = Array.from((text.split('\n')[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g))
  return found.reduce((sum, [, minutes, seconds]) => {
    return sum + Number(minutes) * 60_000 + Number(seconds) * 1000
  }, 0)
}
