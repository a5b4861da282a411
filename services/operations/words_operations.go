package operations

import (
	"strings"

	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
)

// operationsWords tell the events of exceptions.
func operationsWords() []telling {
	opened := &operationsv1.ExceptionOpened{}
	return []telling{
		tells(func(e *operationsv1.ExceptionOpened) string {
			return "Queue " + e.GetException().GetQueue() + " has to see to " + e.GetException().GetClass()
		}),
		after(tells(func(e *operationsv1.ExceptionAssigned) string {
			if e.GetAssignee() == "" {
				return because("The exception went back to its queue", without(e.GetReason(), "back to the queue"))
			}
			return because(e.GetAssignee()+" has the exception", without(e.GetReason(), "to "+e.GetAssignee()))
		}), opened, (*operationsv1.ExceptionAssigned).GetExceptionId),
		after(tells(func(e *operationsv1.ExceptionResolved) string {
			return because(e.GetClass()+" is resolved", e.GetResolution())
		}), opened, (*operationsv1.ExceptionResolved).GetExceptionId),
	}
}

// without is a reason without what the sentence says already: a step's reason begins with where the exception went.
func without(reason, said string) string { return strings.TrimSpace(strings.TrimPrefix(reason, said)) }
