import type { WebDriver } from 'selenium-webdriver'
import type { StoredCookie } from './tab.js'

/** The cookies of the page in a WebDriver session. */
export async function readDriverCookies(driver: WebDriver): Promise<StoredCookie[]> {
  const cookies = await driver.manage().getCookies()
  return cookies.map(
    ({ name, value, domain = '', path = '', expiry = -1, secure = false, sameSite = '' }) => ({
      name,
      value,
      domain,
      path,
      expires: Number(expiry),
      secure,
      sameSite,
    }),
  )
}
