// Written by weir types from ["workflow.yaml"]. Changes here are lost: change the workflow, and run it again.

/** The run's state. A key is absent until the input, or a node, gives it a value. */
interface State {
  greeting?: string
  /** How many characters the greeting is to have at least. */
  length?: number
  /** Who is greeted. */
  name?: string
}

/** What the run was started with. It is read-only. */
interface Input {
  readonly greeting?: string
  /** How many characters the greeting is to have at least. */
  readonly length?: number
  /** Who is greeted. */
  readonly name?: string
}
