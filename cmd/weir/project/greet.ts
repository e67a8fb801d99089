import {capitalize} from './lib/text'

// A script's default export is called with the run's state. What it returns is merged into the state.
export default function (state: State, ctx: Context): Partial<State> {
  const name = capitalize(state.name ?? 'world')
  console.log('greeting', name, 'in run', ctx.run)
  return {greeting: `Hello, ${name}`}
}
