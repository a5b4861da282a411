package operations

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

// segmentBytes is how large a segment becomes before it is packed, unless one event is larger.
const segmentBytes = 1 << 20

// archive keeps the events of a set as they travelled, each with the shard of its aggregate, in one segment unless they are too
// large for that.
func archive(ctx context.Context, tx database.Transaction, batch []inbox.Message) error {
	for len(batch) > 0 {
		var content []byte
		var facts []domain.Fact
		segment := store.Segment{First: batch[0].RecordedAt, Last: batch[0].RecordedAt}
		for segment.Events < len(batch) && len(content) < segmentBytes {
			message := batch[segment.Events]
			event := message.Event()
			envelope := event.AppendEnvelope(nil)
			content = protowire.AppendVarint(content, uint64(message.Shard))
			content = protowire.AppendBytes(content, envelope)
			facts = append(facts, factOf(message))
			segment.First, segment.Last = earlier(segment.First, message.RecordedAt), later(segment.Last, message.RecordedAt)
			segment.Events++
		}
		segment.Content = packer.EncodeAll(content, nil)
		if err := store.Append(ctx, tx, segment, domain.Names(facts)); err != nil {
			return err
		}
		batch = batch[segment.Events:]
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// packer and unpacker are safe for concurrent use.
var (
	packer   = must(zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))) //nolint:gochecknoglobals // stateless, and dear to make
	unpacker = must(zstd.NewReader(nil, zstd.WithDecoderConcurrency(0)))                                           //nolint:gochecknoglobals // stateless, and dear to make
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(fmt.Errorf("operations: %w", err)) // options that cannot be, which every test shows
	}
	return value
}

// unpack calls each with the events of a segment, in their order, as long as each returns no error. Envelopes may be left out
// before they are read: those for which wanted, unless it is nil, is false.
func unpack(content []byte, wanted func(envelope []byte) bool, each func(inbox.Message) error) error {
	rest, err := unpacker.DecodeAll(content, nil)
	if err != nil {
		return fmt.Errorf("segment: %w", err)
	}
	for len(rest) > 0 {
		shard, n := protowire.ConsumeVarint(rest)
		if n < 0 {
			return fmt.Errorf("segment: %w", protowire.ParseError(n))
		}
		rest = rest[n:]
		envelope, n := protowire.ConsumeBytes(rest)
		if n < 0 {
			return fmt.Errorf("segment: %w", protowire.ParseError(n))
		}
		rest = rest[n:]
		if wanted != nil && !wanted(envelope) {
			continue
		}
		event, err := bus.ParseEnvelope(envelope)
		if err != nil {
			return fmt.Errorf("segment: %w", err)
		}
		if err := each(inbox.Read(event, int32(shard))); err != nil {
			return err
		}
	}
	return nil
}

// look gives what the archive's events say that name one of the things, of which names lists the names.
func look(ctx context.Context, db store.DBTX, words words, names []string, things ...string) ([]domain.Fact, error) {
	var facts []domain.Fact
	err := search(ctx, db, names, things, func(message inbox.Message) error {
		fact := factOf(message)
		words.tell(message, &fact.Event)
		facts = append(facts, fact)
		return nil
	})
	return facts, err
}

// search calls each with the archive's events that name one of the things, of which names lists the names.
func search(ctx context.Context, db store.DBTX, names, things []string, each func(inbox.Message) error) error {
	contents, err := store.Contents(ctx, db, names)
	if err != nil {
		return err
	}
	needles := make([][]byte, 0, len(things))
	for _, thing := range things {
		needles = append(needles, []byte(thing))
	}
	wanted := func(envelope []byte) bool {
		for _, needle := range needles {
			if bytes.Contains(envelope, needle) {
				return true
			}
		}
		return false
	}
	for _, content := range contents {
		if err := unpack(content, wanted, each); err != nil {
			return err
		}
	}
	return nil
}

// namesIn are the names under which a segment is to be found.
func namesIn(segment store.Segment) ([]string, error) {
	var facts []domain.Fact
	err := unpack(segment.Content, nil, func(message inbox.Message) error {
		facts = append(facts, factOf(message))
		return nil
	})
	return domain.Names(facts), err
}
