package order

import (
	"context"
	"strconv"

	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/quantity"
	"github.com/waybill-dev/waybill/internal/rpc"
	"github.com/waybill-dev/waybill/services/order/internal/store"

	"github.com/google/uuid"
)

// ListOrderRevisions implements the RPC of the same name.
func (s *Service) ListOrderRevisions(
	ctx context.Context, req *orderv1.ListOrderRevisionsRequest,
) (*orderv1.ListOrderRevisionsResponse, error) {
	orderID, err := id.Parse(id.Order, req.GetOrderId())
	if err != nil {
		return nil, notFound()
	}
	order, err := s.loadOrder(ctx, orderID)
	if err != nil {
		return nil, err
	}
	after := int64(-1)
	if token := req.GetPageToken(); token != "" {
		if after, err = strconv.ParseInt(token, 10, 32); err != nil || after < 0 {
			return nil, rpc.PageTokenInvalid()
		}
	}
	size := int(req.GetPageSize())
	if size == 0 {
		size = defaultPageSize
	}
	revisions, err := store.ListRevisions(ctx, s.db.Pool(), orderID, int32(after), size+1)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	if len(revisions) == 0 && after < 0 {
		if revisions, err = s.onlyRevision(ctx, orderID, order); err != nil {
			return nil, err
		}
	}
	return pageOfRevisions(revisions, size)
}

// onlyRevision is the version of an order that was never amended.
func (s *Service) onlyRevision(ctx context.Context, orderID uuid.UUID, order *orderv1.Order) ([]store.Revision, error) {
	documents, err := store.FindDocuments(ctx, s.db.Pool(), []uuid.UUID{orderID})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	return []store.Revision{{
		Order: orderID, CreatedAt: order.GetReceivedAt().AsTime(), Snapshot: documents[orderID].Snapshot,
	}}, nil
}

func pageOfRevisions(revisions []store.Revision, size int) (*orderv1.ListOrderRevisionsResponse, error) {
	page := &orderv1.ListOrderRevisionsResponse{}
	lines := 0
	for i := range revisions {
		one, err := revisionToProto(&revisions[i])
		if err != nil {
			return nil, err
		}
		if lines += len(one.GetLines()); i == size || i > 0 && lines > maxPageLines {
			page.NextPageToken = strconv.Itoa(int(revisions[i-1].Number))
			break
		}
		page.Revisions = append(page.Revisions, one)
	}
	return page, nil
}

func revisionToProto(from *store.Revision) (*orderv1.OrderRevision, error) {
	priced, err := (&snapshot{wire: from.Snapshot}).order()
	if err != nil {
		return nil, err
	}
	amount := func(minor int64) *commonv1.Money {
		return &commonv1.Money{CurrencyCode: priced.GetCurrencyCode(), MinorUnits: minor}
	}
	to := &orderv1.OrderRevision{
		Revision: from.Number, Actor: from.Actor, Reason: from.Reason, CreatedAt: timestamppb.New(from.CreatedAt),
		ShipTo: priced.GetShipTo(), NetTotal: amount(priced.GetNetTotalMinor()),
	}
	for _, line := range priced.GetLines() {
		to.Lines = append(to.Lines, &orderv1.RevisionLine{
			LineNumber: line.GetLineNumber(), Sku: line.GetSku(), Quantity: line.GetSentQuantity(),
			Ordered: quantity.Format(line.GetQuantity(), int(line.GetScale())), BaseUnit: line.GetBaseUnit(),
			UnitPrice: line.GetUnitPrice(), PriceUnit: line.GetPriceUnit(), NetAmount: amount(line.GetNetAmountMinor()),
		})
	}
	return to, nil
}
