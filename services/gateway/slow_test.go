package gateway

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// narrow is a connection that notes when it is to be written to until, and breaks after so many writes.
type narrow struct {
	http.ResponseWriter
	until  []time.Time
	writes []int
	breaks int
}

var errBroken = errors.New("broken")

func (n *narrow) SetWriteDeadline(until time.Time) error {
	n.until = append(n.until, until)
	return nil
}

func (n *narrow) Write(part []byte) (int, error) {
	if n.writes = append(n.writes, len(part)); len(n.writes) == n.breaks {
		return 1, errBroken
	}
	return len(part), nil
}

// Each part of an answer has its own time, and so has what the server writes in the end: how long all of it takes has no bound.
func TestEachPartOfAnAnswerHasItsTime(t *testing.T) {
	const within, answer = time.Hour, 2*answerPart + 1
	serve := func(w *narrow, length int) (written int, err error) {
		began := time.Now()
		boundAnswer(within, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			written, err = w.Write(make([]byte, length))
		})).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		for _, until := range w.until {
			if until.Before(began.Add(within)) || until.After(time.Now().Add(within)) {
				t.Errorf("has time until %s, want an hour", until)
			}
		}
		return written, err
	}
	for name, c := range map[string]struct{ length, parts int }{"long": {answer, 3}, "a part": {answerPart, 1}, "nothing": {0, 1}} {
		w := &narrow{ResponseWriter: httptest.NewRecorder()}
		written, err := serve(w, c.length)
		if written != c.length || err != nil || len(w.writes) != c.parts || len(w.until) != c.parts+1 {
			t.Errorf("%s: %d bytes, %v, in parts of %v with %d times", name, written, err, w.writes, len(w.until))
		}
	}
	broken := &narrow{ResponseWriter: httptest.NewRecorder(), breaks: 2}
	if written, err := serve(broken, answer); written != answerPart+1 || !errors.Is(err, errBroken) || len(broken.writes) != 2 {
		t.Errorf("broken: %d bytes, %v, in parts of %v", written, err, broken.writes)
	}
}
