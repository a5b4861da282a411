package rpc

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	policyv1 "github.com/waybill-dev/waybill/gen/waybill/policy/v1"
)

// A level counts what callers can do nothing about, and the time of what succeeded.
func TestLevelsCount(t *testing.T) {
	l := newLevels(nil)
	rules := &policyv1.MethodPolicy{AvailabilityBp: 9995, LatencyP99: durationpb.New(100 * time.Millisecond)}
	call := l.of("order", "get_order", rules, false)
	for code, took := range map[codes.Code]time.Duration{
		codes.OK: 50 * time.Millisecond, codes.NotFound: time.Second, codes.Canceled: 0, codes.PermissionDenied: 0,
		codes.Internal: 0, codes.Unavailable: 0, codes.ResourceExhausted: 0, codes.DeadlineExceeded: time.Second,
	} {
		call.count(code, took)
	}
	call.count(codes.OK, 101*time.Millisecond)
	for objective, want := range map[string][3]float64{"availability": {9, 5, 0.9995}, "latency": {2, 1, 0.99}} {
		labels := []string{"order", "get_order", objective}
		got := [3]float64{
			testutil.ToFloat64(l.calls.WithLabelValues(labels...)), testutil.ToFloat64(l.good.WithLabelValues(labels...)),
			testutil.ToFloat64(l.target.WithLabelValues(labels...)),
		}
		if got != want {
			t.Errorf("%s: calls, good, target are %v, want %v", objective, got, want)
		}
	}
	stream := l.of("inventory", "watch_availability", rules, true)
	stream.count(codes.OK, time.Hour)
	if n := testutil.CollectAndCount(l.calls); n != 3 {
		t.Errorf("%d series: a stream has no latency", n)
	}
}
