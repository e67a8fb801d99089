package api

import "net/http"

// kind is a kind of problem. Slugs are part of the API: clients match on the type they make.
type kind struct {
	slug, title string
	status      int
	explanation string
}

// problemsPath is where the kinds are explained; a problem's type is an address in that page.
const problemsPath = "/docs/problems"

func (k kind) address() string { return problemsPath + "#" + k.slug }

// The kinds of problems.
var (
	kindBadRequest       = kind{"bad-request", "Bad request", http.StatusBadRequest, "The request is not what the call can read. The detail says what is wrong with it."}
	kindMalformed        = kind{"malformed-body", "Malformed body", http.StatusBadRequest, "The body is not valid JSON. Line and column point at the first mistake, counted from 1."}
	kindInvalidCursor    = kind{"invalid-cursor", "Invalid cursor", http.StatusBadRequest, "The cursor was not made by this list. Send next_cursor back as it came, with the filters it came from."}
	kindUnsupported      = kind{"unsupported-format", "Unsupported format", http.StatusBadRequest, "The diagram format is not one this version draws."}
	kindForeignHost      = kind{"host-not-allowed", "Host not allowed", http.StatusMisdirectedRequest, "The Host header names neither this machine nor a configured name. The check keeps web pages from reaching the engine through a name of their own (DNS rebinding). Use localhost, or start the server with the name among its allowed hosts."}
	kindForeignOrigin    = kind{"origin-not-allowed", "Origin not allowed", http.StatusForbidden, "A page of another site made the browser send this request. Pages may only use the server they were loaded from; programs outside a browser send no Origin header and are not concerned."}
	kindRunNotFound      = kind{"run-not-found", "Run not found", http.StatusNotFound, "No run has this id."}
	kindRunRetired       = kind{"run-retired", "Run retired", http.StatusGone, "The run has ended, and retention has removed its events. Its id stays taken; run_status says how it ended."}
	kindWorkflowNotFound = kind{"workflow-not-found", "Workflow not found", http.StatusNotFound, "No workflow has this name."}
	kindRevisionNotFound = kind{"revision-not-found", "Revision not found", http.StatusNotFound, "The workflow exists, but not in this revision."}
	kindEventNotFound    = kind{"event-not-found", "Event not found", http.StatusNotFound, "The run has no event of this number yet."}
	kindNotFound         = kind{"not-found", "Not found", http.StatusNotFound, "Nothing is served at this path. The API page lists every path."}
	kindMethod           = kind{"method-not-allowed", "Method not allowed", http.StatusMethodNotAllowed, "The path exists, but not with this method. The Allow header names the methods it has."}
	kindNotAcceptable    = kind{"not-acceptable", "Not acceptable", http.StatusNotAcceptable, "The reply cannot be given in a format that the Accept header allows."}
	kindTimeout          = kind{"request-timeout", "Request timeout", http.StatusRequestTimeout, "The body did not arrive in time."}
	kindRunExists        = kind{"run-exists", "Run exists with other content", http.StatusConflict, "The run id, or the Idempotency-Key, was used before for a run with other content. Ids and keys are never free again; take another one."}
	kindKeyReused        = kind{"idempotency-key-reused", "Idempotency key reused", http.StatusConflict, "The Idempotency-Key was used before with another body. Keys hold forever; take another one."}
	kindWrongStatus      = kind{"run-status", "Run status does not allow it", http.StatusConflict, "What was asked does not fit the run's status, which run_status names: only a run that goes on can be cancelled or paused or takes signals, only a paused one resumed, only a failed one retried that was not compensated."}
	kindRevisionMisfit   = kind{"revision-misfit", "Revision does not fit the run", http.StatusConflict, "A failed run cannot go on with that revision: a node at which it would go on is not there, or is of another kind, or has lost its compensation. The errors name all that does not fit; the run is as it was."}
	kindPrecondition     = kind{"precondition-failed", "Precondition failed", http.StatusPreconditionFailed, "The workflow's latest revision is not the one that If-Match or If-None-Match asks for: somebody else saved in the meantime. Read it again and decide anew."}
	kindTooLarge         = kind{"body-too-large", "Body too large", http.StatusRequestEntityTooLarge, "The body is larger than the server accepts."}
	kindMediaType        = kind{"unsupported-media-type", "Unsupported media type", http.StatusUnsupportedMediaType, "The Content-Type is not one that the call reads."}
	kindInvalid          = kind{"validation-failed", "Validation failed", http.StatusUnprocessableEntity, "The request could be read, but not everything in it fits. The errors name every field at once."}
	kindInvalidWorkflow  = kind{"invalid-workflow", "Invalid workflow", http.StatusUnprocessableEntity, "The workflow cannot be saved. The errors name every mistake at once, with its line, its column and, where that is known, what to write instead."}
	kindInvalidID        = kind{"invalid-id", "Invalid id", http.StatusUnprocessableEntity, "Names and ids are 1 to 64 letters, digits, underscores and hyphens: they travel in subjects and paths."}
	kindInvalidInput     = kind{"invalid-input", "Invalid input", http.StatusUnprocessableEntity, "A run's input must be an object within the size limit, without the reserved key $blob, and fit the schemas that the workflow declares for its state."}
	kindReservedName     = kind{"reserved-name", "Reserved name", http.StatusUnprocessableEntity, "Workflows named classic- and a number belong to the graphs of the classic API."}
	kindScript           = kind{"script-failed", "Script failed", http.StatusUnprocessableEntity, "The script does not compile, threw, or passed a limit; kind, line and column say what and where."}
	kindSignalsFull      = kind{"too-many-signals", "Too many signals", http.StatusTooManyRequests, "The run keeps as many signals as it may until it takes some: 1,000, and together no more bytes than its limits.state_size; and it takes 10,000 in all. Nothing of this signal is recorded."}
	kindUpgrade          = kind{"upgrade-required", "Upgrade required", http.StatusUpgradeRequired, "This path speaks WebSocket only."}
	kindInternal         = kind{"internal", "Internal error", http.StatusInternalServerError, "The server made a mistake. Its log names the request by request_id."}
	kindShuttingDown     = kind{"shutting-down", "Shutting down", http.StatusServiceUnavailable, "The server is stopping. A run that was accepted goes on when the server is back; ask again then."}
	kindNotReady         = kind{"not-ready", "Not ready", http.StatusServiceUnavailable, "The engine cannot accept work; the detail says why."}
)

// kinds is all of them, as the page lists them.
var kinds = []kind{
	kindBadRequest, kindMalformed, kindInvalidCursor, kindUnsupported, kindForeignOrigin, kindRunNotFound, kindRunRetired,
	kindWorkflowNotFound, kindRevisionNotFound, kindEventNotFound, kindNotFound, kindMethod, kindNotAcceptable,
	kindTimeout, kindRunExists, kindKeyReused, kindWrongStatus, kindRevisionMisfit, kindPrecondition, kindTooLarge, kindMediaType,
	kindForeignHost, kindInvalid, kindInvalidWorkflow, kindInvalidID, kindInvalidInput, kindReservedName,
	kindScript, kindSignalsFull, kindUpgrade, kindInternal, kindShuttingDown, kindNotReady,
}

// kindOfStatus is the kind of a problem of which only the status is known.
func kindOfStatus(status int) kind {
	switch status {
	case http.StatusNotFound:
		return kindNotFound
	case http.StatusMethodNotAllowed:
		return kindMethod
	case http.StatusNotAcceptable:
		return kindNotAcceptable
	case http.StatusRequestTimeout:
		return kindTimeout
	case http.StatusPreconditionFailed:
		return kindPrecondition
	case http.StatusRequestEntityTooLarge:
		return kindTooLarge
	case http.StatusUnsupportedMediaType:
		return kindMediaType
	case http.StatusUnprocessableEntity:
		return kindInvalid
	case http.StatusServiceUnavailable:
		return kindNotReady
	}
	if status >= http.StatusInternalServerError {
		return kindInternal
	}
	return kindBadRequest
}
