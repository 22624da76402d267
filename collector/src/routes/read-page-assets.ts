import { readFile } from 'node:fs/promises'

export interface PageAsset {
  path: string
  type: string
  content: Buffer
}

const FILES = [
  { path: '/dashboard', file: 'index.html', type: 'text/html; charset=utf-8' },
  { path: '/dashboard/dashboard.js', file: 'dashboard.js', type: 'text/javascript; charset=utf-8' },
  { path: '/dashboard/dashboard.css', file: 'dashboard.css', type: 'text/css; charset=utf-8' },
]

// From src and from dist alike: the built page lies in dist.
const FOLDER = new URL('../../dist/dashboard/', import.meta.url)

/** Reads the built dashboard page. */
export async function readPageAssets(): Promise<PageAsset[]> {
  return Promise.all(
    FILES.map(async ({ path, file, type }) => ({
      path,
      type,
      content: await readFile(new URL(file, FOLDER)),
    })),
  )
}
