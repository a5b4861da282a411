// Package wms is a sandbox warehouse behind the contract of the warehouse connector: it acknowledges, picks, packs and
// ships what it is told to, after delays that can be set, finds less or packs more than it should where it is told so, takes or rejects orders, and stops what is
// not picked yet when it is asked to. It stands for somebody else's system, with a database of its own: killing it loses
// nothing.
//
//	ACKNOWLEDGE ──▶ PICK ──▶ [MANIFEST] ──▶ SHIP ──▶ [DELIVER] ──▶ nothing remains
//	     └── asked to stop ──┘  └── asked to stop: too late
//
// A step is reported to the fulfilment service first and then stored, so a crash between reports it again, with the same
// contents: what will be short is decided when the order arrives, what is packed is stored before it ships. Reports go out
// in sets and are repeated until they are recorded. An order that is behind its times skips what the next report implies.
//
// Owns: warehouse_order, work, carton_serial. Listens to nothing, tells nothing but its reports.
package wms
