import { createInterface } from 'node:readline'
import { WaybillError } from '../base/error.ts'
import { ask, say } from './output.ts'

/**
 * Asks before something is done that cannot be taken back. Nobody is asked where `--yes` was said.
 *
 * @throws WaybillError `usage` when nobody is there to be asked, or when the answer is no
 */
export async function confirm(
  question: string,
  options: { readonly yes?: boolean; readonly input?: NodeJS.ReadableStream & { isTTY?: boolean } },
): Promise<void> {
  const { yes, input = process.stdin } = options
  if (yes === true) return
  if (input.isTTY !== true) {
    throw new WaybillError('usage', `${question} Nobody is here to be asked.`, {
      hint: 'Say --yes when it is meant.',
    })
  }
  ask(`${question} [y/N] `)
  const lines = createInterface({ input })
  try {
    for await (const line of lines) {
      if (/^y(?:es)?$/i.test(line.trim())) return
      break
    }
  } finally {
    lines.close()
  }
  say('')
  throw new WaybillError('usage', 'Nothing was done.')
}
