import { createHash } from 'node:crypto'
import type { FastifyInstance, onRequestHookHandler } from 'fastify'
import { escapeHtml } from '../escape-html.js'
import { createStaticFile, REVALIDATE, sendStaticFile } from '../static-file.js'
import { buildOpenApi, type OpenApiDocument } from './openapi.js'
import type { Operation, Parameter } from './operation.js'

const DOCS_STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
section { border-top: 1px solid #8886; margin-top: 2rem }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0 }
pre { overflow-x: auto; padding: .75rem; background: #8881 }
code { font-family: ui-monospace, monospace }
`

const STYLE_HASH = createHash('sha256').update(DOCS_STYLE).digest('base64')
const CONTENT_SECURITY_POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

/**
 * Adds the routes `/openapi.json` and `/docs`, which require no API key. Both are written and compressed once, at
 * startup: writing the document for each request would hold up the events of every site.
 */
export function addDocuments(
  app: FastifyInstance,
  api: Parameters<typeof buildOpenApi>[0],
  limit: onRequestHookHandler,
): void {
  const document = buildOpenApi(api)
  const json = createStaticFile(JSON.stringify(document), 'application/json; charset=utf-8')
  const page = createStaticFile(writeDocsPage(document), 'text/html; charset=utf-8')
  app.get('/openapi.json', { onRequest: limit }, (request, reply) =>
    sendStaticFile(request, reply, { file: json, headers: { 'cache-control': REVALIDATE } }),
  )
  app.get('/docs', { onRequest: limit }, (request, reply) =>
    sendStaticFile(request, reply, {
      file: page,
      headers: {
        'cache-control': REVALIDATE,
        'content-security-policy': CONTENT_SECURITY_POLICY,
        'referrer-policy': 'no-referrer',
      },
    }),
  )
}

/** Returns an HTML page that shows an OpenAPI document as headings, tables and examples, without a script. */
function writeDocsPage(document: OpenApiDocument): string {
  const { title, description } = document.info
  const sections = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) =>
      writeOperation(`${method.toUpperCase()} ${path}`, operation),
    ),
  )
  const deliveries = Object.entries(document.webhooks).map(([event, { post }]) =>
    writeOperation(`webhook ${event}`, post!),
  )
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title><style>${DOCS_STYLE}</style></head>
<body>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(description)} Send your key as <code>X-API-Key</code> or <code>Authorization: Bearer</code>. The same as <a href="openapi.json">OpenAPI 3.1</a>.</p>
${[...sections, ...deliveries].join('\n')}
</body>
</html>
`
}

function writeOperation(
  name: string,
  { summary, description, parameters = [], responses, requestBody }: Operation,
): string {
  const [[, { content }]] = Object.entries(responses) as [
    [string, { content?: Record<string, { example?: unknown }> }],
  ]
  const example = content?.['application/json']?.example
  const request = (requestBody as { content: Record<string, { example?: unknown }> } | undefined)?.content[
    'application/json'
  ]?.example
  return `<section>
<h2><code>${escapeHtml(name)}</code></h2>
<p>${escapeHtml([summary, description].filter(Boolean).join('. '))}</p>
${parameters.length > 0 ? `<table><tr><th>parameter</th><th>allowed</th><th>meaning</th></tr>${parameters.map(writeParameter).join('')}</table>` : ''}
${request === undefined ? '' : `<p>Body:</p>${writeExample(request)}${example === undefined ? '' : '<p>Answer:</p>'}`}
${example === undefined ? '' : writeExample(example)}
</section>`
}

function writeExample(example: unknown): string {
  return `<pre><code>${escapeHtml(JSON.stringify(example, null, 2))}</code></pre>`
}

function writeParameter({ name, schema, required, description = '' }: Parameter): string {
  return `<tr><td><code>${escapeHtml(name)}</code>${required ? ' *' : ''}</td><td>${escapeHtml(describeSchema(schema))}</td><td>${escapeHtml(description)}</td></tr>`
}

function describeSchema(schema: Parameter['schema']): string {
  const {
    type,
    const: only,
    anyOf,
    minimum,
    maximum,
    default: preset,
  } = schema as {
    type?: string
    const?: string
    anyOf?: { const: string }[]
    minimum?: number
    maximum?: number
    default?: string | number
  }
  const allowed = anyOf
    ? anyOf.map(({ const: word }) => word).join(', ')
    : (only ?? (type === 'integer' ? `${minimum} to ${maximum}` : 'text'))
  return preset === undefined ? allowed : `${allowed}; ${preset} unless given`
}
