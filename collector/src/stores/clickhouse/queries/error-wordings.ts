// What browsers say of the same error, as patterns of RE2. The first wording that matches counts. The messages of
// Chromium, Firefox and Safari are listed in the test.

const OF_UNDEFINED = String.raw`^(?:\(destructured parameter\)|\(intermediate value\)\S*|\S+) is undefined$`
const OF_NULL = OF_UNDEFINED.replace('undefined$', 'null$')

/** A message that matches one of the patterns counts as the name of the wording. */
export const WORDINGS: Record<string, readonly string[]> = {
  'not iterable': [
    'is not iterable',
    String.raw`is not a function \(near '`,
    "^can't access property Symbol.iterator, ",
    '^Spread syntax requires ...iterable',
  ],
  'not an object': [
    '^Cannot convert undefined or null to object',
    "^can't convert (?:undefined|null) to object",
    String.raw`^(?:undefined|null) is not an object \(evaluating 'Object\.\w+\(`,
    'requires that input parameter not be null or undefined$',
  ],
  // Safari does not say of what a destructured value is undefined or null. The former is the more frequent.
  'property of undefined': [
    '^Cannot (?:read|set) propert.* of undefined',
    "^can't access property .* is undefined$",
    '^undefined is not an object',
    '^Cannot destructure property .* as it is undefined',
    '^Right side of assignment cannot be destructured',
    OF_UNDEFINED,
  ],
  'property of null': [
    '^Cannot (?:read|set) propert.* of null',
    "^can't access property .* is null$",
    '^null is not an object',
    '^Cannot destructure property .* as it is null',
    OF_NULL,
  ],
  'no superclass': ['^Class extends value ', '^class heritage ', '^The superclass is not a constructor'],
  'too much recursion': ['^Maximum call stack size exceeded', '^too much recursion$'],
  'invalid JSON': [
    'is not valid JSON',
    'JSON input$',
    '(?:in|after) JSON at position',
    '^JSON.parse: ',
    '^JSON Parse error: ',
  ],
  'cyclic JSON': [
    '^Converting circular structure to JSON',
    '^cyclic object value$',
    '^JSON.stringify cannot serialize cyclic',
  ],
  'BigInt in JSON': [
    '^Do not know how to serialize a BigInt',
    "^BigInt value can't be serialized",
    '^JSON.stringify cannot serialize BigInt',
  ],
  'request failed': ['^Failed to fetch', '^NetworkError when attempting to fetch', '^Load failed$'],
  'body already read': ['body stream already read$', 'Body has already been consumed', '^Body is disturbed'],
  'assignment to a constant': [
    '^Assignment to constant variable',
    '^invalid assignment to const ',
    '^Cannot assign to read only property ',
    ' is read-only$',
    '^Attempted to assign to readonly property',
    ' which has only a getter$',
    '^setting getter-only property ',
  ],
  'object not extensible': [
    '^Cannot add property .* is not extensible',
    'Object is not extensible$',
    '^Attempting to define property on object that is not extensible',
  ],
  'property not deletable': ['^Cannot delete property ', "can't be deleted$", '^Unable to delete property'],
  'private member of another class': [
    '^Cannot (?:read|write) private member ',
    "^can't (?:access|set) private field",
    '^Cannot access invalid private field',
  ],
  'used before initialization': [
    "^Cannot access '.*' before initialization$",
    "^can't access lexical declaration .* before initialization$",
    '^Cannot access uninitialized variable',
  ],
  'super not called': ['^[Mm]ust call super constructor', String.raw`^'super\(\)' must be called`],
  'operand of in': [
    "^[Cc]annot use 'in' operator",
    "^right-hand side of 'in' should be",
    String.raw`is not an Object\. \(evaluating '`,
  ],
  'operand of instanceof': ["'instanceof'", '^Right hand side of instanceof'],
  'symbol as text': ['^Cannot convert a [Ss]ymbol (?:value )?to a string', "^can't convert symbol to string"],
  'invalid array length': [
    '^[Ii]nvalid (?:typed )?array length',
    '^Array size is not a small enough',
    '^Array length must be a positive integer',
    '^length cannot be negative',
  ],
  'invalid repeat count': ['^Invalid count value', '^repeat count must be', '^String.prototype.repeat '],
  'invalid date': ['^Invalid time value$', '^[Ii]nvalid [Dd]ate', '^date value is not finite'],
  'invalid language tag': ['^[Ii]n(?:valid|correct) language tag'],
  'invalid currency': ['^[Ii]nvalid currency code', '^currency is not a well-formed'],
  'invalid time zone': ['^[Ii]nvalid time zone'],
  'malformed URI': ['^URI malformed$', '^malformed URI sequence$', '^URI error$'],
  'invalid URL': [
    "^Failed to construct 'URL'",
    '^URL constructor: ',
    'cannot be parsed as a URL',
    'Failed to parse URL from ',
    String.raw`^Window\.fetch: .* is not a valid URL`,
    '^URL is not valid',
  ],
  'invalid selector': ['is not a valid selector', '^The string did not match the expected pattern'],
  'BigInt mixed with other types': [
    '^Cannot mix BigInt',
    "^can't convert BigInt to number",
    '^Invalid mix of BigInt',
  ],
  'class called without new': [
    "^Class constructor .* cannot be invoked without 'new'",
    "^class constructors must be invoked with 'new'",
    '^Cannot call a class constructor',
  ],
  'digits out of range': [
    String.raw`^to(?:Fixed|Precision|Exponential)\(\) (?:digits )?argument must be between`,
    '^precision .* out of range$',
  ],
  'radix out of range': [String.raw`^toString\(\) radix `, '^radix must be an integer'],
  'reduce of nothing': ['^[Rr]educe of empty array with no initial value'],
  'not cloneable': ['could not be cloned', '^The object can not be cloned'],
  'not a child': ['is not a child of this node', '^The object can not be found here'],
  'child contains its parent': [
    'The new child element contains the parent',
    'The new child is an ancestor of the parent',
    '^The operation would yield an incorrect node tree',
  ],
  'invalid characters': [
    'is not a valid name',
    'Invalid element name$',
    'contains HTML space characters',
    'The token can not contain whitespace',
    'is not correctly encoded',
    '^String contains an invalid character',
    '^The string contains invalid characters',
  ],
  'argument of another type': [
    String.raw`: parameter \d+ is not of type '`,
    String.raw`: Argument \d+ (?:is not an object|does not implement interface)`,
    String.raw`^Argument \d+ \('.*'\) to .* must be an instance of `,
  ],
  'too few arguments': ['arguments? required, but only', '^Not enough arguments'],
  'called on another object': [
    '^Illegal invocation$',
    'called on an object that does not implement interface',
    '^Can only call .* on instances of ',
  ],
  'quota exceeded': ['exceeded the quota', '^The quota has been exceeded'],
  'request not opened': ['state must be OPENED', '^The object is in an invalid state'],
  'element defined twice': [
    'has already been used with this registry',
    'has already been defined as a custom element',
    '^Cannot define multiple custom elements',
  ],
}

interface NamedWording {
  /** Matches the messages. */
  matches: string
  /** Each has a group, which is the name of what is concerned. The first that matches counts. */
  names: readonly string[]
}

/** Wordings that name what is concerned: the last name counts, unless it is as short as a minified one. */
export const NAMED_WORDINGS: Record<string, NamedWording> = {
  'not a function': {
    matches: 'is not a function',
    names: [String.raw`([\w$]+)(?:\([^()]*\))? is not a function`],
  },
  'not a constructor': {
    matches: 'is not a constructor',
    names: [
      String.raw`is not a constructor \(evaluating 'new (?:[^('\[]*\.)?([\w$]+)`,
      String.raw`([\w$]+) is not a constructor`,
    ],
  },
  'not defined': {
    matches: "^(?:Can't find variable: |assignment to undeclared variable |[^ ]+ is not defined$)",
    names: [
      String.raw`^(?:Can't find variable: |assignment to undeclared variable )?([\w$]+)(?: is not defined)?$`,
    ],
  },
}
