package gateway

import (
	"net/http"
	"time"
)

// answerPart is how much of an answer a caller has to take at least within the time that the configuration gives.
const answerPart = 64 << 10

// boundAnswer gives up on callers who do not take their answers: each part of one, and each message of a stream, has so much time. Else
// a caller who asks and does not read would hold a place of the crowd for ever.
func boundAnswer(within time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connection := http.NewResponseController(w)
		// What the server itself still has to write when the handler is done. It takes the bound off before the next request.
		defer func() { _ = connection.SetWriteDeadline(time.Now().Add(within)) }()
		next.ServeHTTP(&partWriter{w, connection, within}, r)
	})
}

// partWriter writes part by part, each within its time. A recorder in a test has no connection whose time could be bounded.
type partWriter struct {
	http.ResponseWriter
	connection *http.ResponseController
	within     time.Duration
}

func (p *partWriter) Write(answer []byte) (written int, err error) {
	for {
		part := answer[written:min(written+answerPart, len(answer))]
		_ = p.connection.SetWriteDeadline(time.Now().Add(p.within))
		n, err := p.ResponseWriter.Write(part)
		if written += n; err != nil || written == len(answer) {
			return written, err
		}
	}
}

// FlushError writes what waits, within the time of a part.
func (p *partWriter) FlushError() error {
	_ = p.connection.SetWriteDeadline(time.Now().Add(p.within))
	return p.connection.Flush()
}

// Flush implements http.Flusher.
func (p *partWriter) Flush() { _ = p.FlushError() } // the next write fails too

// Unwrap is for http.ResponseController.
func (p *partWriter) Unwrap() http.ResponseWriter { return p.ResponseWriter }
