package payment

import (
	"sync"
	"testing"

	paymentv1 "github.com/waybill-dev/waybill/gen/waybill/connector/payment/v1"
	"github.com/waybill-dev/waybill/internal/databasetest"
)

const (
	authorized = paymentv1.PaymentStatus_PAYMENT_STATUS_AUTHORIZED
	captured   = paymentv1.PaymentStatus_PAYMENT_STATUS_CAPTURED
	voided     = paymentv1.PaymentStatus_PAYMENT_STATUS_VOIDED
	refunded   = paymentv1.PaymentStatus_PAYMENT_STATUS_REFUNDED
	declined   = paymentv1.PaymentStatus_PAYMENT_STATUS_DECLINED
	unknown    = paymentv1.PaymentStatus_PAYMENT_STATUS_UNKNOWN
	notFound   = paymentv1.PaymentStatus_PAYMENT_STATUS_NOT_FOUND
)

// sandbox is the provider on a real database.
type sandbox struct {
	t       *testing.T
	service *Service
}

func newSandbox(t *testing.T) sandbox {
	t.Helper()
	return sandbox{t, New(databasetest.New(t, Migrations))}
}

// only returns the single outcome of a call.
func (s sandbox) only(reply interface {
	GetOutcomes() []*paymentv1.PaymentOutcome
}, err error,
) *paymentv1.PaymentOutcome {
	s.t.Helper()
	if err != nil || len(reply.GetOutcomes()) != 1 {
		s.t.Fatalf("%v, %v", reply, err)
	}
	return reply.GetOutcomes()[0]
}

func (s sandbox) authorize(key, token string, amount int64) *paymentv1.PaymentOutcome {
	s.t.Helper()
	return s.only(s.service.Authorize(s.t.Context(), &paymentv1.AuthorizeRequest{Authorizations: []*paymentv1.Authorization{{
		Key: key, Provider: "sandbox", Token: token, CurrencyCode: "GBP", AmountMinor: amount,
	}}}))
}

func (s sandbox) capture(key, authorization string, amount int64) *paymentv1.PaymentOutcome {
	s.t.Helper()
	return s.only(s.service.Capture(s.t.Context(), &paymentv1.CaptureRequest{Captures: []*paymentv1.PaymentCapture{{
		Key: key, AuthorizationKey: authorization, AmountMinor: amount,
	}}}))
}

func (s sandbox) refund(key, capture string, amount int64) *paymentv1.PaymentOutcome {
	s.t.Helper()
	return s.only(s.service.Refund(s.t.Context(), &paymentv1.RefundRequest{Refunds: []*paymentv1.PaymentRefund{{
		Key: key, CaptureKey: capture, AmountMinor: amount,
	}}}))
}

func (s sandbox) void(key string) *paymentv1.PaymentOutcome {
	s.t.Helper()
	return s.only(s.service.Void(s.t.Context(), &paymentv1.VoidRequest{AuthorizationKeys: []string{key}}))
}

func (s sandbox) query(key string) *paymentv1.PaymentOutcome {
	s.t.Helper()
	return s.only(s.service.Query(s.t.Context(), &paymentv1.QueryRequest{Keys: []string{key}}))
}

func (s sandbox) want(got *paymentv1.PaymentOutcome, status paymentv1.PaymentStatus, amount int64, code string) {
	s.t.Helper()
	if got.GetStatus() != status || got.GetAmountMinor() != amount || got.GetDeclineCode() != code {
		s.t.Errorf("%v, want %v of %d, code %q", got, status, amount, code)
	}
}

func TestTokensDecideAuthorizations(t *testing.T) {
	s := newSandbox(t)
	s.want(s.authorize("ok", "tok_ok", 100), authorized, 100, "")
	s.want(s.authorize("no", "tok_decline", 100), declined, 0, "DECLINED")
	s.want(s.authorize("what", "tok_other", 100), declined, 0, "TOKEN_UNKNOWN")
	s.want(s.authorize("ok", "tok_ok", 100), authorized, 100, "")
	s.want(s.authorize("ok", "tok_ok", 101), declined, 0, "KEY_REUSED")
	s.want(s.query("ok"), authorized, 100, "")
	s.want(s.query("nothing"), notFound, 0, "")
	s.want(s.only(s.service.Authorize(t.Context(), &paymentv1.AuthorizeRequest{Authorizations: []*paymentv1.Authorization{{
		Key: "elsewhere", Provider: "acme", Token: "tok_ok", CurrencyCode: "GBP", AmountMinor: 1,
	}}})), declined, 0, "PROVIDER_UNKNOWN")
}

// The answer that was lost is known afterwards: the amount is reserved once.
func TestALostAnswerIsFoundByQuery(t *testing.T) {
	s := newSandbox(t)
	s.want(s.authorize("k", "tok_timeout", 100), unknown, 0, "")
	s.want(s.query("k"), authorized, 100, "")
	s.want(s.authorize("k", "tok_timeout", 100), authorized, 100, "")
}

func TestCapturesStayWithinTheAuthorization(t *testing.T) {
	s := newSandbox(t)
	s.authorize("k", "tok_ok", 100)
	s.want(s.capture("c1", "k", 60), captured, 60, "")
	s.want(s.capture("c1", "k", 60), captured, 60, "")
	s.want(s.capture("c2", "k", 41), declined, 0, "AMOUNT_EXCEEDED")
	s.want(s.void("k"), voided, 40, "")
	s.want(s.void("k"), voided, 40, "")
	s.want(s.capture("c3", "k", 1), declined, 0, "NOT_AUTHORIZED")
	s.want(s.refund("r1", "c1", 50), refunded, 50, "")
	s.want(s.refund("r2", "c1", 11), declined, 0, "AMOUNT_EXCEEDED")
	s.want(s.refund("r3", "c2", 1), declined, 0, "NOT_CAPTURED")

	s.authorize("later", "tok_capture_decline", 100)
	s.want(s.capture("c4", "later", 1), declined, 0, "DECLINED")
}

func TestAVoidThatComesFirstHolds(t *testing.T) {
	s := newSandbox(t)
	s.want(s.void("k"), voided, 0, "")
	s.want(s.authorize("k", "tok_ok", 100), voided, 0, "")
	s.want(s.capture("c", "k", 1), declined, 0, "NOT_AUTHORIZED")
}

// Captures that come side by side never take more than was authorised.
func TestConcurrentCaptures(t *testing.T) {
	s := newSandbox(t)
	s.authorize("k", "tok_ok", 100)
	var wait sync.WaitGroup
	statuses := make([]paymentv1.PaymentStatus, 4)
	for i, key := range []string{"a", "b", "c", "d"} {
		wait.Go(func() {
			reply, err := s.service.Capture(t.Context(), &paymentv1.CaptureRequest{Captures: []*paymentv1.PaymentCapture{{
				Key: key, AuthorizationKey: "k", AmountMinor: 40,
			}}})
			if err != nil {
				t.Error(err)
				return
			}
			statuses[i] = reply.GetOutcomes()[0].GetStatus()
		})
	}
	wait.Wait()
	taken := 0
	for _, status := range statuses {
		if status == captured {
			taken++
		}
	}
	if taken != 2 {
		t.Errorf("%d of 4 captures of 40 fit 100: %v", taken, statuses)
	}
	s.want(s.void("k"), voided, 20, "")
}
