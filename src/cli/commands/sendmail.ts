import { Command } from 'commander'
import { runSendmail } from '../sendmail/run-sendmail.ts'
import { listMailQueue } from './mailq.ts'

/**
 * `waybill sendmail …`. Its options are those of sendmail and no others, so they are read by hand:
 * see `src/cli/sendmail/arguments.ts`.
 */
export function sendmailCommand(): Command {
  return new Command('sendmail')
    .description('take a message from standard input, as programs expect of sendmail')
    .argument('[recipients...]', 'whom it is for')
    .option('-t', 'those of To, Cc and Bcc, too; Bcc is taken out')
    .option('-i', 'a line with a dot alone does not end it (also -oi)')
    .option('-f <sender>', 'the reverse-path, <> for none; else the user (also -r)')
    .option('-F <name>', 'the name beside the address in From, where From is missing')
    .option('-N <dsn>', 'reports: never, or success, failure, delay with commas between')
    .option('-R <what>', 'what a report returns: full or hdrs')
    .option('-V <envid>', 'the id that reports name')
    .option('-B <type>', '7BIT or 8BITMIME; it is found out from the message anyway')
    .option(
      '-b <mode>',
      '-bp: list what waits, as mailq; -bm and -bi are taken, -bs and -bd refused',
    )
    .option('-q', 'nothing: the server tries what waits by itself')
    .option('-C <file>', 'the waybill.toml, also --config; else WAYBILL_CONFIG, /etc/waybill.toml')
    .option('--server <host:port>', 'SMTP is spoken there; else WAYBILL_SENDMAIL_SERVER')
    .option('--json', 'what became of it as one JSON object')
    .addHelpText('after', help)
    .allowUnknownOption()
}

const help = `
Exit code 0: the server has it, on its disk. Of sysexits.h: 64 wrong use, 65 the
message was refused, 67 a recipient, 69 the connection, 75 try again later, 77
the sender, 78 the settings. Otherwise than 0 nothing was sent to anybody.`

/** Runs it with the options as they were given. */
export function sendmail(args: readonly string[]): Promise<number> {
  return runSendmail(args, (config) => listMailQueue(config === undefined ? {} : { config }))
}
