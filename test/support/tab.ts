/** A click other than a plain one, which only Playwright can make. */
export interface ClickManner {
  /** @default 'left' */
  button?: 'left' | 'middle' | 'right'
  /** The key held down meanwhile. */
  key?: 'Control' | 'Shift'
}

/** The browser tab as specs need it: small enough for every driver. */
export interface Tab {
  /** Resolves after the page's load event. */
  goto(url: string): Promise<void>
  /** Runs a function in the page; it sees nothing of the spec except its argument. */
  evaluate<Result>(run: () => Result | Promise<Result>): Promise<Result>
  evaluate<Result, Argument>(
    run: (argument: Argument) => Result | Promise<Result>,
    argument: Argument,
  ): Promise<Result>
  /** Clicks without waiting for the result of the click. */
  click(selector: string, manner?: ClickManner): Promise<void>
  /** Presses Enter on an element, which gets the focus. */
  pressEnter(selector: string): Promise<void>
  url(): Promise<string>
  /** Closes the tab as a visitor does: its pages get pagehide. */
  close(): Promise<void>
  /**
   * Kills the process of the page without running any of its scripts, and closes the rest. Only with drivers
   * that can.
   */
  crash?(): Promise<void>
  /** Stops all scripts and timers of the page, as a browser does with a tab in the background. */
  freeze?(): Promise<void>
  thaw?(): Promise<void>
}

/** A cookie as stored by the browser. */
export interface StoredCookie {
  name: string
  value: string
  /** Begins with a dot when subdomains get it as well. */
  domain: string
  path: string
  /** Expiry in seconds since the epoch; -1 for a session cookie. */
  expires: number
  secure: boolean
  sameSite: string
}

/** A browser with an empty profile; its tabs share storage. Use one tab at a time. */
export interface BrowserSession {
  openTab(): Promise<Tab>
  /** The cookies of the page in the last tab. */
  cookies(): Promise<StoredCookie[]>
  /** The browser's own offline mode. WebKitGTK has none. */
  setOffline?(offline: boolean): Promise<void>
  quit(): Promise<void>
}
