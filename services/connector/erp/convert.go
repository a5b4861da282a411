package erp

import (
	"crypto/sha256"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	erpv1 "github.com/waybill-dev/waybill/gen/waybill/connector/erp/v1"
	"github.com/waybill-dev/waybill/services/connector/erp/internal/domain"
)

func documentFromProto(from *erpv1.ErpDocument) (domain.Document, error) {
	wire, err := proto.MarshalOptions{Deterministic: true}.Marshal(from)
	if err != nil {
		return domain.Document{}, fmt.Errorf("encode document: %w", err)
	}
	hash := sha256.Sum256(wire)
	document := domain.Document{ID: from.GetDocumentId(), OrderID: from.GetOrderId(), Hash: hash[:]}
	switch content := from.GetContent().(type) {
	case *erpv1.ErpDocument_Order:
		document.Kind = domain.Order
		document.CurrencyCode, document.TotalMinor = content.Order.GetCurrencyCode(), content.Order.GetNetTotalMinor()
	case *erpv1.ErpDocument_Invoice:
		document.Kind = domain.Invoice
		document.CurrencyCode, document.TotalMinor = amount(content.Invoice.GetTotal())
	case *erpv1.ErpDocument_CreditMemo:
		document.Kind = domain.CreditMemo
		document.CurrencyCode, document.TotalMinor = amount(content.CreditMemo.GetTotal())
	case *erpv1.ErpDocument_WriteOff:
		document.Kind = domain.WriteOff
		document.CurrencyCode, document.TotalMinor = amount(content.WriteOff.GetAmount())
	case *erpv1.ErpDocument_OrderReduction:
		document.Kind = domain.OrderReduction
	case *erpv1.ErpDocument_OrderClosure:
		document.Kind = domain.OrderClosure
		for _, line := range content.OrderClosure.GetLines() {
			document.NotToShip += line.GetNotToShip()
		}
	}
	return document, nil
}

func amount(money *commonv1.Money) (currency string, minor int64) {
	return money.GetCurrencyCode(), money.GetMinorUnits()
}

func postingToProto(from domain.Posting) *erpv1.Posting {
	posting := &erpv1.Posting{
		DocumentId: from.ID, ErpNumber: from.ERPNumber, PostedAt: timestamppb.New(from.PostedAt), TimesSent: from.TimesSent,
		Kind: erpv1.DocumentKind(from.Kind), NotToShip: from.NotToShip,
	}
	if from.Kind != domain.OrderReduction && from.Kind != domain.OrderClosure {
		posting.Total = &commonv1.Money{CurrencyCode: from.CurrencyCode, MinorUnits: from.TotalMinor}
	}
	return posting
}

func postingsToProto(from []domain.Posting) []*erpv1.Posting {
	to := make([]*erpv1.Posting, 0, len(from))
	for _, posting := range from {
		to = append(to, postingToProto(posting))
	}
	return to
}
