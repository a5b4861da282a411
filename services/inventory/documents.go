package inventory

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// The reasons for which documents are refused.
const (
	reasonDocumentReused    = "DOCUMENT_REUSED"
	reasonDuplicateDocument = "DUPLICATE_DOCUMENT"
)

// documented is a part of a request that may name the document for which it is done.
type documented struct {
	// field is the path of the document.
	field    string
	document *inventoryv1.StockDocument
	// content is what it does.
	content string
}

// key names the line; false where no document is named.
func (d documented) key() (store.DocumentKey, bool) {
	return store.DocumentKey{
		System: d.document.GetSourceSystem(), Type: d.document.GetType(), Number: d.document.GetNumber(), Line: d.document.GetLine(),
	}, d.document != nil
}

func (d documented) hash() []byte {
	sum := sha256.Sum256([]byte(d.content))
	return sum[:]
}

// twiceDocumented blames the documents that stand twice in a request.
func twiceDocumented(parts []documented) []fault.Field {
	var wrong []fault.Field
	seen := map[store.DocumentKey]bool{}
	for _, part := range parts {
		key, named := part.key()
		if named && seen[key] {
			wrong = append(wrong, fault.Field{
				Path: part.field, Reason: reasonDuplicateDocument, Message: "the document's line stands on an earlier entry too",
			})
		}
		seen[key] = true
	}
	return wrong
}

// recordedDocuments gives, by position, the answers of those whose document had its effect before. A document that says
// something else than it did is refused.
func recordedDocuments(ctx context.Context, tx database.Transaction, parts []documented) (map[int][]byte, error) {
	var keys []store.DocumentKey
	for _, part := range parts {
		if key, named := part.key(); named {
			keys = append(keys, key)
		}
	}
	known, err := store.LoadDocuments(ctx, tx, keys)
	if err != nil {
		return nil, err
	}
	answers := make(map[int][]byte, len(known))
	var reused []fault.Field
	for i, part := range parts {
		key, _ := part.key()
		document, found := known[key]
		switch {
		case !found:
		case !bytes.Equal(document.Content, part.hash()):
			reused = append(reused, fault.Field{
				Path: part.field, Reason: reasonDocumentReused, Message: "the document's line is recorded with other contents",
			})
		default:
			answers[i] = document.Result
		}
	}
	if len(reused) > 0 {
		refusal := fault.New(fault.AlreadyExists, reasonDocumentReused, "%d documents are recorded with other contents", len(reused))
		refusal.Fields = reused
		return nil, refusal
	}
	return answers, nil
}

// saveDocuments remembers for ever what the documents that were not recorded before are answered with.
func saveDocuments[T proto.Message](
	ctx context.Context, tx database.Transaction, parts []documented, recorded map[int][]byte, answers []T, now time.Time,
) error {
	var fresh []store.Document
	for i, part := range parts {
		key, named := part.key()
		if _, before := recorded[i]; before || !named {
			continue
		}
		result, err := proto.Marshal(answers[i])
		if err != nil {
			return fmt.Errorf("encode what a document is answered with: %w", err)
		}
		fresh = append(fresh, store.Document{DocumentKey: key, Content: part.hash(), Result: result})
	}
	return store.SaveDocuments(ctx, tx, fresh, now)
}

// onceDocumented has the effect of a whole request unless its document had it before; then it gives the answer of that time.
func onceDocumented[T proto.Message](
	ctx context.Context, tx database.Transaction, part documented, now time.Time, effect func() (T, error),
) (T, error) {
	var none T
	recorded, err := recordedDocuments(ctx, tx, []documented{part})
	if err != nil {
		return none, err
	}
	if answer, before := recorded[0]; before {
		told := none.ProtoReflect().New().Interface().(T)
		return told, proto.Unmarshal(answer, told)
	}
	answer, err := effect()
	if err != nil {
		return none, err
	}
	return answer, saveDocuments(ctx, tx, []documented{part}, nil, []T{answer}, now)
}

// flowsDocumented are the parts of a request that moves goods, in the order of the flows.
func flowsDocumented(field string, flows []domain.Flow, document func(i int) *inventoryv1.StockDocument) []documented {
	parts := make([]documented, len(flows))
	for i, flow := range flows {
		parts[i] = documented{field: fmt.Sprintf("%s[%d].document", field, i), document: document(i), content: flow.Content()}
	}
	return parts
}

// balancesDocumented are the balances of the flows as they are now, those of recorded documents as they were then, with the
// positions of the latter.
func (s *Service) balancesDocumented(
	shelf *domain.Shelf, flows []domain.Flow, recorded map[int][]byte,
) (balances []*inventoryv1.Balance, before []int32, err error) {
	balances = s.balancesAfter(shelf, flows)
	for i := range balances {
		answer, known := recorded[i]
		if !known {
			continue
		}
		before = append(before, int32(i))
		balances[i] = &inventoryv1.Balance{}
		if err := proto.Unmarshal(answer, balances[i]); err != nil {
			return nil, nil, fmt.Errorf("decode what a document was answered with: %w", err)
		}
	}
	return balances, before, nil
}
