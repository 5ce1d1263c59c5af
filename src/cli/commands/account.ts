import { Command } from 'commander'
import { hashPassword } from '../../io/password.ts'
import { ask, print, printJson } from '../output.ts'
import { readNewPassword } from '../password-input.ts'

/** `waybill account hash`. */
export function accountCommand(): Command {
  const hash = new Command('hash')
    .description(
      'hash a password for password_hash in waybill.toml; typed twice, or read from stdin',
    )
    .option('--json', 'as JSON')
    .action(async (options: { json?: boolean }) => {
      const password = await readNewPassword({ input: process.stdin, ask })
      const text = await hashPassword(password)
      if (options.json === true) printJson({ password_hash: text })
      else print(text)
    })
  return new Command('account')
    .description('make what an account of waybill.toml needs')
    .addCommand(hash)
}
