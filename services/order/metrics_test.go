package order

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/order/internal/process"
	"github.com/waybill-dev/waybill/services/order/internal/store"
)

// sums gives what a histogram has: how many, and together how long.
func sums(t *testing.T, registry *prometheus.Registry, name, outcome string) (count uint64, seconds float64) {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, one := range family.GetMetric() {
			if family.GetName() == name && (outcome == "" || one.GetLabel()[0].GetValue() == outcome) {
				return one.GetHistogram().GetSampleCount(), one.GetHistogram().GetSampleSum()
			}
		}
	}
	t.Fatalf("there is no %s{%s}", name, outcome)
	return 0, 0
}

// Only an order's first decision counts, and its completion from its receipt on.
func TestTimesOfOrdersAreTakenFromEvents(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := newMetrics(registry)
	order := id.New()
	came := madeAt(order)
	data, err := proto.Marshal(&orderv1.OrderCompleted{ReceivedAt: timestamppb.New(came)})
	if err != nil {
		t.Fatal(err)
	}
	event := bus.Event{Aggregate: id.Format(id.Order, order), Type: "waybill.order.order.held.v1", Sequence: 2, OccurredAt: came.Add(2 * time.Second)}
	m.told(event)
	event.Type, event.Sequence, event.OccurredAt = "waybill.order.order.accepted.v1", 4, came.Add(24*time.Hour)
	m.told(event)
	event.Type, event.Sequence, event.OccurredAt = typeCompleted, 9, came.Add(48*time.Hour)
	event.Schema, event.Data = string((&orderv1.OrderCompleted{}).ProtoReflect().Descriptor().FullName()), data
	m.told(event)
	if n, seconds := sums(t, registry, "waybill_order_decision_seconds", "held"); n != 1 || seconds != 2 {
		t.Errorf("%d decisions to hold took %v s, want one of 2", n, seconds)
	}
	if n, _ := sums(t, registry, "waybill_order_decision_seconds", "accepted"); n != 0 {
		t.Errorf("%d acceptances: one that a person brought about counts as a decision", n)
	}
	if n, seconds := sums(t, registry, "waybill_order_cycle_seconds", ""); n != 1 || seconds != (48*time.Hour).Seconds() {
		t.Errorf("%d orders took %v s, want one of two days", n, seconds)
	}
}

// Queues are counted in the table, and a kind of which there are none any more is 0.
func TestQueuesAreMeasured(t *testing.T) {
	w := newWorld(t)
	now := w.service.now()
	old := now.Add(-time.Minute)
	row := func(kind process.KindName, state process.State, due time.Time) *process.Process {
		return &process.Process{
			ID: uuid.New(), OrderID: uuid.New(), Kind: kind, Shard: 3, State: state, Version: 1, DueAt: due, Deadline: due,
			Steps: []process.Step{{Name: "create", State: process.Calling, Round: 1}},
		}
	}
	later := now.Add(time.Hour)
	if err := store.InsertProcesses(t.Context(), w.db.Pool(), []*process.Process{
		row(process.Release.Name, process.Active, old), row(process.Release.Name, process.Active, later), row(process.Release.Name, process.Stuck, later),
	}); err != nil {
		t.Fatal(err)
	}
	queues, err := store.MeasureProcesses(t.Context(), w.db.Pool(), []int32{3, 4}, now)
	if err != nil {
		t.Fatal(err)
	}
	m := newMetrics(nil)
	m.show(queues, now)
	want := func(active, stuck, due, age float64) {
		t.Helper()
		for gauge, wanted := range map[prometheus.Gauge]float64{
			m.processes.WithLabelValues("release", "ACTIVE"): active, m.processes.WithLabelValues("release", "STUCK"): stuck,
			m.due.WithLabelValues("release"): due, m.dueAge.WithLabelValues("release"): age,
		} {
			if got := testutil.ToFloat64(gauge); got != wanted {
				t.Errorf("%s is %v, want %v", gauge.Desc(), got, wanted)
			}
		}
	}
	want(2, 1, 1, 60)
	m.show(nil, now)
	want(0, 0, 0, 0)
	if n := testutil.CollectAndCount(m.due); n != len(process.Kinds()) {
		t.Errorf("%d kinds are shown, there are %d", n, len(process.Kinds()))
	}
}
