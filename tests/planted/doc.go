// Package planted shows that the tests of the rules can fail: it plants one defect after the other into a copy of the code,
// each of which breaks one rule of the domain, and expects the rule's test to find it. A defect that no test finds is a
// rule that nobody guards.
//
// It compiles packages anew for each defect, so it runs only where WAYBILL_TEST_PLANTED is set, as .ci/run does.
package planted
