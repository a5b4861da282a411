// Package arch holds the tests of the tree's shape: who may import whom, how long a file may be, which names say
// nothing. The rules are those of CONTRIBUTING.md; where one makes a piece worse, change it here and say why.
package arch
