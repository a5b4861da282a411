package importer

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/console"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

const (
	// entitySet and entityBytes bound what one call carries.
	entitySet   = 500
	entityBytes = 2 << 20
)

// EntityOptions choose what the rows are and where the refused ones go.
type EntityOptions struct {
	// Kind is one of EntityKinds.
	Kind string
	// Mapping is for files whose columns are not called as the contract calls the fields. Nil: they are.
	Mapping *EntityMapping
	// RejectsFile gets every refused row.
	RejectsFile string
	// Progress hears how far it is.
	Progress *console.Progress
}

// EntityReport is what an import of master data came to.
type EntityReport struct {
	Rows, Stored, Rejected int
	RejectsByReason        map[string]int
	RejectsFile            string
	Took                   time.Duration
}

// RunEntities imports a file of items, accounts or another kind of master data, one per row. Rows are stored in sets; what is
// wrong with a row goes to the rejects, and the others of its set are stored. A row that is stored already changes nothing.
// It fails when something other than a row is wrong.
func RunEntities(
	ctx context.Context, file string, client masterdatav1.MasterDataServiceClient, options EntityOptions,
) (EntityReport, error) {
	start := time.Now()
	kind, ok := entityKinds()[options.Kind]
	if !ok {
		return EntityReport{}, fmt.Errorf("there is no kind %q", options.Kind)
	}
	read, err := readEntities(file, kind, options.Mapping)
	if err != nil {
		return EntityReport{}, err
	}
	run := &entityRun{kind: kind, client: client, progress: options.Progress, rejects: read.rejects}
	run.progress.Start(options.Kind, len(read.rows))
	err = run.store(ctx, read.rows)
	run.progress.Finish()
	report := EntityReport{
		Rows: read.count, Stored: run.stored, Rejected: len(run.rejects), RejectsByReason: map[string]int{},
		RejectsFile: options.RejectsFile, Took: time.Since(start),
	}
	for _, reject := range run.rejects {
		report.RejectsByReason[reject.Reason]++
	}
	if err != nil {
		return report, fmt.Errorf("store %s: %w", options.Kind, err)
	}
	slices.SortFunc(run.rejects, func(a, b Reject) int { return cmp.Compare(a.Row, b.Row) })
	return report, writeRejectsFile(options.RejectsFile, run.rejects)
}

// entityRow is a row as it will be sent.
type entityRow struct {
	row     int
	message proto.Message
}

// entityRun is one import under way.
type entityRun struct {
	kind     entityKind
	client   masterdatav1.MasterDataServiceClient
	progress *console.Progress
	stored   int
	rejects  []Reject
}

// store sends all rows. What refers to a row that comes later waits, and is sent again as long as that brings more of them
// in.
func (r *entityRun) store(ctx context.Context, rows []entityRow) error {
	for {
		before := r.stored
		var waiting []entityRow
		var reasons []Reject
		for _, set := range entitySets(rows) {
			later, why, err := r.storeSet(ctx, set)
			if err != nil {
				return err
			}
			waiting, reasons = append(waiting, later...), append(reasons, why...)
		}
		if len(waiting) == 0 || r.stored == before {
			r.rejects = append(r.rejects, reasons...)
			r.progress.Add(len(waiting))
			return nil
		}
		rows = waiting
	}
}

// entitySets cuts rows into what fits into one call.
func entitySets(rows []entityRow) [][]entityRow {
	var sets [][]entityRow
	var set []entityRow
	bytes := 0
	for _, row := range rows {
		size := proto.Size(row.message)
		if len(set) == entitySet || (len(set) > 0 && bytes+size > entityBytes) {
			sets, set, bytes = append(sets, set), nil, 0
		}
		set, bytes = append(set, row), bytes+size
	}
	if len(set) > 0 {
		sets = append(sets, set)
	}
	return sets
}

// storeSet sends a set without the rows that are refused, until what is left is stored. It gives back the rows that refer to
// what does not exist yet, with their reasons.
func (r *entityRun) storeSet(ctx context.Context, set []entityRow) (waiting []entityRow, reasons []Reject, err error) {
	for len(set) > 0 {
		messages := make([]proto.Message, 0, len(set))
		for _, row := range set {
			messages = append(messages, row.message)
		}
		err := r.kind.upsert(ctx, r.client, messages)
		if err == nil {
			r.stored += len(set)
			r.progress.Add(len(set))
			return waiting, reasons, nil
		}
		refused := r.refused(set, err)
		if len(refused) == 0 {
			return nil, nil, err
		}
		var left []entityRow
		for i, row := range set {
			reject, wrong := refused[i]
			switch {
			case !wrong:
				left = append(left, row)
			case reject.Reason == "UNKNOWN_ITEM" || reject.Reason == "UNKNOWN_ACCOUNT":
				waiting, reasons = append(waiting, row), append(reasons, reject)
			default:
				r.rejects = append(r.rejects, reject)
				r.progress.Add(1)
			}
		}
		set = left
	}
	return waiting, reasons, nil
}

var entityPath = regexp.MustCompile(`^([a-z_]+)\[(\d+)\]\.?(.*)$`)

// refused says which rows of a set a fault names, by their places in it, each with its first wrong field.
func (r *entityRun) refused(set []entityRow, err error) map[int]Reject {
	refused := map[int]Reject{}
	problem, ok := fault.As(err)
	if !ok {
		return refused
	}
	for _, field := range problem.Fields {
		found := entityPath.FindStringSubmatch(field.Path)
		if found == nil || found[1] != r.kind.list {
			continue
		}
		i, err := strconv.Atoi(found[2])
		if err != nil || i >= len(set) {
			continue
		}
		if _, known := refused[i]; !known {
			refused[i] = Reject{Row: set[i].row, Field: found[3], Reason: field.Reason, Message: strings.TrimSpace(field.Message)}
		}
	}
	return refused
}
