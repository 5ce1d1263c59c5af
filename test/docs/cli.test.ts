/** docs/cli.md tells every command as the command's own help does. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Command } from 'commander'
import { exitCodes } from '../../src/cli/output.ts'
import { makeProgram } from '../../src/cli/program.ts'
import { checkMade, readPage, section, tableRows } from './page.ts'

/** Commands that do something themselves, not only by what is below them. */
function leaves(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves)
}

function nameOf(command: Command): string {
  const { parent } = command
  return parent === null ? command.name() : `${nameOf(parent)} ${command.name()}`
}

/** The help as a terminal of 100 columns shows it. */
function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({
    writeOut: (more) => {
      text += more
    },
    getOutHelpWidth: () => 100,
    getOutHasColors: () => false,
  })
  command.outputHelp()
  return text.trimEnd()
}

test('every command is told by its own help', async () => {
  const all = leaves(await makeProgram())
  assert.ok(all.length > 10)
  checkMade(
    'docs/cli.md',
    'commands',
    all.map((one) => `### \`${nameOf(one)}\`\n\n\`\`\`text\n${helpOf(one)}\n\`\`\``).join('\n\n'),
  )
})

test('every command that prints a result can print it as JSON', async () => {
  const without = leaves(await makeProgram()).filter((command) => {
    return !command.options.some(({ long }) => long === '--json' || long === '--jsonl')
  })
  assert.deepEqual(without.map(nameOf), [])
})

test('the exit codes are those of the program', () => {
  const told = tableRows(section(readPage('docs/cli.md'), '## Exit codes')).map(([code]) => code)
  assert.deepEqual(told, Object.values(exitCodes).map(String))
})
