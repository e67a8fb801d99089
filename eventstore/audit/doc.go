// Package audit reads the files of an event store without the server, changes nothing, and says what is damaged and
// what is whole.
//
// The server must not be the first to see a damaged store. When it does not believe its own index of a stream it
// rebuilds the stream from its blocks, and then cuts every block off at its first damaged record, though whole ones
// follow; where a block cannot be read at all, or begins as a compressed one does, it removes the whole stream. After
// a clean stop it looks only at the newest block, but cuts one whose records do not follow each other any more as soon
// as somebody reads in it. Afterwards a rebuilt stream looks whole: the place of its last message is kept, whether or
// not that is there. server_test.go holds all of this against the server that weir is built with.
//
// What is found:
//
//   - Any change of any byte in a record of a block: by the server's checksum, by a commit's own digest, and by where
//     its headers end, since neither of them covers their length. Reading goes on at the next whole record.
//   - Every sequence that is missing without an explanation: see account.go for what explains one. Only what the blocks
//     still say of deletions, and what commits claim (ReplacedHeader), can be told from loss. Where the server removes
//     or rewrites blocks without a trace, only the claim can.
//   - An end that is missing, up to the durable mark.
//   - In each run, numbers that are not dense, a chain of digests that is broken, what is not a commit, and a commit on
//     another run's subject; revisions of workflows alike.
//   - A stream, its blocks or its description missing; leftovers that the server would act upon.
//
// What cannot be found: after a crash, the loss of what was acknowledged behind the durable mark, which is the last
// group at most; the loss of the one message whose place a server keeps that has rebuilt the stream before; the loss of
// tombstones at the very end, which lets what they deleted come back; and older files put in the place of all, together
// with an older mark.
//
// A store calls Due before it opens the server, and Check where Due says why. It notes with Opened and Closed that it
// is open, and keeps its MarkFile: before each sync it writes what the sync before made durable. A report without an Err
// may have findings that are harmless. Check may also be called while the store is open, at whatever pace its Progress
// gives it. Whole hands out what can be saved. Blocks finds single messages, while the store is open.
package audit
