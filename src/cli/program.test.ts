import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Command } from 'commander'
import { makeProgram } from './program.ts'

function withInner(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withInner)]
}

test('every help fits a terminal of 80 columns', async () => {
  for (const command of withInner(await makeProgram())) {
    let text = ''
    command.configureOutput({
      writeOut: (more) => {
        text += more
      },
      getOutHelpWidth: () => 80,
      getOutHasColors: () => false,
    })
    command.outputHelp()
    for (const line of text.split('\n')) {
      assert.ok(line.length <= 80, `${command.name()}: ${line}`)
    }
  }
})

test('what commands and options are for keeps its column on a terminal of 60', async () => {
  for (const command of withInner(await makeProgram())) {
    const output = { ...command.configureOutput(), getOutHelpWidth: () => 60 }
    command.configureOutput(output)
    for (const line of command.helpInformation().split('\n')) {
      assert.ok(line.length <= 60, `${command.name()}: ${line}`)
    }
  }
})

test('every command says in its help what it is for', async () => {
  for (const command of withInner(await makeProgram())) {
    assert.ok(command.description().length > 8, command.name())
    for (const { description, flags } of command.options) assert.ok(description !== '', flags)
  }
})
