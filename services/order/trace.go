package order

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/observe"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// follow begins the trace of an order that was just stored, with a link to the call that brought it and one back. A repeat
// stores nothing, so it begins nothing.
func (s *Service) follow(sub *submission, order *domain.Order) {
	if s.tracer == nil {
		return // before anything is made for it
	}
	name := id.Format(id.Order, order.ID)
	begun := s.tracer.Subject(name)
	if !begun.IsValid() {
		return
	}
	if sub.caller.IsRecording() {
		sub.caller.AddLink(trace.Link{SpanContext: begun})
	}
	s.tracer.Begin(name, "order received", sub.began, append(observe.LinkTo(sub.caller.SpanContext()),
		trace.WithAttributes(attribute.String("waybill.order_id", name), attribute.String("waybill.partner_id", sub.business.Partner)))...)
}
