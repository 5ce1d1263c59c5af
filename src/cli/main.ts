#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import { enableCompileCache } from 'node:module'
import { livePastReaders } from './output.ts'
import { run } from './run.ts'

// The second start of the program does not compile its sources again.
enableCompileCache()

livePastReaders()

process.exitCode = await run(process.argv.slice(2))
