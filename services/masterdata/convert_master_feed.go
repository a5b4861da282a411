package masterdata

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

const (
	setAsidePrefix   = "SET_ASIDE_STATE_"
	masterKindPrefix = "MASTER_KIND_"
)

func kindToProto(kind domain.MasterKind) masterdatav1.MasterKind {
	return masterdatav1.MasterKind(masterdatav1.MasterKind_value[masterKindPrefix+string(kind)])
}

func kindFromProto(kind masterdatav1.MasterKind) domain.MasterKind {
	return domain.MasterKind(enumName(kind, masterKindPrefix, ""))
}

func stateFromProto(state masterdatav1.SetAsideState) domain.SetAsideState {
	return domain.SetAsideState(enumName(state, setAsidePrefix, ""))
}

func faultToProto(field fault.Field) *masterdatav1.MasterFault {
	return &masterdatav1.MasterFault{Path: field.Path, Reason: field.Reason, Message: field.Message}
}

// timestampOf is nothing for a time that never was.
func timestampOf(at time.Time) *timestamppb.Timestamp {
	if at.IsZero() {
		return nil
	}
	return timestamppb.New(at)
}

func feedToProto(feed *domain.Feed, counts map[domain.SetAsideState]int64) *masterdatav1.MasterFeed {
	return &masterdatav1.MasterFeed{
		AsOf: timestampOf(feed.AsOf), CurrentAt: timestampOf(feed.CurrentAt), ReadAt: timestampOf(feed.ReadAt), Behind: feed.Behind,
		Problem: feed.Problem, ProblemSince: timestampOf(feed.ProblemSince), Taken: feed.Taken, Loads: feed.Generation,
		Waiting: counts[domain.Waiting], Stuck: counts[domain.Stuck],
	}
}
