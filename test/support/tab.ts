/** What the specs need of a browser tab: little enough that every driver has it. */
export interface Tab {
  /** Resolves after the page's load event. */
  goto(url: string): Promise<void>
  /** Runs a function in the page; it sees nothing of the spec but its argument. */
  evaluate<Result>(run: () => Result | Promise<Result>): Promise<Result>
  evaluate<Result, Argument>(
    run: (argument: Argument) => Result | Promise<Result>,
    argument: Argument,
  ): Promise<Result>
  /** Clicks and does not wait for what the click leads to. */
  click(selector: string): Promise<void>
  url(): Promise<string>
  /** Closes the tab as a visitor does: its pages get pagehide. */
  close(): Promise<void>
  /** Kills the process of the page, whose scripts learn nothing of it, and closes what is left. Only where the engine's driver can. */
  crash?(): Promise<void>
}

/** A cookie as the browser keeps it. */
export interface StoredCookie {
  name: string
  value: string
  /** Begins with a dot when sub-domains get it, too. */
  domain: string
  path: string
  /** When it ends (seconds since the epoch); -1 with the session. */
  expires: number
  secure: boolean
  sameSite: string
}

/** A browser with an empty profile; its tabs share storage. Use one tab at a time. */
export interface BrowserSession {
  openTab(): Promise<Tab>
  /** Those that the page of the last tab gets. */
  cookies(): Promise<StoredCookie[]>
  /** The browser's own switch. WebKitGTK has none. */
  setOffline?(offline: boolean): Promise<void>
  quit(): Promise<void>
}
