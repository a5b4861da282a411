// Package restclient calls Waybill's REST API as a partner would: JSON over HTTP, stable idempotency keys, and patience
// where the answer asks for it.
package restclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

const (
	// maxAttempts and maxDelay bound how long one call is repeated while the answer is "not now".
	maxAttempts = 40
	maxDelay    = 2 * time.Second
	// maxReply is the largest answer that is read: an order with 10,000 lines fits.
	maxReply = 64 << 20
)

// ProblemError is an error as the API tells it (RFC 9457).
type ProblemError struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Reason string `json:"reason"`
	Errors []struct {
		Path    string `json:"path"`
		Reason  string `json:"reason"`
		Message string `json:"message"`
	} `json:"errors"`
	// RetryAfter is how long the answer asks to wait before the same call; zero: it does not say.
	RetryAfter time.Duration `json:"-"`
}

// Error is the problem on one line.
func (p *ProblemError) Error() string {
	text := fmt.Sprintf("%d %s: %s", p.Status, p.Reason, p.Detail)
	for _, field := range p.Errors {
		text += fmt.Sprintf(" [%s: %s]", field.Path, field.Message)
	}
	return text
}

// Client calls one Waybill. Safe for concurrent use.
type Client struct {
	base string
	http *http.Client
}

// New makes a client for a base address such as "http://127.0.0.1:8080", for up to the given number of calls at once.
func New(base string, concurrency int) *Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = concurrency
	transport.MaxConnsPerHost = 0
	return &Client{base: strings.TrimRight(base, "/"), http: &http.Client{Transport: transport, Timeout: time.Minute}}
}

// Post sends a message and reads the answer into reply. A keyed call that is not answered, or answered "not now", is
// repeated with the same body; a problem of another kind comes back at once.
func (c *Client) Post(ctx context.Context, path string, message, reply proto.Message) error {
	body, err := protojson.Marshal(message)
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	return c.patiently(ctx, func() (time.Duration, error) { return c.once(ctx, http.MethodPost, path, body, reply) })
}

// Try is Post made once, whatever comes of it.
func (c *Client) Try(ctx context.Context, path string, message, reply proto.Message) error {
	body, err := protojson.Marshal(message)
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	_, err = c.once(ctx, http.MethodPost, path, body, reply)
	return err
}

// Get reads the answer of an address, query included, into reply.
func (c *Client) Get(ctx context.Context, path string, reply proto.Message) error {
	return c.patiently(ctx, func() (time.Duration, error) { return c.once(ctx, http.MethodGet, path, nil, reply) })
}

// patiently repeats a call until it is answered for good. once returns how long the answer asks to wait.
func (c *Client) patiently(ctx context.Context, once func() (time.Duration, error)) error {
	for attempt := 1; ; attempt++ {
		asked, err := once()
		if err == nil || attempt == maxAttempts || !temporary(err) {
			return err
		}
		delay := max(asked, min(maxDelay, 20*time.Millisecond<<min(attempt, 7)))
		delay = delay/2 + rand.N(delay/2+1)
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(delay):
		}
	}
}

// temporary reports whether the same call may succeed later.
func temporary(err error) bool {
	if problem, ok := errors.AsType[*ProblemError](err); ok {
		return problem.Status == http.StatusTooManyRequests || problem.Status == http.StatusServiceUnavailable ||
			problem.Status == http.StatusGatewayTimeout
	}
	return !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

func (c *Client) once(ctx context.Context, method, path string, body []byte, reply proto.Message) (time.Duration, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := c.http.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxReply))
	if err != nil {
		return 0, err
	}
	if response.StatusCode != http.StatusOK {
		return retryAfter(response), problemOf(response, answer)
	}
	return 0, protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(answer, reply)
}

func retryAfter(response *http.Response) time.Duration {
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	return time.Duration(seconds) * time.Second
}

func problemOf(response *http.Response, answer []byte) error {
	problem := &ProblemError{}
	if err := json.Unmarshal(answer, problem); err != nil || problem.Reason == "" {
		return fmt.Errorf("%s: %.200s", response.Status, answer)
	}
	problem.RetryAfter = retryAfter(response)
	return problem
}
