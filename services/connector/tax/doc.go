// Package tax is a tax table behind the contract of a tax engine: rates by jurisdiction and tax class. It stands where a
// distributor connects an engine such as its ERP's or a tax service's. It knows neither exemptions nor thresholds, nor where
// a legal entity is at home: a document without a jurisdiction is taxed by the table's empty one, which levies nothing. A
// jurisdiction or class that is not in the table is refused, never guessed.
//
// Owns no tables. Listens to nothing, tells nothing. The same document gets the same answer.
package tax
