// Package domain decides about sales orders: what they cost, where each unit of them is, what may happen next. It is
// pure: no database, no clock, no calls. What others must be asked because of a decision is left in Order.Errands, what
// the world must be told in Order.Events; the transaction that stores the order stores both.
package domain
