// Package domain decides what the sandbox provider answers.
package domain

import "github.com/waybill-dev/waybill/internal/money"

// Kind is what an operation is.
type Kind string

// The kinds.
const (
	KindAuthorize Kind = "AUTHORIZE"
	KindCapture   Kind = "CAPTURE"
	KindRefund    Kind = "REFUND"
)

// Status is how an operation stands.
type Status string

// The statuses. Unknown and NotFound are answers only, never kept.
const (
	Authorized Status = "AUTHORIZED"
	Captured   Status = "CAPTURED"
	Voided     Status = "VOIDED"
	Refunded   Status = "REFUNDED"
	Declined   Status = "DECLINED"
	Unknown    Status = "UNKNOWN"
	NotFound   Status = "NOT_FOUND"
)

// The tokens that mean something, and the only provider.
const (
	provider            = "sandbox"
	tokenOK             = "tok_ok"
	tokenDecline        = "tok_decline"
	tokenCaptureDecline = "tok_capture_decline" //nolint:gosec // what callers write, no secret
	tokenTimeout        = "tok_timeout"
)

// The codes of what is declined.
const (
	codeDeclined        = "DECLINED"
	codeAmountExceeded  = "AMOUNT_EXCEEDED"
	codeNotAuthorized   = "NOT_AUTHORIZED"
	codeNotCaptured     = "NOT_CAPTURED"
	codeKeyReused       = "KEY_REUSED"
	codeTokenUnknown    = "TOKEN_UNKNOWN"
	codeProviderUnknown = "PROVIDER_UNKNOWN"
)

// Operation is what was asked for under a key.
type Operation struct {
	Key  string
	Kind Kind
	// Parent is the key of a capture's authorisation, of a refund's capture.
	Parent, Token, Currency string
	Amount                  money.Minor
	// Used is what of an authorisation is captured, of a capture refunded.
	Used   money.Minor
	Status Status
	// Code says why it is declined.
	Code string
}

// Authorization is a request to reserve an amount.
type Authorization struct {
	Key, Provider, Token, Currency string
	Amount                         money.Minor
}

// Outcome is the answer about one operation.
type Outcome struct {
	Status    Status
	Reference string
	Amount    money.Minor
	Code      string
}

// Ledger is what the provider knows of a set of keys.
type Ledger struct {
	operations map[string]*Operation
	changed    map[string]bool
}

// NewLedger makes a ledger of what is known already.
func NewLedger(operations []Operation) *Ledger {
	l := &Ledger{operations: make(map[string]*Operation, len(operations)), changed: map[string]bool{}}
	for _, operation := range operations {
		l.operations[operation.Key] = &operation
	}
	return l
}

// Changed are the operations that are new or changed.
func (l *Ledger) Changed() []Operation {
	changed := make([]Operation, 0, len(l.changed))
	for key := range l.changed {
		changed = append(changed, *l.operations[key])
	}
	return changed
}

// Outcome tells how an operation stands.
func (l *Ledger) Outcome(key string) Outcome {
	operation := l.operations[key]
	if operation == nil {
		return Outcome{Status: NotFound}
	}
	outcome := Outcome{Status: operation.Status, Reference: provider + ":" + key, Amount: operation.Amount, Code: operation.Code}
	if operation.Status == Voided {
		outcome.Amount -= operation.Used
	}
	if operation.Status == Declined {
		outcome.Amount = 0
	}
	return outcome
}

// Authorize reserves an amount, as the token says.
func (l *Ledger) Authorize(wanted Authorization) Outcome {
	asked := Operation{
		Key: wanted.Key, Kind: KindAuthorize, Token: wanted.Token, Currency: wanted.Currency, Amount: wanted.Amount, Status: Authorized,
	}
	if known := l.operations[wanted.Key]; known != nil {
		if known.voidedBefore() {
			return l.Outcome(wanted.Key)
		}
		return l.repeat(known, asked)
	}
	switch {
	case wanted.Provider != provider:
		asked.decline(codeProviderUnknown)
	case wanted.Token == tokenDecline:
		asked.decline(codeDeclined)
	case wanted.Token != tokenOK && wanted.Token != tokenCaptureDecline && wanted.Token != tokenTimeout:
		asked.decline(codeTokenUnknown)
	}
	outcome := l.add(asked)
	if wanted.Token == tokenTimeout && outcome.Status == Authorized {
		return Outcome{Status: Unknown}
	}
	return outcome
}

// Capture takes a part of what is authorised.
func (l *Ledger) Capture(key, authorization string, amount money.Minor) Outcome {
	asked := Operation{Key: key, Kind: KindCapture, Parent: authorization, Amount: amount, Status: Captured}
	if known := l.operations[key]; known != nil {
		return l.repeat(known, asked)
	}
	parent := l.operations[authorization]
	switch {
	case parent == nil || parent.Kind != KindAuthorize || parent.Status != Authorized:
		asked.decline(codeNotAuthorized)
	case parent.Token == tokenCaptureDecline:
		asked.decline(codeDeclined)
	default:
		l.use(parent, &asked)
	}
	return l.add(asked)
}

// Refund pays a part of what is captured back.
func (l *Ledger) Refund(key, capture string, amount money.Minor) Outcome {
	asked := Operation{Key: key, Kind: KindRefund, Parent: capture, Amount: amount, Status: Refunded}
	if known := l.operations[key]; known != nil {
		return l.repeat(known, asked)
	}
	parent := l.operations[capture]
	if parent == nil || parent.Kind != KindCapture || parent.Status != Captured {
		asked.decline(codeNotCaptured)
	} else {
		l.use(parent, &asked)
	}
	return l.add(asked)
}

// Void gives up what of an authorisation is not captured. One that has not come yet will not be authorised.
func (l *Ledger) Void(key string) Outcome {
	known := l.operations[key]
	switch {
	case known == nil:
		return l.add(Operation{Key: key, Kind: KindAuthorize, Status: Voided})
	case known.Kind != KindAuthorize:
		return Outcome{Status: Declined, Code: codeKeyReused}
	case known.Status == Authorized:
		known.Status = Voided
		l.changed[key] = true
	}
	return l.Outcome(key)
}

// use takes an operation's amount off its parent, or declines it.
func (l *Ledger) use(parent, asked *Operation) {
	if asked.Amount > parent.Amount-parent.Used {
		asked.decline(codeAmountExceeded)
		return
	}
	parent.Used += asked.Amount
	asked.Currency = parent.Currency
	l.changed[parent.Key] = true
}

// repeat answers a key that is known already.
func (l *Ledger) repeat(known *Operation, asked Operation) Outcome {
	same := known.Kind == asked.Kind && known.Parent == asked.Parent && known.Amount == asked.Amount && known.Token == asked.Token
	if !same || (known.Kind == KindAuthorize && known.Currency != asked.Currency) {
		return Outcome{Status: Declined, Code: codeKeyReused}
	}
	return l.Outcome(known.Key)
}

func (l *Ledger) add(operation Operation) Outcome {
	l.operations[operation.Key] = &operation
	l.changed[operation.Key] = true
	return l.Outcome(operation.Key)
}

func (o *Operation) decline(code string) { o.Status, o.Code = Declined, code }

// voidedBefore reports whether the void came before the authorisation.
func (o *Operation) voidedBefore() bool {
	return o.Kind == KindAuthorize && o.Status == Voided && o.Amount == 0
}
