import { readFile } from 'node:fs/promises'
import { makeKettleSound } from './make-kettle-sound.js'

export interface DemoPage {
  path: string
  type: string
  content: string | Buffer
}

const HTML = 'text/html; charset=utf-8'
const SCRIPT = 'text/javascript; charset=utf-8'

/** Path of the page that is served for all unknown paths. */
export const MISSING = '/missing'

const FILES = [
  { path: '/', file: 'pages/index.html', type: HTML },
  { path: '/products', file: 'pages/products.html', type: HTML },
  { path: '/products/harbour-breakfast', file: 'pages/product.html', type: HTML },
  { path: '/find', file: 'pages/find.html', type: HTML },
  { path: '/journal', file: 'pages/journal.html', type: HTML },
  { path: '/brew-guide.txt', file: 'pages/brew-guide.txt', type: 'text/plain; charset=utf-8' },
  { path: MISSING, file: 'pages/missing.html', type: HTML },
  { path: '/checkout', file: 'pages/checkout.html', type: HTML },
  { path: '/shop.css', file: 'pages/shop.css', type: 'text/css; charset=utf-8' },
  { path: '/shop.js', file: 'pages/shop.js', type: SCRIPT },
  { path: '/app/', file: 'app/index.html', type: HTML },
  { path: '/app/timer', file: 'app/index.html', type: HTML },
  { path: '/app/about', file: 'app/index.html', type: HTML },
  // A view that the app does not have: the server cannot know that.
  { path: '/app/recipes', file: 'app/index.html', type: HTML },
  { path: '/app/app.js', file: 'dist/app/app.js', type: SCRIPT },
]

// The compiled version of this file lies one folder deeper.
const FOLDER = new URL(/\/dist\/[^/]+$/.test(import.meta.url) ? '../' : './', import.meta.url)

/** Reads the shop and the app, and replaces each `{{name}}` with its value. */
export async function readDemoPages(values: Record<string, string>): Promise<DemoPage[]> {
  const files = FILES.map(async ({ path, file, type }) => {
    const content = await readFile(new URL(file, FOLDER), 'utf8')
    return { path, type, content: type === HTML ? fill(content, values) : content }
  })
  return [
    ...(await Promise.all(files)),
    { path: '/kettle.wav', type: 'audio/wav', content: makeKettleSound() },
  ]
}

function fill(template: string, values: Record<string, string>): string {
  return template.replace(/\{\{([\w-]+)\}\}/g, (_, name: string) => escapeAttribute(values[name] ?? ''))
}

function escapeAttribute(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
