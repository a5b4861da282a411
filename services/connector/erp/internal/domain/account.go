package domain

// Standing says whether the ERP knows a customer and lets it buy.
type Standing string

// The standings. A customer of whom nothing was said is open.
const (
	Open    Standing = "OPEN"
	Blocked Standing = "BLOCKED"
	Unknown Standing = "UNKNOWN"
)

// Account is a customer of whom a person has said how it stands.
type Account struct {
	ID       string
	Standing Standing
	// PaymentDays are those that are right; below zero: any.
	PaymentDays int64
}

// The reasons for which terms are not right.
const (
	ReasonAccountUnknown = "ACCOUNT_UNKNOWN"
	ReasonAccountBlocked = "ACCOUNT_BLOCKED"
	ReasonTermsDiffer    = "TERMS_DIFFER"
)

// Check says why the account may not be sold to with so many payment days; empty: it may.
func (a *Account) Check(paymentDays int64) string {
	switch {
	case a.Standing == Unknown:
		return ReasonAccountUnknown
	case a.Standing == Blocked:
		return ReasonAccountBlocked
	case a.PaymentDays >= 0 && a.PaymentDays != paymentDays:
		return ReasonTermsDiffer
	default:
		return ""
	}
}
