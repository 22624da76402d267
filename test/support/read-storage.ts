import type { Tab } from './tab.js'

export interface PageStorage {
  localStorage: string[]
  sessionStorage: string[]
  cookie: string
  databases: number
}

/** The browser's stored data for a page, as the page sees it. */
export function readStorage(tab: Tab): Promise<PageStorage> {
  return tab.evaluate(async () => ({
    localStorage: Object.keys(localStorage),
    sessionStorage: Object.keys(sessionStorage),
    cookie: document.cookie,
    databases: (await indexedDB.databases()).length,
  }))
}

export const EMPTY_STORAGE: PageStorage = { localStorage: [], sessionStorage: [], cookie: '', databases: 0 }
