package domain

import (
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
)

// IntentState is how a payment by a provider stands.
type IntentState string

// The states. A partly captured intent is authorised until its rest is captured or given up.
const (
	IntentCreated           IntentState = "CREATED"
	IntentAuthorized        IntentState = "AUTHORIZED"
	IntentDeclined          IntentState = "DECLINED"
	IntentVoided            IntentState = "VOIDED"
	IntentUnknown           IntentState = "UNKNOWN"
	IntentCaptured          IntentState = "CAPTURED"
	IntentPartiallyRefunded IntentState = "PARTIALLY_REFUNDED"
	IntentRefunded          IntentState = "REFUNDED"
)

// ReasonPaymentDeclined refuses an order whose payment the provider has declined.
const ReasonPaymentDeclined = "PAYMENT_DECLINED"

// Intent is an amount that a provider is to reserve for an order. It is kept for ever under its key.
type Intent struct {
	ID  uuid.UUID
	Key string
	// Order is nil where the key was voided before it came; nothing else of it is known then.
	Order           uuid.UUID
	Account         AccountID
	LegalEntity     string
	Currency        string
	Provider, Token string
	// Captured and Voided never exceed Amount, Refunded never Captured.
	Amount, Captured, Voided, Refunded money.Minor
	State                              IntentState
	// VoidRequested: it counts no more, and its rest is given up once what is shipped is captured.
	VoidRequested bool
	// Code says why the provider has declined it, or a capture of it. Nothing more of it is captured then.
	Code, Reference string
	EventSequence   int64
	CreatedAt       time.Time
	Operations      []*Operation
}

// OperationKind is what a provider is asked to do with an authorised amount.
type OperationKind string

// The kinds.
const (
	Capture OperationKind = "CAPTURE"
	Refund  OperationKind = "REFUND"
)

// OperationState is how an operation stands.
type OperationState string

// The states. What is sent may be done or not; only the provider knows.
const (
	OperationWaiting  OperationState = "WAITING"
	OperationSent     OperationState = "SENT"
	OperationDone     OperationState = "DONE"
	OperationDeclined OperationState = "DECLINED"
	OperationDropped  OperationState = "DROPPED"
)

// Operation is a capture for an invoice, or a refund of a capture. Its id is that of the payment that a capture becomes.
type Operation struct {
	ID, Intent uuid.UUID
	Kind       OperationKind
	// Target is the invoice of a capture, the capture of a refund. Memo is what a refund pays out.
	Target, Memo uuid.UUID
	// Amount of a capture is 0 until it is sent.
	Amount  money.Minor
	State   OperationState
	Code    string
	Journal uuid.UUID
}

// Ask is what a provider is to be asked next.
type Ask string

// What can be asked. An authorisation is asked for as long as it is not known what became of it.
const (
	AskNothing   Ask = ""
	AskAuthorize Ask = "AUTHORIZE"
	AskCapture   Ask = "CAPTURE"
	AskRefund    Ask = "REFUND"
	AskVoid      Ask = "VOID"
)

// Next is what the provider is to be asked next, with the operation: one after the other, voiding last, so that what is
// shipped is captured before the rest is given up.
func (i *Intent) Next() (Ask, *Operation) {
	if i.Undecided() {
		return AskAuthorize, nil
	}
	for _, kind := range []OperationKind{Capture, Refund} {
		for _, operation := range i.Operations {
			if operation.Kind == kind && operation.open() {
				return Ask(kind), operation
			}
		}
	}
	if i.VoidRequested && i.State == IntentAuthorized {
		return AskVoid, nil
	}
	return AskNothing, nil
}

func (o *Operation) open() bool { return o.State == OperationWaiting || o.State == OperationSent }

// Undecided says whether the provider has not said yet what became of the authorisation.
func (i *Intent) Undecided() bool { return i.State == IntentCreated || i.State == IntentUnknown }

// Left is what of an authorised amount may still be captured.
func (i *Intent) Left() money.Minor {
	if i.State != IntentAuthorized {
		return 0
	}
	return i.Amount - i.Captured - i.Voided
}

// Secured is by how much it lowers the exposure of its account.
func (i *Intent) Secured() money.Minor {
	if i.VoidRequested {
		return 0
	}
	return i.Left()
}

// Capturable says whether a shipment may be captured from it. One that is to be given up may: the shipment came before.
func (i *Intent) Capturable() bool { return i.Left() > 0 && i.Code == "" }

// Refusal is why the order is not paid by it; nil while it is authorised or not decided.
func (i *Intent) Refusal() *fault.Error {
	switch {
	case i.VoidRequested, i.State == IntentVoided:
		return fault.New(fault.Precondition, ReasonUndone, "the payment was voided")
	case i.State == IntentDeclined:
		return fault.New(fault.Precondition, ReasonPaymentDeclined, "the payment provider has declined: %s", i.Code)
	}
	return nil
}

// NewIntent makes an intent of an amount before tax with the tax that is assumed for the account.
func NewIntent(intent Intent, rate money.Rate) (*Intent, error) {
	tax, err := money.Tax(intent.Amount, rate, money.HalfUp)
	if err == nil {
		intent.Amount, err = money.Add(intent.Amount, tax)
	}
	if err != nil {
		return nil, tooLarge(intent.Account)
	}
	intent.State = IntentCreated
	return &intent, nil
}

// VoidedBefore is the mark of a key that was voided before it came.
func VoidedBefore(id uuid.UUID, key string, now time.Time) *Intent {
	return &Intent{ID: id, Key: key, State: IntentVoided, VoidRequested: true, CreatedAt: now}
}
