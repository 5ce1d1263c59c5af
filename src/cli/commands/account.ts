import { createInterface } from 'node:readline'
import { Command } from 'commander'
import { WaybillError } from '../../base/error.ts'
import { hashPassword } from '../../io/password.ts'
import { print, printJson, say } from '../output.ts'

/** `waybill account hash`. */
export function accountCommand(): Command {
  const hash = new Command('hash')
    .description('hash a password for password_hash in waybill.toml; it is read from stdin')
    .option('--json', 'as JSON')
    .action(async (options: { json?: boolean }) => {
      if (process.stdin.isTTY) say('Type the password, then Enter:')
      const password = await firstLine()
      if (password === '') throw new WaybillError('usage', 'The password is empty.')
      const text = await hashPassword(password)
      if (options.json === true) printJson({ password_hash: text })
      else print(text)
    })
  return new Command('account')
    .description('make what an account of waybill.toml needs')
    .addCommand(hash)
}

function firstLine(): Promise<string> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: process.stdin })
    let line = ''
    lines.once('line', (text) => {
      line = text
      lines.close()
    })
    lines.once('close', () => resolve(line))
  })
}
