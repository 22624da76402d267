import { choose } from './choose.js'

/** Keeps ids from now on; with anything but `'granted'` deletes them and uses memory. */
export const consent = (choice: 'granted' | 'denied'): void => choose(0, choice)
