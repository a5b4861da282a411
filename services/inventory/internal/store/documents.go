package store

import (
	"context"
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
)

// DocumentKey names a line of a business document, for ever.
type DocumentKey struct {
	System, Type, Number string
	Line                 int64
}

// Document is a line that had its effect.
type Document struct {
	DocumentKey
	// Content stands for what it said, Result is what it was answered with.
	Content, Result []byte
}

// LoadDocuments gives those of the lines that had their effect.
func LoadDocuments(ctx context.Context, tx database.Transaction, keys []DocumentKey) (map[DocumentKey]Document, error) {
	known := make(map[DocumentKey]Document, len(keys))
	if len(keys) == 0 {
		return known, nil
	}
	var set LoadDocumentsParams
	for _, key := range keys {
		set.Numbers = append(set.Numbers, key.Number)
		set.Systems = append(set.Systems, key.System)
		set.Types = append(set.Types, key.Type)
		set.Lines = append(set.Lines, key.Line)
	}
	rows, err := New(tx).LoadDocuments(ctx, set)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		key := DocumentKey{System: row.SourceSystem, Type: row.Type, Number: row.Number, Line: row.Line}
		known[key] = Document{DocumentKey: key, Content: row.Content, Result: row.Result}
	}
	return known, nil
}

// SaveDocuments stores lines with their effect. They were looked for with LoadDocuments in the same transaction, were not
// there, and stand in the set once; anything else is an error, and the transaction must not commit.
func SaveDocuments(ctx context.Context, tx database.Transaction, documents []Document, now time.Time) error {
	if len(documents) == 0 {
		return nil
	}
	set := InsertDocumentsParams{RecordedAt: now}
	for _, document := range documents {
		set.Numbers = append(set.Numbers, document.Number)
		set.Systems = append(set.Systems, document.System)
		set.Types = append(set.Types, document.Type)
		set.Lines = append(set.Lines, document.Line)
		set.Contents = append(set.Contents, document.Content)
		set.Results = append(set.Results, document.Result)
	}
	stored, err := New(tx).InsertDocuments(ctx, set)
	if err != nil {
		return err
	}
	if stored != int64(len(documents)) {
		return fmt.Errorf("save documents: %d of %d were new: one stands twice in the set, or was not looked for", stored, len(documents))
	}
	return nil
}
