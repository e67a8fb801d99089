// The types of what weir's scripts see, for editors. weir itself does not read this file.

/** The run's state. state.d.ts, which `weir types` writes, says what is in it. */
interface State {}

/** What the run was started with. It is read-only. state.d.ts says what is in it, too. */
interface Input {}

/** ctx: where a script is. */
interface Context {
  /** The run's id. */
  readonly run: string
  /** The node's name. */
  readonly node: string
  /** How often the run has entered the node, from 1. */
  readonly visit: number
  /** Which try of this visit it is, from 1. */
  readonly attempt: number
  /** The visit's time, as new Date().toISOString() gives it. */
  readonly now: string
  /** What a catch caught, else null. */
  readonly error: CaughtError | null
  /** In a map: the item's position, from 0. */
  readonly index?: number
  /** In a map over an object: the item's key. */
  readonly key?: string
  /** The digits of a number that JavaScript cannot hold, of the state as the visit began; the path is one such as /order/id. */
  exact(path: string): string
}

/** ctx of a durable script: a module whose default export is an async function. Each call is recorded, and made once. */
interface DurableContext extends Context {
  /** Calls a tool, and gives what it returns. */
  tool<Result = any>(name: string, args?: unknown, options?: ToolOptions): Promise<Result>
  /** Waits, at no cost: for '150ms', '1h30m', '24h', or so many milliseconds. */
  sleep(duration: Duration): Promise<void>
  /** Waits for a signal, and gives its payload. */
  signal<Payload = any>(name: string, options?: SignalOptions): Promise<Payload>
  /** A number from 0 up to 1. It is the same again when the script is replayed. */
  random(): number
  /** A random UUID, the same again when the script is replayed. */
  uuid(): string
  /** Writes a line, once: a replay does not repeat it. */
  log(...values: unknown[]): void
}

/** A text such as '1h30m', or a number of milliseconds. */
type Duration = string | number

/** How a tool is called. */
interface ToolOptions {
  /** Of one attempt. */
  timeout?: Duration
  retry?: RetryOptions
}

/** How a call that fails is made again. */
interface RetryOptions {
  /** How many attempts there are in all. */
  max: number
  /** Whether the delay doubles each time; it does where nothing is said. */
  backoff?: 'exponential' | 'constant'
  /** The delay before the second attempt, 1s where nothing is said. */
  initial?: Duration
  /** The longest delay, 1m where nothing is said. */
  cap?: Duration
  /** The kinds of error that another attempt may help with; all where nothing is said. */
  on?: string | string[]
}

/** How a signal is waited for. */
interface SignalOptions {
  /** How long; then the call fails with the kind 'timeout'. */
  timeout?: Duration
}

/** What a call of a durable script that fails rejects its promise with: catch (e) { if ((e as CallError).kind === 'timeout') … } */
interface CallError extends Error {
  /** The kind of error, such as 'timeout', 'http_status' or 'cancelled'. */
  readonly kind: string
  /** The tool that was called. */
  readonly tool?: string
  /** The signal that was waited for. */
  readonly signal?: string
}

/** What a catch caught. */
interface CaughtError {
  readonly kind: string
  readonly message: string
  readonly node: string
  readonly visit: number
  readonly attempt: number
  readonly position?: {readonly file: string, readonly line: number, readonly column: number} | null
}

/** What a script writes becomes a part of the run's events. */
interface ScriptConsole {
  debug(...values: unknown[]): void
  log(...values: unknown[]): void
  info(...values: unknown[]): void
  warn(...values: unknown[]): void
  error(...values: unknown[]): void
}

declare const state: State
declare const input: Input
declare const ctx: Context
declare const console: ScriptConsole

// What of JavaScript is there beyond the libraries that tsconfig.json names.

declare function structuredClone<T>(value: T): T
declare function queueMicrotask(callback: () => void): void

interface PromiseConstructor {
  try<T, A extends unknown[]>(callback: (...args: A) => T | PromiseLike<T>, ...args: A): Promise<Awaited<T>>
}

interface ErrorConstructor {
  isError(value: unknown): value is Error
}

interface RegExpConstructor {
  escape(text: string): string
}

interface IteratorConstructor {
  concat<T>(...parts: Iterable<T>[]): IteratorObject<T, undefined, unknown>
}

interface JSON {
  rawJSON(text: string): {readonly rawJSON: string}
  isRawJSON(value: unknown): boolean
}

declare module '*.md' {
  const text: string
  export default text
}

declare module '*.txt' {
  const text: string
  export default text
}
