package domain

import "time"

// Event is something that happened to an order. Quantities are read from the order when it is stored: an event says
// which lines it is about.
type Event interface{ event() }

// The events, as the contract names them.
type (
	// EventAccepted says that the order was taken.
	EventAccepted struct{}
	// EventRejected says that it was not, and that is final. The reasons are the order's.
	EventRejected struct{}
	// EventHeld says that it waits for a person.
	EventHeld struct{ Hold Hold }
	// EventHoldReleased says that a hold was lifted.
	EventHoldReleased struct {
		Type          HoldType
		Actor, Reason string
	}
	// EventCancelled says that nothing of it will come.
	EventCancelled struct{ Actor, Reason string }
	// EventLineCancelled says that a part of it will not come.
	EventLineCancelled struct {
		Actor, Reason string
		Cancelled     []Part
	}
	// EventLineBackordered says that a part has to wait for stock.
	EventLineBackordered struct{ Parts []Part }
	// EventLineAllocated says that stock was set aside for a part that had waited.
	EventLineAllocated struct{ Parts []Part }
	// EventAmended says that it has another revision.
	EventAmended struct{ Amended }
	// EventCompleted says that nothing remains to be done.
	EventCompleted struct{ At time.Time }
)

func (EventAccepted) event()        {}
func (EventRejected) event()        {}
func (EventHeld) event()            {}
func (EventHoldReleased) event()    {}
func (EventCancelled) event()       {}
func (EventLineCancelled) event()   {}
func (EventLineBackordered) event() {}
func (EventLineAllocated) event()   {}
func (EventAmended) event()         {}
func (EventCompleted) event()       {}
