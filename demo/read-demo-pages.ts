import { readFile } from 'node:fs/promises'

export interface DemoPage {
  path: string
  type: string
  content: string
}

const HTML = 'text/html; charset=utf-8'
const SCRIPT = 'text/javascript; charset=utf-8'

const FILES = [
  { path: '/', file: 'pages/index.html', type: HTML },
  { path: '/products', file: 'pages/products.html', type: HTML },
  { path: '/products/harbour-breakfast', file: 'pages/product.html', type: HTML },
  { path: '/checkout', file: 'pages/checkout.html', type: HTML },
  { path: '/shop.css', file: 'pages/shop.css', type: 'text/css; charset=utf-8' },
  { path: '/shop.js', file: 'pages/shop.js', type: SCRIPT },
  { path: '/app/', file: 'app/index.html', type: HTML },
  { path: '/app/timer', file: 'app/index.html', type: HTML },
  { path: '/app/about', file: 'app/index.html', type: HTML },
  { path: '/app/app.js', file: 'dist/app/app.js', type: SCRIPT },
]

// The compiled version of this file lies one folder deeper.
const FOLDER = new URL(/\/dist\/[^/]+$/.test(import.meta.url) ? '../' : './', import.meta.url)

/** Reads the shop and the app, and replaces each `{{name}}` with its value. */
export async function readDemoPages(values: Record<string, string>): Promise<DemoPage[]> {
  return Promise.all(
    FILES.map(async ({ path, file, type }) => {
      const content = await readFile(new URL(file, FOLDER), 'utf8')
      return { path, type, content: type === HTML ? fill(content, values) : content }
    }),
  )
}

function fill(template: string, values: Record<string, string>): string {
  return template.replace(/\{\{([\w-]+)\}\}/g, (_, name: string) => escapeAttribute(values[name] ?? ''))
}

function escapeAttribute(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
