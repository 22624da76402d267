/** Version of the functions that the tracker hands to capture. Increase it with every change of what they mean. */
export const DOOR_VERSION = 1
