package domain

import (
	"time"

	"github.com/waybill-dev/waybill/internal/money"
)

// AgeingBounds are the most days past due of each class but the last, which has no bound. The first is not past due.
var AgeingBounds = [...]int32{0, 30, 60, 90}

// Ageing is what an account owes by age.
type Ageing struct {
	Classes  [len(AgeingBounds) + 1]AgeingClass
	Disputed money.Minor
}

// AgeingClass is what is owed of an age.
type AgeingClass struct {
	Invoices int64
	Balance  money.Minor
}

// Add puts what was due on a day into the class that it has on another.
func (a *Ageing) Add(day, due time.Time, disputed bool, invoices int64, balance money.Minor) {
	if disputed {
		a.Disputed += balance
		return
	}
	past, class := int64(day.Sub(due)/(24*time.Hour)), 0
	for class < len(AgeingBounds) && past > int64(AgeingBounds[class]) {
		class++
	}
	a.Classes[class].Invoices += invoices
	a.Classes[class].Balance += balance
}
