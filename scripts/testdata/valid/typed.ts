async function work() { for await (const x of (async function* () { yield 1 })()) state.n = x }
work()
// ---
enum Level { low, high = 'h' }
interface Item { id: number }
declare const elsewhere: string
type Pick1<T extends Item> = T['id']
abstract class Base<T> { constructor(protected readonly value: T, private n?: number) {} abstract f(): T }
function over(a: string): string
function over(a: number): number
function over(a: any) { return a! as any satisfies unknown }
return {level: Level.low, n: over(1), has: Base.name}
// ---
import type {Nothing} from './nothing'
export type {Nothing}
namespace Shapes { export const sides: number = 4; export type Name = string }
export const helper = (x: number): x is 1 => x === 1
export default async function* main(this: void, state: {n: number}, {run}: {run: string}) { yield helper(state.n + Shapes.sides) }
// ---
function logged(value: any, context: any) { return function (this: any, ...args: any[]) { return value.call(this, ...args) } }
class Decorated { @logged m() { return 1 } accessor x = 1 }
using file = {[Symbol.dispose]() { state.closed = true }}
return {n: new Decorated().m()}
