// Package k8s holds the tests of the manifests under k8s/: they render, they decode strictly into the API types, and
// what they say of each other and of the binary is true.
package k8s
