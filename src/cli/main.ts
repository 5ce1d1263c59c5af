#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import { enableCompileCache } from 'node:module'
import { run } from './run.ts'

// The second start of the program does not compile its sources again.
enableCompileCache()

// Who reads the output may have enough of it (`waybill list | head`): that is no fault.
process.stdout.on('error', (problem: NodeJS.ErrnoException) => {
  if (problem.code !== 'EPIPE') throw problem
  process.exit()
})

process.exitCode = await run(process.argv.slice(2))
