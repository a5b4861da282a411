// Package e2e tests the binary as its users run it: the commands of the README, a day that is killed in the middle, bad and
// hostile input over REST, and, where the sample data is present, two hundred thousand real order lines.
package e2e
