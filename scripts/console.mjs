// Bundles the page (src/console) into a folder: index.html, and files whose names hold a hash of what
// is in them, so that a browser may keep them for good. `node scripts/console.mjs [folder]`.
import { build } from 'esbuild'
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = join(root, 'src', 'console')

/** Bundles the page into `folder`; what is no longer part of it is removed. */
export async function buildConsole(folder) {
  const assets = join(folder, 'assets')
  mkdirSync(assets, { recursive: true })
  const built = await build({
    entryPoints: {
      main: join(source, 'main.tsx'),
      style: join(source, 'style', 'console.css'),
      icon: join(source, 'icon.svg'),
    },
    absWorkingDir: root,
    outdir: assets,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    loader: { '.svg': 'copy' },
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    minify: true,
    legalComments: 'none',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    metafile: true,
    logLevel: 'warning',
  })
  const files = Object.keys(built.metafile.outputs).map((path) => basename(path))
  const named = (start, end) => {
    const found = files.find((name) => name.startsWith(`${start}-`) && name.endsWith(end))
    return `/assets/${found}`
  }
  const page = readFileSync(join(source, 'index.html'), 'utf8')
    .replace('{script}', named('main', '.js'))
    .replace('{style}', named('style', '.css'))
    .replace('{icon}', named('icon', '.svg'))
  // The page comes last, and whole: who loads it finds all that it names.
  const fresh = join(folder, `index.html.${process.pid}`)
  writeFileSync(fresh, page)
  renameSync(fresh, join(folder, 'index.html'))
  for (const name of readdirSync(assets)) {
    if (!files.includes(name)) rmSync(join(assets, name), { force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? join(root, 'dist', 'console')
  try {
    await buildConsole(folder)
  } catch (error) {
    process.stderr.write(
      `The page could not be bundled into ${relative('', folder)}: ${String(error)}\n`,
    )
    process.exitCode = 1
  }
}
