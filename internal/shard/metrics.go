package shard

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/waybill-dev/waybill/internal/metric"
)

func ownedGauge(registerer prometheus.Registerer, db, group string) prometheus.Gauge {
	return metric.Register(registerer, prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "waybill_shards_owned",
		Help: "Shards whose work this replica does now, of 8 in the group.",
	}, []string{"database", "group"})).WithLabelValues(db, group)
}
