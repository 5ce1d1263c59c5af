/**
 * Loaded before a program, this counts which functions are called on its main thread. Asked by its
 * parent, it names the sources of which one was called since it was asked last.
 */
import { type Profiler, Session } from 'node:inspector'
import { isMainThread } from 'node:worker_threads'

/** The code of the file itself is no call: it runs when it is imported. */
function isCall({ functionName, ranges }: Profiler.FunctionCoverage): boolean {
  const [range] = ranges
  if (range === undefined || range.count === 0) return false
  return functionName !== '' || range.startOffset > 0
}

if (isMainThread) {
  const session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  process.on('message', () => {
    session.post('Profiler.takePreciseCoverage', (_problem, { result }) => {
      process.send?.(result.filter(({ functions }) => functions.some(isCall)).map(({ url }) => url))
    })
  })
}
