#!/usr/bin/env node
/*
 * Read by every Node that there is, also by one that is too old for the rest: nothing may be imported
 * before the question how old it is, and no option of Node may stand in the first line.
 */
const wanted = 24
const found = Number(process.versions.node.split('.')[0])

if (found < wanted) {
  process.stderr.write(
    `waybill: it needs Node ${wanted} or newer, and this is ${process.versions.node} (${process.execPath}).\n` +
      '  Install a newer one from https://nodejs.org, or run the clone: npm start brings its own.\n',
  )
  process.exitCode = 2
} else {
  void import('./begin.ts').then(({ begin }) => begin(calledAs(process.argv)))
}

/** A link to this program called `sendmail`, `mailq` or `newaliases` is that command. */
function calledAs([, path = '', ...args]: readonly string[]): readonly string[] {
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
  if (name === 'newaliases') return ['sendmail', '-bi', ...args]
  return name === 'sendmail' || name === 'mailq' ? [name, ...args] : args
}

export {}
