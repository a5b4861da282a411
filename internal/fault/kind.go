package fault

import "strconv"

// Kind says what sort of refusal a fault is. internal/rpc maps each to one gRPC code.
type Kind int

const (
	// Internal is a defect or a broken machine. What is no fault counts as Internal too.
	Internal Kind = iota
	// Invalid is a request that can never succeed as it stands.
	Invalid
	// NotFound is a name that stands for nothing the caller may see.
	NotFound
	// AlreadyExists is the creation of something that is there with other contents.
	AlreadyExists
	// Conflict is a race with another writer: read again and repeat.
	Conflict
	// Precondition is a sound request that the present state refuses, until something else happens.
	Precondition
	// Exhausted is a limit reached: a full queue, a rate. RetryAfter says when to come back.
	Exhausted
	// Unavailable is a part that does not answer now. Nothing is known to have happened, or it is safe to repeat.
	Unavailable
	// Deadline is time that ran out. The effect may or may not have happened.
	Deadline
	// Denied is a known caller without the permission.
	Denied
	// Unauthenticated is a caller whom we do not know.
	Unauthenticated
)

var kindNames = [...]string{
	Internal:        "Internal",
	Invalid:         "Invalid",
	NotFound:        "NotFound",
	AlreadyExists:   "AlreadyExists",
	Conflict:        "Conflict",
	Precondition:    "Precondition",
	Exhausted:       "Exhausted",
	Unavailable:     "Unavailable",
	Deadline:        "Deadline",
	Denied:          "Denied",
	Unauthenticated: "Unauthenticated",
}

// String is the kind's name, for logs and metric labels.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return "Kind(" + strconv.Itoa(int(k)) + ")"
	}
	return kindNames[k]
}
