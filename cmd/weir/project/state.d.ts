// What is in the state and the input of the workflows here, for the editor.

interface State {
  name?: string
  greeting?: string
}

interface Input {
  readonly name?: string
  readonly length?: number
}
