package backoffice

import (
	"github.com/waybill-dev/waybill/internal/invariant"
	"github.com/waybill-dev/waybill/services/backoffice/internal/store"
)

// Checks are the invariants of the queue for the ERP.
func Checks() []invariant.Check {
	return []invariant.Check{
		{
			Name: "backoffice.once", Rule: "a document waits or is posted, never both",
			Description: "a document would be posted a second time",
			Run:         invariant.Query(store.CheckOnce),
			Examined:    invariant.Count("posted"),
		},
		{
			Name: "backoffice.order", Rule: "what is posted of an order came after the order",
			Description: "the ERP has an invoice or a credit memo of an order that it does not have",
			Run:         invariant.Query(store.CheckOrderFirst),
			Examined:    invariant.Count("posted"),
		},
	}
}
