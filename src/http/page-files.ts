import { readFileSync } from 'node:fs'
import { extname, join, normalize } from 'node:path'
import type { Api } from './api-types.ts'

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
}

/** Nothing but our own files, and no text that becomes script. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

/** The files of the page; every other path that a page may have is its first file. */
export function pageFiles(api: Api, folder: string): void {
  api.get('/assets/*', (c) => {
    const name = normalize(c.req.path).replace(/^[/\\]+/, '')
    const octets = name.startsWith('assets') ? read(join(folder, name)) : undefined
    if (octets === undefined) return c.notFound()
    return c.body(octets, 200, {
      'content-type': types[extname(name)] ?? 'application/octet-stream',
      // Their names have their hash.
      'cache-control': 'public, max-age=31536000, immutable',
    })
  })
  api.get('/:path{(?!v1/|api/|assets/).*}', (c) => {
    const octets = read(join(folder, 'index.html'))
    const page = octets ?? new TextEncoder().encode(notBuilt)
    return c.body(page as Uint8Array<ArrayBuffer>, 200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
    })
  })
}

function read(path: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return new Uint8Array(readFileSync(path))
  } catch {
    return undefined
  }
}

const notBuilt = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Waybill</title>
<h1>The page is not built</h1>
<p>Build it with <code>npm run build</code> and start again. The API answers:
<a href="/v1/messages">/v1/messages</a>, <a href="/v1/openapi.json">/v1/openapi.json</a>.</p>
</html>`
